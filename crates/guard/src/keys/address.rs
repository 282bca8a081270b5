//! Which addresses may serve keys, and the documents that name them.

use reqwest::Url;

/// Where keys may come over a connection that anybody on the way can rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// Only from this machine.
    LoopbackOnly,
    /// From everywhere: only where the network itself is trusted, as between containers.
    Everywhere,
}

/// Why keys cannot be had from an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteKeysError {
    /// The HTTP client cannot be made on this machine.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// The address holds a user name or a password, which would end up in logs.
    #[error("the address of a key set must not hold credentials")]
    HasCredentials,
    /// An issuer's address has a query or a fragment, which RFC 8414 §2 forbids.
    #[error("the address of an issuer must have no query and no fragment")]
    NotAnIssuer,
    /// The text is no absolute address with `https` or `http`.
    #[error("the address of a key set must be an absolute http or https URL")]
    NotAnAddress,
    /// Plain `http` to another machine, which [`PlainHttp::Everywhere`] would permit.
    #[error("keys must not be fetched over plain http from another machine; use https")]
    PlainHttp,
}

pub(super) fn parse(text: &str, plain_http: PlainHttp) -> Result<Url, RemoteKeysError> {
    let url = Url::parse(text).map_err(|_| RemoteKeysError::NotAnAddress)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RemoteKeysError::HasCredentials);
    }
    if url.host_str().is_none() {
        return Err(RemoteKeysError::NotAnAddress);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if plain_http == PlainHttp::Everywhere || is_loopback(&url) => Ok(url),
        "http" => Err(RemoteKeysError::PlainHttp),
        _ => Err(RemoteKeysError::NotAnAddress),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost") // RFC 6761 §6.3
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> Option<RemoteKeysError> {
        parse(url, PlainHttp::LoopbackOnly).err()
    }

    #[test]
    fn addresses_that_may_serve_keys() {
        for url in [
            "https://auth.example/api/auth/jwks",
            "http://localhost:4000/api/auth/jwks",
            "http://auth.localhost/jwks",
            "http://127.0.0.1:4000/jwks",
            "http://[::1]:4000/jwks",
        ] {
            assert!(refused(url).is_none(), "{url}");
        }
    }

    #[test]
    fn addresses_that_may_not() {
        use RemoteKeysError as E;
        assert!(matches!(refused("http://auth.example/jwks"), Some(E::PlainHttp)));
        assert!(matches!(refused("http://localhost.evil.example/"), Some(E::PlainHttp)));
        assert!(matches!(refused("http://127.0.0.1.evil.example/"), Some(E::PlainHttp)));
        assert!(matches!(refused("https://a:b@auth.example/"), Some(E::HasCredentials)));
        for url in ["", "/jwks", "auth.example/jwks", "file:///etc/keys", "ftp://a.example/"] {
            assert!(matches!(refused(url), Some(E::NotAnAddress)), "{url}");
        }
        assert!(parse("http://auth:4000/jwks", PlainHttp::Everywhere).is_ok());
    }
}
