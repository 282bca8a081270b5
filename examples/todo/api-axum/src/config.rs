//! What the environment says, checked before anything starts.

use std::path::PathBuf;

use axum::http::HeaderValue;
use gatewright_guard::{
    Algorithm, KeyError, Policy, RemoteKeys, RemoteKeysError, RemoteKeysOptions, Verifier,
};
use url::Url;

const LEAST_SECRET_CHARACTERS: usize = 32;

/// How to run, decided.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: String,
    /// `None` is a database in memory, gone at the end.
    pub(crate) database: Option<PathBuf>,
    pub(crate) cors_origin: HeaderValue,
    pub(crate) verifier: Verifier,
    /// Where the keys come from, for the start-up line; no secret.
    pub(crate) key_source: String,
}

impl Config {
    /// Reads variables by name. A blank one counts as unset, but for the secret: a blank secret is
    /// a mistake that must not pass for a choice.
    pub(crate) fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let named = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let (verifier, key_source) = match variable("BETTER_AUTH_SECRET") {
            Some(secret) => with_secret(&secret, named)?,
            None => with_published_keys(named)?,
        };
        let database = named("TODO_DATABASE").unwrap_or_else(|| "sqlite:todo.db".into());
        let cors_origin = named("CORS_ORIGIN").unwrap_or_else(|| "http://localhost:3000".into());
        Ok(Self {
            listen: named("TODO_LISTEN").unwrap_or_else(|| "127.0.0.1:8000".into()),
            database: database_file(&database)?,
            cors_origin: HeaderValue::from_str(&origin("CORS_ORIGIN", &cors_origin)?)
                .map_err(|_| ConfigError::NotAnAddress("CORS_ORIGIN"))?,
            verifier,
            key_source,
        })
    }
}

/// HS256 with the secret that the auth server signs with. Issuer and audience are checked where
/// they can be known.
fn with_secret(
    secret: &str,
    named: impl Fn(&str) -> Option<String>,
) -> Result<(Verifier, String), ConfigError> {
    if secret.trim().chars().count() < LEAST_SECRET_CHARACTERS {
        return Err(ConfigError::SecretTooShort);
    }
    let auth = named("BETTER_AUTH_URL").map(|url| origin("BETTER_AUTH_URL", &url)).transpose()?;
    let issuer = named("JWT_ISSUER").or_else(|| auth.clone());
    let audience = named("JWT_AUDIENCE").or(auth);
    let policy = Policy::builder().algorithms([Algorithm::HS256]);
    let policy = match issuer {
        Some(issuer) => policy.issuer(issuer),
        None => policy.any_issuer(),
    };
    let policy = match audience {
        Some(audience) => policy.audience(audience),
        None => policy.any_audience(),
    };
    let verifier = Verifier::from_secret(policy.build(), secret.as_bytes())?;
    Ok((verifier, "BETTER_AUTH_SECRET (HS256)".into()))
}

/// The public keys of the auth server, found by its address unless given by their own.
fn with_published_keys(
    named: impl Fn(&str) -> Option<String>,
) -> Result<(Verifier, String), ConfigError> {
    let jwks_url = named("JWKS_URL");
    let auth_url = named("BETTER_AUTH_URL")
        .or_else(|| jwks_url.is_none().then(|| "http://localhost:4000".into()));
    let auth = auth_url.as_deref().map(|url| origin("BETTER_AUTH_URL", url)).transpose()?;
    let issuer = named("JWT_ISSUER").or_else(|| auth.clone());
    let audience = named("JWT_AUDIENCE").or(auth);
    let url = jwks_url
        .or_else(|| Some(format!("{}/api/auth/jwks", auth_url?.trim_end_matches('/'))))
        .ok_or(ConfigError::NotAnAddress("JWKS_URL"))?;
    let policy = Policy::builder()
        .issuer(issuer.ok_or(ConfigError::Missing("JWT_ISSUER"))?)
        .audience(audience.ok_or(ConfigError::Missing("JWT_AUDIENCE"))?)
        // Each published key is bound to its algorithm, and shared secrets are never taken from a
        // published set: the issuer may choose.
        .any_algorithm()
        .build();
    let keys = RemoteKeys::new(&url, RemoteKeysOptions::default())?;
    Ok((Verifier::from_remote(policy, keys), url))
}

/// The origin of an address: what browsers send, and what Better Auth puts into `iss` and `aud`.
fn origin(name: &'static str, address: &str) -> Result<String, ConfigError> {
    let url = Url::parse(address).map_err(|_| ConfigError::NotAnAddress(name))?;
    let origin = url.origin();
    if !matches!(url.scheme(), "http" | "https") || !origin.is_tuple() {
        return Err(ConfigError::NotAnAddress(name));
    }
    Ok(origin.ascii_serialization())
}

fn database_file(address: &str) -> Result<Option<PathBuf>, ConfigError> {
    let file = address.strip_prefix("sqlite:").ok_or(ConfigError::NotSqlite)?;
    let file = file.strip_prefix("//").unwrap_or(file);
    match file {
        "" => Err(ConfigError::NotSqlite),
        ":memory:" => Ok(None),
        file => Ok(Some(file.into())),
    }
}

/// What is wrong with the environment, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    // Without the address, which may hold a password.
    #[error("JWKS_URL, or what follows from BETTER_AUTH_URL, cannot be used")]
    Keys(#[from] RemoteKeysError),
    #[error("JWKS_URL also needs {0}, or BETTER_AUTH_URL from which it follows")]
    Missing(&'static str),
    #[error("{0} must be an http or https address, such as http://localhost:3000")]
    NotAnAddress(&'static str),
    #[error("TODO_DATABASE must be sqlite:FILE, such as sqlite:todo.db")]
    NotSqlite,
    #[error("BETTER_AUTH_SECRET cannot be used: {0}")]
    Secret(#[from] KeyError),
    #[error(
        "BETTER_AUTH_SECRET must have at least {LEAST_SECRET_CHARACTERS} characters; \
         `openssl rand -base64 32` makes one. It must be the one that the auth server signs with"
    )]
    SecretTooShort,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(|name| {
            variables.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_the_local_auth_server() {
        let config = read(&[]).unwrap();
        assert_eq!(config.key_source, "http://localhost:4000/api/auth/jwks");
        assert_eq!(config.listen, "127.0.0.1:8000");
        assert_eq!(config.database, Some("todo.db".into()));
        assert_eq!(config.cors_origin, "http://localhost:3000");
    }

    #[test]
    fn keys_follow_from_what_is_given() {
        let source = |variables: &[_]| read(variables).unwrap().key_source;
        let auth = ("BETTER_AUTH_URL", "https://auth.example/");
        let secret = ("BETTER_AUTH_SECRET", "a shared secret of 32 characters");
        let jwks = ("JWKS_URL", "https://keys.example/jwks");
        assert_eq!(source(&[auth]), "https://auth.example/api/auth/jwks");
        assert_eq!(source(&[auth, jwks]), "https://keys.example/jwks");
        assert_eq!(source(&[secret]), "BETTER_AUTH_SECRET (HS256)");
        assert_eq!(source(&[secret, auth, jwks]), "BETTER_AUTH_SECRET (HS256)");
        let (issuer, audience) = (("JWT_ISSUER", "i"), ("JWT_AUDIENCE", "a"));
        assert_eq!(source(&[jwks, issuer, audience]), "https://keys.example/jwks");
        assert!(matches!(read(&[jwks, issuer]), Err(ConfigError::Missing("JWT_AUDIENCE"))));
        assert!(matches!(read(&[jwks]), Err(ConfigError::Missing("JWT_ISSUER"))));
    }

    #[test]
    fn mistakes_are_refused() {
        for (name, value) in [
            ("BETTER_AUTH_SECRET", ""),
            ("BETTER_AUTH_SECRET", "short"),
            ("BETTER_AUTH_SECRET", "                                        "),
            ("BETTER_AUTH_URL", "localhost:4000"),
            ("BETTER_AUTH_URL", "http://auth.example"),
            ("CORS_ORIGIN", "*"),
            ("CORS_ORIGIN", "null"),
            ("CORS_ORIGIN", "file:///app"),
            ("TODO_DATABASE", "postgres://localhost/todo"),
            ("TODO_DATABASE", "sqlite:"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(!error.to_string().is_empty(), "{name}={value}");
        }
    }
}
