//! Which origins may talk to us, and which addresses a redirect may lead to.
//!
//! Upstream: `packages/better-auth/src/auth/trusted-origins.ts` and
//! `src/api/middlewares/origin-check.ts`.

use url::Url;

use crate::glob::Glob;

/// A base that no real address has: what stays on it was relative.
pub(crate) const RELATIVE_BASE: &str = "https://relative.invalid";

/// A pattern of `trusted_origins` that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginPatternError {
    /// It is empty.
    #[error("a trusted origin is empty")]
    Empty,
    /// It would trust the whole world, with credentials.
    #[error("the trusted origin {pattern:?} would trust every site; name the origins instead")]
    Everything {
        /// The pattern.
        pattern: String,
    },
    /// `**` has no meaning in an origin.
    #[error("the trusted origin {pattern:?} has `**`; use `*`, which crosses dots")]
    DoubleStar {
        /// The pattern.
        pattern: String,
    },
    /// It can never match: it is not an origin.
    #[error("the trusted origin {pattern:?} is no origin; write it as `https://app.example.com`")]
    NotAnOrigin {
        /// The pattern.
        pattern: String,
    },
}

/// The base URL's origin and the patterns of `trusted_origins`.
#[derive(Clone, Debug)]
pub struct TrustedOrigins {
    base: String,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
enum Pattern {
    /// An origin, equal to the letter.
    Exact(String),
    /// `*.example.com`: a host with its port, on any scheme.
    Host(Glob),
    /// `https://*.example.com`: a whole origin.
    Origin(Glob),
    /// `myapp://…`: an application's own scheme.
    Custom(CustomScheme),
}

impl TrustedOrigins {
    /// `base` is the origin of the server's own base URL.
    pub fn new(base: String, patterns: &[String]) -> Result<Self, OriginPatternError> {
        let patterns =
            patterns.iter().map(|text| Pattern::parse(text.trim())).collect::<Result<_, _>>()?;
        Ok(Self { base, patterns })
    }

    /// Whether this is the server's own origin.
    pub fn is_own(&self, origin: &str) -> bool {
        origin == self.base
    }

    /// Whether the origin of `url` is trusted. A relative URL has none, so it is not.
    pub fn trusts(&self, url: &str) -> bool {
        if url.starts_with('/') {
            return false;
        }
        let parsed = Url::parse(url).ok();
        let origin = parsed.as_ref().and_then(origin_of);
        origin.as_ref().is_some_and(|origin| *origin == self.base)
            || self.patterns.iter().any(|p| p.matches(url, parsed.as_ref(), origin.as_deref()))
    }

    /// Whether a redirect may go to `url`: a safe relative path, or a trusted origin.
    pub fn trusts_redirect(&self, url: &str) -> bool {
        if url.starts_with('/') { is_safe_relative(url) } else { self.trusts(url) }
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, OriginPatternError> {
        let pattern = || text.to_owned();
        if text.is_empty() {
            return Err(OriginPatternError::Empty);
        }
        if text.contains("**") {
            return Err(OriginPatternError::DoubleStar { pattern: pattern() });
        }
        let has_wildcard = text.contains(['*', '?']);
        let Some((scheme, rest)) = text.split_once("://") else {
            if !has_wildcard {
                return Err(OriginPatternError::NotAnOrigin { pattern: pattern() });
            }
            if is_only_wildcards(text) {
                return Err(OriginPatternError::Everything { pattern: pattern() });
            }
            return Ok(Self::Host(Glob::new(text)));
        };
        let is_web = matches!(scheme, "http" | "https") || scheme.contains(['*', '?']);
        match (is_web, has_wildcard) {
            (true, true) if is_only_wildcards(rest) => {
                Err(OriginPatternError::Everything { pattern: pattern() })
            }
            (true, true) => Ok(Self::Origin(Glob::new(text))),
            (true, false) => match Url::parse(text).ok().as_ref().and_then(origin_of) {
                Some(origin) if origin == text => Ok(Self::Exact(origin)),
                _ => Err(OriginPatternError::NotAnOrigin { pattern: pattern() }),
            },
            (false, _) => CustomScheme::parse(text)
                .map(Self::Custom)
                .ok_or_else(|| OriginPatternError::NotAnOrigin { pattern: pattern() }),
        }
    }

    fn matches(&self, url: &str, parsed: Option<&Url>, origin: Option<&str>) -> bool {
        match self {
            Self::Exact(exact) => origin == Some(exact),
            Self::Host(glob) => parsed
                .and_then(host_with_port)
                .is_some_and(|host| glob.matches(&host) && allows_ipv4(glob.text(), &host)),
            Self::Origin(glob) => origin.is_some_and(|origin| {
                let after = |text: &str| text.split_once("://").map(|(_, host)| host.to_owned());
                let hosts = (after(glob.text()), after(origin));
                glob.matches(origin)
                    && matches!(hosts, (Some(p), Some(host)) if allows_ipv4(&p, &host))
            }),
            Self::Custom(pattern) => {
                let is_web = parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
                !is_web && parsed.is_some() && pattern.matches(url)
            }
        }
    }
}

fn is_only_wildcards(pattern: &str) -> bool {
    pattern.chars().all(|c| matches!(c, '*' | '?' | '.' | ':'))
}

/// A host pattern of digits, dots and wildcards alone names an address range: it admits nothing
/// but an IPv4 address, or `192.168.attacker.com` would match `192.168.*`.
fn allows_ipv4(pattern: &str, authority: &str) -> bool {
    let host_of = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
    let pattern = host_of(pattern);
    let is_range = pattern.contains(|c: char| c.is_ascii_digit())
        && pattern.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '?' | '.'));
    !is_range || host_of(authority).parse::<std::net::Ipv4Addr>().is_ok()
}

/// The origin as the URL standard serialises it; `None` where that is `null`.
pub(crate) fn origin_of(url: &Url) -> Option<String> {
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

fn host_with_port(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether a browser and a router would both read this as a path on our own origin.
fn is_safe_relative(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_plain = url.starts_with('/')
        && !url.starts_with("//")
        && !url.contains('\\')
        && !url.chars().any(char::is_control)
        && !path.contains("%2f")
        && !path.contains("%5c");
    is_plain
        && Url::parse(RELATIVE_BASE)
            .and_then(|base| base.join(url))
            .is_ok_and(|joined| origin_of(&joined).as_deref() == Some(RELATIVE_BASE))
}

/// An address with an application's own scheme, split by hand: parsers differ on these.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CustomScheme {
    scheme: String,
    authority: String,
    /// Decoded and resolved, without a trailing slash; empty for the root.
    path: String,
}

impl CustomScheme {
    fn parse(text: &str) -> Option<Self> {
        if text.chars().any(char::is_control) {
            return None;
        }
        let (scheme, rest) = text.split_once(':').filter(|(scheme, _)| !scheme.is_empty())?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest
            .strip_prefix("//")
            .map_or(("", rest), |rest| rest.find('/').map_or((rest, ""), |at| rest.split_at(at)));
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
            path: resolved_path(path),
        })
    }

    /// Whether `url` has this scheme, this authority if one is named, and this path or one below.
    fn matches(&self, url: &str) -> bool {
        let Some(url) = Self::parse(url) else { return false };
        let authority = self.authority.is_empty()
            || (Glob::new(&self.authority).matches(&url.authority) && !url.authority.contains('@'));
        let below = || url.path.strip_prefix(&self.path).is_some_and(|rest| rest.starts_with('/'));
        self.scheme == url.scheme
            && authority
            && (self.path.is_empty() || url.path == self.path || below())
    }
}

/// Decodes a path and resolves `.` and `..`, so that no traversal gets around a pattern.
fn resolved_path(path: &str) -> String {
    let mut segments = Vec::new();
    let decoded = crate::cookies::decoded(path);
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments.iter().fold(String::new(), |path, segment| path + "/" + segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusting(patterns: &[&str]) -> TrustedOrigins {
        let patterns: Vec<String> = patterns.iter().map(|&p| p.to_owned()).collect();
        TrustedOrigins::new("http://localhost:4000".to_owned(), &patterns).unwrap()
    }

    #[test]
    fn origins_are_trusted_as_upstream_trusts_them() {
        let origins = trusting(&[
            "https://app.example.com",
            "https://*.wild.com",
            "*.host.com",
            "myapp://",
            "other://open/cb",
            "http://192.168.*",
        ]);
        for (url, trusted) in [
            ("http://localhost:4000", true),
            ("http://localhost:4000/some/path?x=1", true),
            ("http://localhost:4001", false),
            ("https://localhost:4000", false),
            ("https://app.example.com", true),
            ("https://app.example.com:443", true),
            ("https://app.example.com.evil.com", false),
            ("https://evil.com/https://app.example.com", false),
            ("https://app.example.com@evil.com", false),
            ("https://a.b.wild.com", true),
            ("https://wild.com", false),
            ("http://a.wild.com", false),
            ("https://evil.com/a.wild.com", false),
            ("http://a.host.com", true),
            ("http://a.host.com:8080", false),
            ("http://host.com", false),
            ("myapp://anything/here", true),
            ("other://open/cb", true),
            ("other://open/cb/deeper?x=1", true),
            ("other://open/cb/../evil", false),
            ("other://open/cb/%2e%2e/evil", false),
            ("other://elsewhere/cb", false),
            ("http://192.168.1.4", true),
            ("http://192.168.attacker.com", false),
            ("null", false),
            ("", false),
            ("/relative", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
        ] {
            assert_eq!(origins.trusts(url), trusted, "{url}");
        }
    }

    #[test]
    fn redirects_may_go_to_safe_paths_and_trusted_origins() {
        let origins = trusting(&["https://app.example.com"]);
        for (url, trusted) in [
            ("/", true),
            ("/dashboard?tab=1&x=%2F", true),
            ("/a#fragment", true),
            ("//evil.com", false),
            ("/\\evil.com", false),
            ("/%5cevil.com", false),
            ("/%2Fevil.com", false),
            ("/\t/evil.com", false),
            ("https://app.example.com/welcome", true),
            ("https://evil.com", false),
            ("javascript:alert(1)", false),
            ("dashboard", false),
        ] {
            assert_eq!(origins.trusts_redirect(url), trusted, "{url}");
        }
    }

    #[test]
    fn patterns_that_trust_everything_or_nothing_are_refused() {
        for pattern in
            ["", "*", "*.*", "https://*", "*://*", "http://**", "app.example.com", "https://a.b/c"]
        {
            let patterns = [pattern.to_owned()];
            assert!(TrustedOrigins::new(String::new(), &patterns).is_err(), "{pattern}");
        }
    }
}
