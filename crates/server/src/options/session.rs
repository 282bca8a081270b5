//! `session`.

use std::str::FromStr;

use crate::fields::AdditionalFields;

/// `session`.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Seconds that a session lasts without use.
    pub expires_in: i64,
    /// Seconds after which a use extends it.
    pub update_age: i64,
    /// Seconds since sign-in within which a session counts as fresh; 0: always.
    pub fresh_age: i64,
    /// A read never extends a session: it says `needsRefresh`, and `POST /get-session` does it.
    pub defer_session_refresh: bool,
    /// No use ever extends a session.
    pub disable_session_refresh: bool,
    /// `cookie_cache`.
    pub cookie_cache: CookieCacheOptions,
    /// `additional_fields`.
    pub additional_fields: AdditionalFields,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            expires_in: 604_800,
            update_age: 86_400,
            fresh_age: 86_400,
            defer_session_refresh: false,
            disable_session_refresh: false,
            cookie_cache: CookieCacheOptions::default(),
            additional_fields: AdditionalFields::default(),
        }
    }
}

/// `session.cookie_cache`: a cookie that holds the session, so that reading it asks no database.
#[derive(Clone, Debug)]
pub struct CookieCacheOptions {
    /// Off by default: a session that was ended lives on in it for up to `max_age`.
    pub enabled: bool,
    /// Seconds for which the cookie is believed.
    pub max_age: i64,
    /// How the cookie is written.
    pub strategy: CookieCacheStrategy,
    /// Another one makes all cookies of before worthless.
    pub version: String,
}

impl Default for CookieCacheOptions {
    fn default() -> Self {
        Self {
            enabled: false,
            max_age: 300,
            strategy: CookieCacheStrategy::Compact,
            version: "1".to_owned(),
        }
    }
}

/// How a session is written into a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieCacheStrategy {
    /// JSON with a signature: the shortest, and anybody who has the cookie can read it.
    Compact,
    /// A JWT with HS256: as readable, and other libraries verify it.
    Jwt,
    /// An encrypted JWT (A256CBC-HS512): nobody but the server can read it.
    Jwe,
}

/// A text that names no strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes compact, jwt or jwe")]
pub struct UnknownStrategy;

impl CookieCacheStrategy {
    /// Its name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Jwt => "jwt",
            Self::Jwe => "jwe",
        }
    }
}

impl FromStr for CookieCacheStrategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        [Self::Compact, Self::Jwt, Self::Jwe]
            .into_iter()
            .find(|strategy| strategy.as_str() == text)
            .ok_or(UnknownStrategy)
    }
}
