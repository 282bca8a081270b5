//! What the server is told: validated, and free of files and environment.
//!
//! Names are Better Auth's option names in `snake_case`.

mod audit_log;
mod cookies;
mod error_page;
mod ip_address;
mod jwks;
mod lockout;
mod mail;
mod open_api;
mod paths;
mod rate_limit_storage;
mod session;
mod user;

use gatewright_jose::Algorithm;
use url::Url;

use crate::client_ip::Network;
use crate::crypto::{Secret, SecretRotation};
use crate::origin::{OriginPatternError, TrustedOrigins, origin_of};

pub use audit_log::AuditLogOptions;
pub use cookies::{
    CookieAttributeError, CookieAttributes, CookieDomain, CookieOverride, CookieOverrides,
    CookiePath, CrossSubDomainCookies, SameSite,
};
pub use error_page::{ErrorUrl, ErrorUrlError, OnApiError};
pub use ip_address::{IpAddressOptions, Ipv6Subnet, NoIpv6Subnet};
pub use jwks::JwksOptions;
pub use lockout::{Lockout, LockoutLimit};
pub use mail::{Mail, MailPassword, Security, Sender, SenderError, Smtp};
pub use open_api::OpenApi;
pub use paths::{CustomRule, CustomRules, DisabledPaths, NoEndpoint, RuleError};
pub use rate_limit_storage::RateLimitStorage;
pub use session::{CookieCacheOptions, CookieCacheStrategy, SessionOptions, UnknownStrategy};
pub use user::{ChangeEmail, DeleteUser, UserOptions};

/// Everything the server is told at start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where browsers reach the server: issuer, audience and the cookies' `__Secure-` follow from
    /// it.
    pub base_url: BaseUrl,
    /// The origins that may call with credentials, beside the base URL's own.
    pub trusted_origins: TrustedOrigins,
    /// `app_name`: what the application is called in mails; by default by its host.
    pub app_name: Option<String>,
    /// Signs cookies and encrypts private keys.
    pub secret: Secret,
    /// Where secrets take turns: which version `secret` is, and those of before.
    pub secret_rotation: Option<SecretRotation>,
    /// `disabled_paths`.
    pub disabled_paths: DisabledPaths,
    /// `email_and_password`.
    pub email_and_password: EmailAndPassword,
    /// `user`.
    pub user: UserOptions,
    /// `email_verification`.
    pub email_verification: EmailVerification,
    /// `on_api_error`.
    pub on_api_error: OnApiError,
    /// `session`.
    pub session: SessionOptions,
    /// `rate_limit`.
    pub rate_limit: RateLimit,
    /// `lockout`.
    pub lockout: Lockout,
    /// `audit_log`.
    pub audit_log: AuditLogOptions,
    /// `advanced`.
    pub advanced: Advanced,
    /// `jwt`.
    pub jwt: Jwt,
    /// `mail`.
    pub mail: Mail,
    /// `open_api`.
    pub open_api: OpenApi,
}

/// A base URL and the path that the wire lives under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Scheme, host and port.
    pub origin: String,
    /// `base_path`: starts with a slash, does not end with one.
    pub path: String,
}

/// A base URL that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It is no `http` or `https` URL.
    #[error("{url:?} is no base URL; write it as `https://auth.example.com`")]
    NotAWebAddress {
        /// What was given.
        url: String,
    },
    /// The path has something that a route can't have.
    #[error("{path:?} is no base path; write it as `/api/auth`")]
    UnusablePath {
        /// What was given.
        path: String,
    },
}

impl BaseUrl {
    /// A path in `url` wins over `base_path`, as upstream has it.
    pub fn new(url: &str, base_path: &str) -> Result<Self, BaseUrlError> {
        let not_web = || BaseUrlError::NotAWebAddress { url: url.to_owned() };
        let parsed = Url::parse(url).map_err(|_not_a_url| not_web())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(not_web());
        }
        let origin = origin_of(&parsed).ok_or_else(not_web)?;
        let own_path = parsed.path().trim_end_matches('/');
        let path = if own_path.is_empty() { base_path.trim_end_matches('/') } else { own_path };
        let is_plain = path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~'));
        if !path.starts_with('/') || path.contains("//") || !is_plain {
            return Err(BaseUrlError::UnusablePath { path: path.to_owned() });
        }
        Ok(Self { origin, path: path.to_owned() })
    }

    /// The host alone, as cookies know it.
    pub(crate) fn host(&self) -> &str {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        // The colons of an IPv6 address stand within brackets.
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => authority,
        }
    }

    /// Whether browsers reach the server by https.
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// `email_and_password`.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of upstream's options, on or off")]
pub struct EmailAndPassword {
    /// Whether there is sign-up and sign-in by password at all (here on by default).
    pub enabled: bool,
    /// Whether sign-up signs in. Where it does not, it answers alike whether or not the address is
    /// taken.
    pub auto_sign_in: bool,
    /// Refuse new users.
    pub disable_sign_up: bool,
    /// Fewest UTF-16 code units of a new password.
    pub min_password_length: usize,
    /// Most UTF-16 code units of a password.
    pub max_password_length: usize,
    /// Let nobody in before their address is verified. Then sign-up answers alike whether or not
    /// the address is taken.
    pub require_email_verification: bool,
    /// Seconds for which the link of a password reset is good.
    pub reset_password_token_expires_in: i64,
    /// Whether a password reset ends all sessions of the user.
    pub revoke_sessions_on_password_reset: bool,
}

impl Default for EmailAndPassword {
    fn default() -> Self {
        Self {
            enabled: true,
            auto_sign_in: true,
            disable_sign_up: false,
            min_password_length: 8,
            max_password_length: 128,
            require_email_verification: false,
            reset_password_token_expires_in: 3600,
            revoke_sessions_on_password_reset: false,
        }
    }
}

/// `email_verification`.
#[derive(Clone, Debug)]
pub struct EmailVerification {
    /// Mail a link at sign-up; by default where verification is required.
    pub send_on_sign_up: Option<bool>,
    /// Mail a link to who signs in before the verification that is required.
    pub send_on_sign_in: bool,
    /// Whether the link signs its user in.
    pub auto_sign_in_after_verification: bool,
    /// Seconds for which the link is good.
    pub expires_in: i64,
}

impl Default for EmailVerification {
    fn default() -> Self {
        Self {
            send_on_sign_up: None,
            send_on_sign_in: false,
            auto_sign_in_after_verification: false,
            expires_in: 3600,
        }
    }
}

/// `rate_limit`: the general rule; the stricter ones for sign-in and the like are built in.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// On by default, in development too.
    pub enabled: bool,
    /// Seconds.
    pub window: i64,
    /// Requests a window, for each address and path.
    pub max: u32,
    /// `custom_rules`.
    pub custom_rules: CustomRules,
    /// Where they are counted; by default in memory on SQLite, and in the database on PostgreSQL.
    pub storage: Option<RateLimitStorage>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            enabled: true,
            window: 10,
            max: 100,
            custom_rules: CustomRules::default(),
            storage: None,
        }
    }
}

/// `advanced`.
#[derive(Clone, Debug)]
pub struct Advanced {
    /// First part of every cookie's name.
    pub cookie_prefix: String,
    /// `__Secure-` and `Secure`; by default as the base URL's scheme says.
    pub use_secure_cookies: Option<bool>,
    /// `cross_sub_domain_cookies`.
    pub cross_sub_domain_cookies: CrossSubDomainCookies,
    /// `default_cookie_attributes`: of every cookie.
    pub default_cookie_attributes: CookieAttributes,
    /// `cookies`: names and attributes of single ones.
    pub cookies: CookieOverrides,
    /// `ip_address`.
    pub ip_address: IpAddressOptions,
    /// `ip_address.trusted_proxies`: whose `x-forwarded-for` is believed, beside loopback's.
    pub trusted_proxies: Vec<Network>,
    /// Takes a path with a slash at its end for the one without.
    pub skip_trailing_slashes: bool,
    /// Lets every site send requests with a user's cookies: for tests only. Unless it is said, it
    /// is as `disable_origin_check`; where that is on, all that `false` keeps is that no form of
    /// another site signs anybody in.
    pub disable_csrf_check: Option<bool>,
    /// Lets links lead to any site, and every site send requests with a user's cookies, as upstream
    /// has it: for tests only.
    pub disable_origin_check: bool,
}

impl Default for Advanced {
    fn default() -> Self {
        Self {
            cookie_prefix: "better-auth".to_owned(),
            use_secure_cookies: None,
            cross_sub_domain_cookies: CrossSubDomainCookies::default(),
            default_cookie_attributes: CookieAttributes::default(),
            cookies: CookieOverrides::default(),
            ip_address: IpAddressOptions::default(),
            trusted_proxies: Vec::new(),
            skip_trailing_slashes: false,
            disable_csrf_check: None,
            disable_origin_check: false,
        }
    }
}

/// `jwt`.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// The `iss` claim; by default the base URL's origin.
    pub issuer: Option<String>,
    /// The `aud` claim; by default the base URL's origin.
    pub audience: Option<String>,
    /// Seconds that a token is valid.
    pub expiration_time: i64,
    /// `jwks.key_pair_config.alg`: an HMAC algorithm signs with the server's secret.
    pub algorithm: Algorithm,
    /// `jwks`.
    pub jwks: JwksOptions,
}

impl Default for Jwt {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            expiration_time: 900,
            algorithm: Algorithm::EdDSA,
            jwks: JwksOptions::default(),
        }
    }
}

impl Options {
    /// Whether a browser may be sent to `url`.
    pub(crate) fn trusts_redirect(&self, url: &str) -> bool {
        self.advanced.disable_origin_check || self.trusted_origins.trusts_redirect(url)
    }

    /// Defaults for a server at `base_url` that trusts `trusted_origins` beside its own.
    pub fn new(
        base_url: BaseUrl,
        trusted_origins: &[String],
        secret: Secret,
    ) -> Result<Self, OriginPatternError> {
        Ok(Self {
            trusted_origins: TrustedOrigins::new(base_url.origin.clone(), trusted_origins)?,
            base_url,
            app_name: None,
            secret,
            secret_rotation: None,
            disabled_paths: DisabledPaths::default(),
            email_and_password: EmailAndPassword::default(),
            user: UserOptions::default(),
            email_verification: EmailVerification::default(),
            on_api_error: OnApiError::default(),
            session: SessionOptions::default(),
            rate_limit: RateLimit::default(),
            lockout: Lockout::default(),
            audit_log: AuditLogOptions::default(),
            advanced: Advanced::default(),
            jwt: Jwt::default(),
            mail: Mail::default(),
            open_api: OpenApi::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_base_url_wins() {
        let base = BaseUrl::new("https://a.example.com/auth/", "/api/auth").unwrap();
        assert_eq!((base.origin.as_str(), base.path.as_str()), ("https://a.example.com", "/auth"));
        let base = BaseUrl::new("http://localhost:4000", "/api/auth").unwrap();
        assert_eq!(
            (base.origin.as_str(), base.path.as_str()),
            ("http://localhost:4000", "/api/auth")
        );
    }

    #[test]
    fn unusable_base_urls_are_refused() {
        for (url, path) in [
            ("localhost:4000", "/api/auth"),
            ("ftp://a.b", "/api/auth"),
            ("", "/api/auth"),
            ("http://a.b", "api"),
            ("http://a.b", "/"),
            ("http://a.b", "/{x}"),
            ("http://a.b//x", "/api"),
        ] {
            assert!(BaseUrl::new(url, path).is_err(), "{url} {path}");
        }
    }
}
