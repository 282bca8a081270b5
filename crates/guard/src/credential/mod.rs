//! The credential of a request: exactly one token, in the one place that was decided on.
//!
//! A token in the query or the body is not read, though RFC 6750 §2.2 and §2.3 allow it: addresses
//! end up in logs.

mod cookie;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};

use self::cookie::Cookie;
pub use self::cookie::{CookiePages, CredentialError};
use crate::{Denial, Head};

/// Where the token of a request is: in one place, and no other is looked at. A guard that took a
/// token from wherever there is one could be made to take another than its neighbour does.
///
/// ```
/// use gatewright_guard::{CookiePages, Credential, Denial, Guard};
/// # use gatewright_guard::{Policy, Verifier};
/// # let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
/// # let verifier = Verifier::from_secret(policy, b"a shared secret of 32 bytes or more")?;
///
/// // `Authorization: Bearer …`, as without saying anything:
/// let by_header = Guard::new(verifier.clone()).credential(Credential::bearer());
///
/// // A cookie, with the pages that may make use of it:
/// let pages = CookiePages::same_origin().and_origin("https://app.example")?;
/// let cookie = Credential::cookie("__Host-token", pages)?;
/// let by_cookie = Guard::new(verifier.clone()).credential(cookie);
///
/// // Anything else:
/// let custom = Credential::custom(|head| match head.headers.get("x-token") {
///     None => Err(Denial::NoCredential),
///     Some(value) => value.to_str().map_err(|_| Denial::MalformedCredential),
/// });
/// let by_closure = Guard::new(verifier).credential(custom);
/// # let _ = (by_header, by_cookie, by_closure);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Credential(Place);

type Custom = dyn for<'r> Fn(Head<'r>) -> Result<&'r str, Denial> + Send + Sync;

#[derive(Clone)]
enum Place {
    Bearer,
    Cookie(Arc<Cookie>),
    Custom(Arc<Custom>),
}

impl Credential {
    /// The `Authorization` header, as RFC 6750 §2.1 has it.
    pub fn bearer() -> Self {
        Self(Place::Bearer)
    }

    /// The cookie of this name. Cookies need a defence that headers do not: see [`CookiePages`]. A
    /// name with `__Host-` before it keeps neighbouring subdomains from setting one of their own.
    pub fn cookie(name: &str, pages: CookiePages) -> Result<Self, CredentialError> {
        Ok(Self(Place::Cookie(Arc::new(Cookie::new(name, pages)?))))
    }

    /// What the closure finds; [`Denial::NoCredential`] is for a request that does not try, and
    /// [`Denial::MalformedCredential`] for one that tries wrongly. If browsers send it by
    /// themselves, the closure also has to keep out requests from foreign pages, by
    /// [`Denial::CrossSite`].
    pub fn custom(
        find: impl for<'r> Fn(Head<'r>) -> Result<&'r str, Denial> + Send + Sync + 'static,
    ) -> Self {
        Self(Place::Custom(Arc::new(find)))
    }

    pub(crate) fn token<'r>(&self, head: Head<'r>) -> Result<&'r str, Denial> {
        let token = match &self.0 {
            Place::Bearer => return bearer_token(head.headers),
            Place::Cookie(cookie) => cookie.token(head)?,
            Place::Custom(find) => find(head)?.as_bytes(),
        };
        token68(token)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Bearer => f.write_str("Bearer"),
            Place::Cookie(cookie) => cookie.fmt(f),
            Place::Custom(_) => f.write_str("Custom"),
        }
    }
}

/// The token, or why there is none to verify.
///
/// [`Denial::NoCredential`] means that the request does not try to authenticate with a bearer
/// token; everything that tries and fails is [`Denial::MalformedCredential`].
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, Denial> {
    let value = only(headers, &AUTHORIZATION)?.ok_or(Denial::NoCredential)?.as_bytes();
    if !value.is_ascii() {
        return Err(Denial::MalformedCredential);
    }
    let scheme_end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, token) = value.split_at_checked(scheme_end).unwrap_or_default();
    // RFC 9110 §11.1: the scheme is case-insensitive.
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Denial::NoCredential);
    }
    // RFC 6750 §2.1 writes one space; RFC 9110 §11.4 allows more, and nothing else.
    let start = token.iter().position(|byte| *byte != b' ').unwrap_or(token.len());
    token68(token.get(start..).unwrap_or_default())
}

/// The only value of a header field. Two parties that pick different ones of two disagree about who
/// is asking.
pub(crate) fn only<'r>(
    headers: &'r HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'r HeaderValue>, Denial> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Denial::MalformedCredential),
        (only, None) => Ok(only),
    }
}

/// A token in the characters that RFC 9110 §11.2 allows.
fn token68(token: &[u8]) -> Result<&str, Denial> {
    // Every byte is looked at, and none decides: so the compiler looks at sixteen at once.
    let is_token68 = token.iter().fold(true, |is_token68, byte| {
        is_token68
            & (byte.is_ascii_lowercase()
                | byte.is_ascii_uppercase()
                | byte.is_ascii_digit()
                | matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'='))
    });
    match str::from_utf8(token) {
        Ok(token) if is_token68 && !token.is_empty() => Ok(token),
        _ => Err(Denial::MalformedCredential),
    }
}
