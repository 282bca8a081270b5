//! The cookies that there are: their names, and what browsers are told of them.
//!
//! Upstream: `createCookieGetter` of `packages/better-auth/src/cookies`, and `resolveCookie` of
//! `better-call`.

use std::fmt::Write;

use percent_encoding::utf8_percent_encode;

use super::COMPONENT;
use crate::options::{
    Advanced, BaseUrl, CookieAttributes, CookieDomain, CookieOverride, CookiePath, SameSite,
};

/// Characters of a `Set-Cookie` line, at most: Safari takes some 4093.
const MOST_LINE: usize = 4050;

/// A cookie: its name, and what browsers are told of it.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    /// What comes before and after the path in a `Set-Cookie` line.
    domain: Option<String>,
    path: String,
    flags: String,
}

/// The cookies of the server.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    /// The signed session token.
    pub(crate) session_token: Cookie,
    /// The cached session; cleared also where none is kept.
    pub(crate) session_data: Cookie,
    /// The signed mark of a session that ends with the browser.
    pub(crate) dont_remember: Cookie,
}

/// Cookies that can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieError {
    /// Two have the same name.
    #[error("two cookies have the name {0}; change advanced.cookies")]
    SameName(String),
    /// Scripts of a page could read a session's token, and so could whoever gets one to run there.
    #[error("{0} cannot be off: the cookie holds a session's token, which scripts must not read")]
    Readable(&'static str),
    /// Browsers refuse a cookie for somebody else's domain, and nobody could sign in.
    #[error("{host}, the host of base_url, may not set cookies for the domain {domain}")]
    ForeignDomain {
        /// The host of the base URL.
        host: String,
        /// The cookie's domain.
        domain: String,
    },
}

/// Whether cookies can be as configured, without starting a server.
pub fn check_cookies(advanced: &Advanced, base_url: &BaseUrl) -> Result<(), CookieError> {
    Cookies::new(advanced, base_url).map(drop)
}

impl Cookies {
    /// The cookies as configured.
    pub(crate) fn new(advanced: &Advanced, base_url: &BaseUrl) -> Result<Self, CookieError> {
        let is_secure = advanced.use_secure_cookies.unwrap_or(base_url.is_https());
        let host = base_url.host();
        let default = &advanced.default_cookie_attributes;
        let shared = &advanced.cross_sub_domain_cookies;
        let domain = || shared.domain.as_ref().map_or_else(|| host.to_owned(), ToString::to_string);
        let shared = shared.enabled.then(domain);
        require_http_only(default, "advanced.default_cookie_attributes.http_only")?;
        let cookie = |base: &str, special: &CookieOverride| {
            let start = if is_secure { "__Secure-" } else { "" };
            let usual = || format!("{}.{base}", advanced.cookie_prefix);
            let name = special.name.clone().unwrap_or_else(usual);
            let attributes = merged(&special.attributes, default);
            Cookie::new(format!("{start}{name}"), &attributes, shared.as_deref(), is_secure, host)
        };
        let special = &advanced.cookies;
        let token = &special.session_token.attributes;
        require_http_only(token, "advanced.cookies.session_token.attributes.http_only")?;
        let data = &special.session_data.attributes;
        require_http_only(data, "advanced.cookies.session_data.attributes.http_only")?;
        let cookies = Self {
            session_token: cookie("session_token", &special.session_token)?,
            session_data: cookie("session_data", &special.session_data)?,
            dont_remember: cookie("dont_remember", &special.dont_remember)?,
        };
        cookies.require_different_names()?;
        Ok(cookies)
    }

    fn require_different_names(&self) -> Result<(), CookieError> {
        let Self { session_token, session_data, dont_remember } = self;
        for (one, other) in [
            (session_token, session_data),
            (session_token, dont_remember),
            (session_data, dont_remember),
        ] {
            // A chunk of the cache must not be taken for another cookie either.
            let is_chunk = |chunk: &Cookie, of: &Cookie| {
                let rest =
                    chunk.name.strip_prefix(&of.name).and_then(|rest| rest.strip_prefix('.'));
                rest.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
            };
            if one.name == other.name || is_chunk(one, other) || is_chunk(other, one) {
                return Err(CookieError::SameName(other.name.clone()));
            }
        }
        Ok(())
    }
}

impl Cookie {
    fn new(
        name: String,
        attributes: &CookieAttributes,
        shared: Option<&str>,
        is_secure: bool,
        host: &str,
    ) -> Result<Self, CookieError> {
        let same_site = attributes.same_site.unwrap_or(SameSite::Lax);
        let is_partitioned = attributes.partitioned == Some(true);
        let lower = name.to_ascii_lowercase();
        // Browsers drop such a cookie without `Secure`, and a `__Host-` one with a domain or path.
        let is_host = lower.starts_with("__host-");
        let needs_secure = is_host
            || lower.starts_with("__secure-")
            || is_partitioned
            || same_site == SameSite::None;
        let domain = attributes.domain.as_ref().map(CookieDomain::to_string);
        let domain = domain.or_else(|| shared.map(str::to_owned)).filter(|_| !is_host);
        if let Some(domain) = &domain {
            // A host with brackets, an IPv6 address, can be its own domain alone.
            let covers = |domain: CookieDomain| domain.covers(host);
            if domain != host && !domain.parse().is_ok_and(covers) {
                let (host, domain) = (host.to_owned(), domain.clone());
                return Err(CookieError::ForeignDomain { host, domain });
            }
        }
        let path = attributes.path.as_ref().filter(|_| !is_host).map(CookiePath::to_string);
        let mut flags = String::new();
        if attributes.http_only != Some(false) {
            flags.push_str("; HttpOnly");
        }
        if attributes.secure.unwrap_or(is_secure) || needs_secure {
            flags.push_str("; Secure");
        }
        flags.push_str("; SameSite=");
        flags.push_str(same_site.as_str());
        if is_partitioned {
            flags.push_str("; Partitioned");
        }
        Ok(Self { name, domain, path: path.unwrap_or_else(|| "/".to_owned()), flags })
    }

    /// A `Set-Cookie` line; without `max_age` (seconds) the cookie ends with the browser.
    pub(crate) fn line(&self, value: &str, max_age: Option<i64>) -> String {
        self.line_named(&self.name, value, max_age)
    }

    /// Name and `Set-Cookie` line of `value`, in several cookies where one would be too long for a
    /// browser. Upstream: `src/cookies/session-store.ts`.
    pub(crate) fn chunks(&self, value: &str, max_age: Option<i64>) -> Vec<(String, String)> {
        let empty = self.line_named(&format!("{}.99", self.name), "", max_age);
        let size = MOST_LINE.saturating_sub(empty.len()).max(1);
        if value.len() <= size {
            return vec![(self.name.clone(), self.line(value, max_age))];
        }
        let mut chunks = Vec::new();
        let mut rest = value;
        while !rest.is_empty() {
            // The text of a cache is ASCII; of any other a chunk may be a little longer.
            let end = (size..=rest.len()).find(|end| rest.is_char_boundary(*end));
            let (chunk, after) = rest.split_at(end.unwrap_or(rest.len()));
            let name = format!("{}.{}", self.name, chunks.len());
            let line = self.line_named(&name, chunk, max_age);
            chunks.push((name, line));
            rest = after;
        }
        chunks
    }

    /// The line of a part of this cookie that has a name of its own.
    pub(crate) fn line_named(&self, name: &str, value: &str, max_age: Option<i64>) -> String {
        let mut line = format!("{name}={}", utf8_percent_encode(value, COMPONENT));
        // Writing to a String cannot fail.
        if let Some(seconds) = max_age {
            let _ = write!(line, "; Max-Age={seconds}");
        }
        if let Some(domain) = &self.domain {
            let _ = write!(line, "; Domain={domain}");
        }
        let _ = write!(line, "; Path={}{}", self.path, self.flags);
        line
    }
}

fn require_http_only(attributes: &CookieAttributes, key: &'static str) -> Result<(), CookieError> {
    if attributes.http_only == Some(false) { Err(CookieError::Readable(key)) } else { Ok(()) }
}

fn merged(special: &CookieAttributes, default: &CookieAttributes) -> CookieAttributes {
    CookieAttributes {
        same_site: special.same_site.or(default.same_site),
        secure: special.secure.or(default.secure),
        http_only: special.http_only.or(default.http_only),
        path: special.path.clone().or_else(|| default.path.clone()),
        domain: special.domain.clone().or_else(|| default.domain.clone()),
        partitioned: special.partitioned.or(default.partitioned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(base_url: &str, set: impl FnOnce(&mut Advanced)) -> Result<Cookies, CookieError> {
        let mut advanced = Advanced::default();
        set(&mut advanced);
        Cookies::new(&advanced, &BaseUrl::new(base_url, "/api/auth").unwrap())
    }

    #[test]
    fn lines_have_upstreams_attributes_in_upstreams_order() {
        let plain = cookies("http://a.example.com", |_| {}).unwrap();
        assert_eq!(
            plain.session_token.line("a.b+/=", Some(604_800)),
            "better-auth.session_token=a.b%2B%2F%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
        );
        let secure =
            cookies("https://a.example.com", |to| to.cookie_prefix = "app".into()).unwrap();
        assert_eq!(
            secure.dont_remember.line("true", None),
            "__Secure-app.dont_remember=true; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
        let full = cookies("https://a.example.com", |to| {
            to.cross_sub_domain_cookies.enabled = true;
            to.cross_sub_domain_cookies.domain = Some(".example.com".parse().unwrap());
            to.default_cookie_attributes.same_site = Some(SameSite::None);
            to.default_cookie_attributes.partitioned = Some(true);
            to.default_cookie_attributes.path = Some("/api".parse().unwrap());
        });
        assert_eq!(
            full.unwrap().session_data.line("x", Some(300)),
            "__Secure-better-auth.session_data=x; Max-Age=300; Domain=.example.com; Path=/api; \
             HttpOnly; Secure; SameSite=None; Partitioned"
        );
    }

    #[test]
    fn a_cookies_own_attributes_win_and_the_rest_stay() {
        let found = cookies("http://localhost:4000", |to| {
            to.default_cookie_attributes.same_site = Some(SameSite::Strict);
            to.default_cookie_attributes.secure = Some(true);
            to.cookies.dont_remember.name = Some("remember".to_owned());
            to.cookies.dont_remember.attributes.http_only = Some(false);
            to.cookies.dont_remember.attributes.secure = Some(false);
        });
        let found = found.unwrap();
        assert_eq!(found.dont_remember.line("x", None), "remember=x; Path=/; SameSite=Strict");
        assert_eq!(
            found.session_token.line("x", None),
            "better-auth.session_token=x; Path=/; HttpOnly; Secure; SameSite=Strict"
        );
    }

    #[test]
    fn what_browsers_demand_of_a_name_or_attribute_is_given() {
        let found = cookies("https://a.example.com", |to| {
            to.use_secure_cookies = Some(false);
            to.default_cookie_attributes.secure = Some(false);
            to.cross_sub_domain_cookies.enabled = true;
            to.cookies.session_token.name = Some("__Host-token".to_owned());
            to.cookies.session_token.attributes.path = Some("/api".parse().unwrap());
            to.cookies.session_data.attributes.same_site = Some(SameSite::None);
        });
        let found = found.unwrap();
        assert_eq!(
            found.session_token.line("x", None),
            "__Host-token=x; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
        assert_eq!(
            found.session_data.line("x", None),
            "better-auth.session_data=x; Domain=a.example.com; Path=/; HttpOnly; Secure; \
             SameSite=None"
        );
    }

    #[test]
    fn scripts_never_read_a_token() {
        let off = CookieAttributes { http_only: Some(false), ..CookieAttributes::default() };
        for set in [
            (|to, off| to.default_cookie_attributes = off) as fn(&mut Advanced, CookieAttributes),
            |to, off| to.cookies.session_token.attributes = off,
            |to, off| to.cookies.session_data.attributes = off,
        ] {
            let refused = cookies("http://localhost", |to| set(to, off.clone()));
            assert!(matches!(refused, Err(CookieError::Readable(_))));
        }
    }

    #[test]
    fn names_and_domains_that_could_not_work_are_refused() {
        for name in ["better-auth.session_token", "better-auth.session_data.0"] {
            let refused =
                cookies("http://a", |to| to.cookies.dont_remember.name = Some(name.to_owned()));
            assert!(matches!(refused, Err(CookieError::SameName(_))), "{name}");
        }
        for domain in ["other.com", "b.a.example.com"] {
            let refused = cookies("http://a.example.com", |to| {
                to.default_cookie_attributes.domain = Some(domain.parse().unwrap());
            });
            assert!(matches!(refused, Err(CookieError::ForeignDomain { .. })), "{domain}");
        }
    }

    #[test]
    fn what_is_too_long_for_a_browser_comes_in_chunks() {
        let cookie = cookies("http://localhost", |_| {}).unwrap().session_data;
        // As upstream computes it: 4050 less `better-auth.session_data.99=; Max-Age=300; …`.
        let size = 4050 - cookie.line_named("better-auth.session_data.99", "", Some(300)).len();
        let names = |length: usize| -> Vec<String> {
            let chunks = cookie.chunks(&"x".repeat(length), Some(300));
            assert!(chunks.iter().all(|(_, line)| line.len() <= MOST_LINE));
            chunks.into_iter().map(|(name, _)| name.replace("better-auth.", "")).collect()
        };
        assert_eq!(names(size), ["session_data"]);
        assert_eq!(names(size + 1), ["session_data.0", "session_data.1"]);
        assert_eq!(names(2 * size + 1).len(), 3);
    }
}
