//! How cookies are named, and what browsers do with them.

use std::fmt;
use std::str::FromStr;

/// `advanced.cross_sub_domain_cookies`: one sign-in for all hosts below a domain.
#[derive(Clone, Debug, Default)]
pub struct CrossSubDomainCookies {
    /// Off by default: cookies go to the server's own host alone.
    pub enabled: bool,
    /// The domain; by default the host of the base URL.
    pub domain: Option<CookieDomain>,
}

/// `advanced.cookies`: what a single cookie has otherwise than the rest.
#[derive(Clone, Debug, Default)]
pub struct CookieOverrides {
    /// Of the cookie with the session's token.
    pub session_token: CookieOverride,
    /// Of the cookie cache.
    pub session_data: CookieOverride,
    /// Of the mark of sessions that end with the browser.
    pub dont_remember: CookieOverride,
}

/// What a cookie has otherwise than the rest.
#[derive(Clone, Debug, Default)]
pub struct CookieOverride {
    /// Instead of prefix and usual name; `__Secure-` still comes in front.
    pub name: Option<String>,
    /// Win over those of all cookies.
    pub attributes: CookieAttributes,
}

/// What browsers are told of a cookie; what is not set stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CookieAttributes {
    /// `SameSite`.
    pub same_site: Option<SameSite>,
    /// `Secure`. A cookie that browsers take by https alone anyway has it in any case.
    pub secure: Option<bool>,
    /// `HttpOnly`. A cookie that holds a token can't be without.
    pub http_only: Option<bool>,
    /// `Path`.
    pub path: Option<CookiePath>,
    /// `Domain`.
    pub domain: Option<CookieDomain>,
    /// `Partitioned`: kept apart for each site that embeds ours.
    pub partitioned: Option<bool>,
}

/// When a browser sends a cookie along that another site made it send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// When a link is followed.
    Lax,
    /// Always, by https.
    None,
}

impl SameSite {
    /// Its name in a cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// A text that no attribute of a cookie can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieAttributeError {
    /// Of `SameSite`.
    #[error("takes strict, lax or none")]
    SameSite,
    /// Of `Path`.
    #[error("takes a path like /auth")]
    Path,
    /// Of `Domain`.
    #[error("takes a domain like example.com")]
    Domain,
}

impl FromStr for SameSite {
    type Err = CookieAttributeError;

    fn from_str(text: &str) -> Result<Self, CookieAttributeError> {
        [Self::Strict, Self::Lax, Self::None]
            .into_iter()
            .find(|same_site| same_site.as_str().eq_ignore_ascii_case(text))
            .ok_or(CookieAttributeError::SameSite)
    }
}

/// The path below which a browser sends a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePath(String);

impl FromStr for CookiePath {
    type Err = CookieAttributeError;

    fn from_str(text: &str) -> Result<Self, CookieAttributeError> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        let is_path = text.starts_with('/') && is_plain;
        if is_path { Ok(Self(text.to_owned())) } else { Err(CookieAttributeError::Path) }
    }
}

impl fmt::Display for CookiePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The domain to whose hosts a browser sends a cookie. A dot in front means nothing any more
/// (RFC 6265 §5.2.3), and is kept as Better Auth keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieDomain(String);

impl CookieDomain {
    /// Whether a browser takes a cookie of this domain from `host`.
    pub fn covers(&self, host: &str) -> bool {
        let domain = self.0.strip_prefix('.').unwrap_or(&self.0).to_ascii_lowercase();
        let above = host.strip_suffix(&domain);
        above.is_some_and(|above| above.is_empty() || (above.ends_with('.') && !is_address(host)))
    }
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok()
}

impl FromStr for CookieDomain {
    type Err = CookieAttributeError;

    fn from_str(text: &str) -> Result<Self, CookieAttributeError> {
        let labels = text.strip_prefix('.').unwrap_or(text);
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_domain = labels.split('.').all(is_label);
        if is_domain { Ok(Self(text.to_owned())) } else { Err(CookieAttributeError::Domain) }
    }
}

impl fmt::Display for CookieDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_covers_its_host_and_the_hosts_below() {
        let covers = |domain: &str, host| domain.parse::<CookieDomain>().unwrap().covers(host);
        for (domain, host, expected) in [
            ("example.com", "example.com", true),
            (".example.com", "auth.example.com", true),
            ("Example.com", "a.b.example.com", true),
            ("example.com", "evilexample.com", false),
            ("auth.example.com", "example.com", false),
            ("localhost", "localhost", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("0.0.1", "127.0.0.1", false),
        ] {
            assert_eq!(covers(domain, host), expected, "{domain} {host}");
        }
    }

    #[test]
    fn what_would_become_another_attribute_is_refused() {
        for path in ["", "auth", "/a; Domain=x", "/a b", "/ü", "/a\r\nx: y"] {
            assert!(path.parse::<CookiePath>().is_err(), "{path:?}");
        }
        for domain in ["", ".", "a..b", "a.", "a b", "a;b", "a/b", "a:1", "http://a", "ü.de"] {
            assert!(domain.parse::<CookieDomain>().is_err(), "{domain:?}");
        }
        for same_site in ["", "Lax;", "strictly"] {
            assert!(same_site.parse::<SameSite>().is_err(), "{same_site:?}");
        }
        assert_eq!("LAX".parse(), Ok(SameSite::Lax));
    }
}
