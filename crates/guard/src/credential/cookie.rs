//! A token in a cookie, which browsers send along whoever made the page: hence the origin check.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{COOKIE, ORIGIN, UPGRADE},
};

use super::only;
use crate::{Denial, Head};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// From which pages a cookie is believed; the defence against cross-site request forgery that goes
/// with a token in a cookie.
///
/// It is asked of every request that may change something: any method but GET, HEAD, OPTIONS and
/// TRACE, and an upgrade such as a WebSocket's, which a browser opens from any page. Such a request
/// passes if its `Origin` is one of those that were named, or if the browser says
/// `Sec-Fetch-Site: same-origin`. One that says neither is denied: a program that is no browser
/// should send its token in the `Authorization` header of another guard. Requests that only read
/// are not asked, so a GET must change nothing.
#[derive(Debug, Clone, Default)]
pub struct CookiePages {
    origins: Vec<HeaderValue>,
}

impl CookiePages {
    /// Pages of the service's own origin, by the word of the browser.
    pub fn same_origin() -> Self {
        Self::default()
    }

    /// Pages of another origin as well, such as `https://app.example`: scheme, host, and the port if
    /// it is not the usual one, exactly as browsers write it.
    pub fn and_origin(mut self, origin: &str) -> Result<Self, CredentialError> {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let is_host = |host: &str| {
            let fits = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]_".contains(&byte)
            };
            !host.is_empty() && host.bytes().all(fits)
        };
        let value = host.filter(|host| is_host(host)).and_then(|_| origin.parse().ok());
        self.origins.push(value.ok_or(CredentialError::NotAnOrigin)?);
        Ok(self)
    }

    fn check(&self, head: Head<'_>) -> Result<(), Denial> {
        let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE]
            .contains(head.method)
            && !head.headers.contains_key(UPGRADE);
        if is_safe {
            return Ok(());
        }
        let origin = only(head.headers, &ORIGIN).map_err(|_| Denial::CrossSite)?;
        if origin.is_some_and(|origin| self.origins.contains(origin)) {
            return Ok(());
        }
        match only(head.headers, &SEC_FETCH_SITE) {
            Ok(Some(site)) if site == "same-origin" => Ok(()),
            _ => Err(Denial::CrossSite),
        }
    }
}

/// A cookie of one name, and the pages from which it is believed.
#[derive(Debug)]
pub(super) struct Cookie {
    name: Box<str>,
    pages: CookiePages,
}

impl Cookie {
    pub(super) fn new(name: &str, pages: CookiePages) -> Result<Self, CredentialError> {
        // RFC 6265 §4.1.1: a token of RFC 9110.
        let is_tchar =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_tchar) {
            return Err(CredentialError::NotACookieName);
        }
        Ok(Self { name: name.into(), pages })
    }

    pub(super) fn token<'r>(&self, head: Head<'r>) -> Result<&'r [u8], Denial> {
        let token = self.find(head.headers)?;
        self.pages.check(head)?;
        Ok(token)
    }

    /// Names are compared exactly (RFC 6265 §5.4). Two of one name come from two who set them, such
    /// as a neighbouring subdomain, and which is meant nobody can tell.
    fn find<'r>(&self, headers: &'r HeaderMap) -> Result<&'r [u8], Denial> {
        let pairs = headers.get_all(COOKIE).iter().flat_map(|header| {
            header.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii)
        });
        let mut values = pairs.filter_map(|pair| {
            let (name, value) = pair.split_at_checked(self.name.len())?;
            let value = value.trim_ascii_start().strip_prefix(b"=")?;
            (name == self.name.as_bytes()).then_some(value.trim_ascii_start())
        });
        let value = values.next().ok_or(Denial::NoCredential)?;
        if values.next().is_some() {
            return Err(Denial::MalformedCredential);
        }
        Ok(value)
    }
}

/// Why a way of giving credentials cannot be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No cookie can have this name.
    #[error("not the name of a cookie")]
    NotACookieName,
    /// Not an origin as browsers write it.
    #[error("not an origin such as https://app.example: no path, no capitals, no *")]
    NotAnOrigin,
}
