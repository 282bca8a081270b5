//! The credential of a request: exactly one bearer token in the `Authorization` header.
//!
//! A token in the query or the body is not read, though RFC 6750 §2.2 and §2.3 allow it: addresses
//! end up in logs. Cookies are not read either: they need a defence against forged requests that a
//! bearer token does not.

use axum::http::{HeaderMap, header::AUTHORIZATION};

use crate::Denial;

/// The token, or why there is none to verify.
///
/// [`Denial::NoCredential`] means that the request does not try to authenticate with a bearer
/// token; everything that tries and fails is [`Denial::MalformedCredential`].
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, Denial> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(Denial::NoCredential) };
    // Two parties that pick different ones of two headers disagree about who is asking.
    if values.next().is_some() {
        return Err(Denial::MalformedCredential);
    }
    let value = value.to_str().map_err(|_| Denial::MalformedCredential)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    // RFC 9110 §11.1: the scheme is case-insensitive.
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Denial::NoCredential);
    }
    // RFC 6750 §2.1 writes one space; RFC 9110 §11.4 allows more.
    let token = token.trim_start_matches(' ');
    let is_token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_token68) {
        return Err(Denial::MalformedCredential);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<String, Denial> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        bearer_token(&headers).map(ToOwned::to_owned)
    }

    #[test]
    fn one_bearer_token_in_any_casing_of_the_scheme() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            assert_eq!(read(&[value]).unwrap(), "a.b.c");
        }
    }

    #[test]
    fn no_attempt_is_no_credential() {
        for values in [&[][..], &["Basic YTpi"], &["a.b.c"], &["Bearera.b.c x"], &[""]] {
            assert!(matches!(read(values), Err(Denial::NoCredential)), "{values:?}");
        }
    }

    #[test]
    fn a_failed_attempt_is_malformed() {
        for values in [
            &["Bearer"][..],
            &["Bearer "],
            &["Bearer a.b.c d"],
            &["Bearer a.b.c, Bearer d.e.f"],
            &["Bearer é"],
            &["Bearer a\t"],
            &["Bearer a.b.c", "Bearer a.b.c"],
            &["Basic YTpi", "Bearer a.b.c"],
        ] {
            assert!(matches!(read(values), Err(Denial::MalformedCredential)), "{values:?}");
        }
    }
}
