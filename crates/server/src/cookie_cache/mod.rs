//! The session in a cookie, so that reading it asks no database. Upstream: `setCookieCache` and
//! `decodeCookieCache` of `packages/better-auth/src/cookies`.
//!
//! A cookie is believed for `max_age` and not a moment longer, whatever becomes of the session
//! meanwhile. So nothing but the database may be the source of a new one: see
//! [`crate::flows::session`].

mod compact;
mod jwe;
mod jwt;
mod payload;

use std::fmt;

use gatewright_jose::{KeyError, SignError};

use crate::clock::Date;
use crate::crypto::{Random, Refused, Secret, Secrets, equal_in_constant_time};
use crate::fields::AdditionalFields;
use crate::flows::session::Remember;
use crate::options::{CookieCacheOptions, CookieCacheStrategy, Options};
use crate::store::{ActiveSession, Session, User};
use jwe::Jwe;
use jwt::Jwt;
use payload::{Payload, Written};

/// Characters of a cookie that is written, at most. A browser sends it with every request, and
/// proxies refuse long heads: a user with an image in their profile, say, is not to be locked out
/// by their own cookie.
pub(crate) const MOST_WRITTEN: usize = 6 * 1024;

/// Characters of a cookie that is read, at most: as many as Node takes in a whole head.
const MOST_READ: usize = 16 * 1024;

/// Seconds that another server's clock may be ahead. What comes from further in the future was
/// written before a clock was set back, and would be believed for too long.
const MOST_AHEAD: i64 = 15;

/// Why there can be no cookie.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheError {
    #[error("the key of the cookie cache cannot be made")]
    Key(#[from] KeyError),
    #[error("the cookie cache cannot be encrypted")]
    Encrypt(#[from] Refused),
    #[error("the cookie cache cannot be signed")]
    Sign(#[from] SignError),
    #[error("the cookie cache cannot be written")]
    Write(#[from] serde_json::Error),
}

/// Writes and reads the cookie.
pub(crate) struct CookieCache {
    max_age: i64,
    version: String,
    format: Format,
    random: Random,
    of_session: AdditionalFields,
    of_user: AdditionalFields,
}

enum Format {
    Compact(Secret),
    Jwt(Box<Jwt>),
    Jwe(Box<Jwe>),
}

/// What a cookie's text says, its signature checked and nothing else.
struct Read {
    payload: Payload,
    expires_at: Date,
}

impl CookieCache {
    /// Signed or encrypted with the current secret, and read with no other.
    pub(crate) fn new(
        options: &Options,
        secrets: &Secrets,
        random: Random,
    ) -> Result<Self, CacheError> {
        let CookieCacheOptions { max_age, version, strategy, .. } =
            options.session.cookie_cache.clone();
        let format = match strategy {
            CookieCacheStrategy::Compact => Format::Compact(secrets.current().clone()),
            CookieCacheStrategy::Jwt => Format::Jwt(Box::new(Jwt::new(secrets.current())?)),
            CookieCacheStrategy::Jwe => Format::Jwe(Box::new(Jwe::new(secrets.current())?)),
        };
        let of_session = options.session.additional_fields.clone();
        let of_user = options.user.additional_fields.clone();
        Ok(Self { max_age, version, format, random, of_session, of_user })
    }

    /// How long the cookie of a session is kept by browsers: no longer than they keep the session.
    pub(crate) fn max_age(&self, remember: Remember) -> Option<i64> {
        (remember == Remember::Yes).then_some(self.max_age)
    }

    /// The cookie's text; `None` where it would be too long.
    pub(crate) fn write(
        &self,
        session: &Session,
        user: &User,
        remember: Remember,
        now: Date,
    ) -> Result<Option<String>, CacheError> {
        let payload = Written {
            session: session.into(),
            user: user.into(),
            updated_at: now.milliseconds(),
            version: &self.version,
        };
        let lasts = self.lasts(remember);
        let text = match &self.format {
            Format::Compact(secret) => compact::write(secret, &payload, now.plus_seconds(lasts))?,
            Format::Jwt(jwt) => jwt.write(payload, now.seconds(), lasts)?,
            Format::Jwe(jwe) => jwe.write(payload, now.seconds(), lasts, &self.random)?,
        };
        Ok(Some(text).filter(|text| text.len() <= MOST_WRITTEN))
    }

    /// The session in a cookie's text, if it is that of `token`, and may be believed at `now`.
    pub(crate) fn read(&self, text: &str, token: &str, now: Date) -> Option<ActiveSession> {
        if text.len() > MOST_READ {
            return None;
        }
        let Read { payload, expires_at } = match &self.format {
            Format::Compact(secret) => compact::read(secret, text),
            Format::Jwt(jwt) => jwt.read(text),
            Format::Jwe(jwe) => jwe.read(text),
        }?;
        let written = Date::from_milliseconds(payload.updated_at);
        let is_current = now <= expires_at
            && now <= payload.session.expires_at
            // Whoever wrote it may have had a longer `max_age`: ours counts.
            && now <= written.plus_seconds(self.max_age)
            && written <= now.plus_seconds(MOST_AHEAD);
        let is_meant = equal_in_constant_time(payload.session.token.as_bytes(), token.as_bytes())
            && payload.version() == self.version;
        if !is_current || !is_meant {
            return None;
        }
        payload.into_session(&self.of_session, &self.of_user)
    }

    /// Upstream gives the cookie of a session that ends with the browser a time of its own; it is
    /// not to be longer than `max_age`.
    fn lasts(&self, remember: Remember) -> i64 {
        match (remember, &self.format) {
            (Remember::Yes, _) => self.max_age,
            (Remember::No, Format::Compact(_)) => self.max_age.min(60),
            (Remember::No, Format::Jwt(_) | Format::Jwe(_)) => self.max_age.min(300),
        }
    }
}

impl fmt::Debug for CookieCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieCache").field("max_age", &self.max_age).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
