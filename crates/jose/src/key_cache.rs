//! When to fetch a key set again: the decisions, without the fetching.
//!
//! The caller owns the clock and the network. It asks [`KeyCache::lookup`], fetches when told to,
//! and hands the bytes to [`KeyCache::received`] or says [`KeyCache::failed`]. A fetch is told to
//! one caller at a time, so that many waiters cause one request.

use std::sync::Arc;

use crate::{KeySet, KeySetError, UnixTime};

/// How long a fetched set is used, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyCacheTimes {
    /// After this a set is fetched again, while the old one still serves.
    pub fresh_seconds: u32,
    /// After this an old set no longer serves, however long its source has been down: a key that
    /// the issuer withdrew must not live for ever.
    pub stale_seconds: u32,
    /// At most one fetch in this time, whatever tokens ask for. Else a stranger who invents names
    /// of keys makes this service flood the issuer.
    pub cooldown_seconds: u32,
}

impl Default for KeyCacheTimes {
    /// Five minutes fresh, a day stale, ten seconds between fetches.
    fn default() -> Self {
        Self { fresh_seconds: 300, stale_seconds: 86_400, cooldown_seconds: 10 }
    }
}

/// A fetched key set and what is known of its source.
#[derive(Debug)]
pub struct KeyCache {
    times: KeyCacheTimes,
    set: Option<(Arc<KeySet>, UnixTime)>,
    last_attempt: Option<UnixTime>,
    is_fetching: bool,
}

/// What to do for a token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Lookup {
    /// Verify with this set.
    Found(Arc<KeySet>),
    /// Verify with this set, and have a new one fetched meanwhile. The caller must fetch.
    FoundStale(Arc<KeySet>),
    /// Fetch now, and ask again. The caller must fetch.
    Refresh,
    /// Somebody else is fetching: wait for the outcome, and ask again.
    Wait,
    /// There is nothing to verify with, and it is too early for another attempt.
    Unavailable,
}

/// What to do about a token whose key is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownKey {
    /// Fetch now: the issuer may have a new key. The caller must fetch.
    Refresh,
    /// The set is newer than the one the token was checked with, or somebody else is fetching one:
    /// wait if so, and check the token once more.
    Retry,
    /// The set was fetched a moment ago: the key does not exist.
    Unknown,
}

impl KeyCache {
    /// A cache that has fetched nothing yet.
    pub fn new(times: KeyCacheTimes) -> Self {
        Self { times, set: None, last_attempt: None, is_fetching: false }
    }

    /// The set to verify with now.
    pub fn lookup(&mut self, now: UnixTime) -> Lookup {
        let usable = self
            .set
            .as_ref()
            .filter(|(_, at)| now < at.saturating_add(self.times.stale_seconds.into()));
        let Some((set, at)) = usable else {
            return if self.is_fetching {
                Lookup::Wait
            } else if self.may_fetch(now) {
                self.begin(now);
                Lookup::Refresh
            } else {
                Lookup::Unavailable
            };
        };
        let set = Arc::clone(set);
        let is_fresh = now < at.saturating_add(self.times.fresh_seconds.into());
        if is_fresh || self.is_fetching || !self.may_fetch(now) {
            return Lookup::Found(set);
        }
        self.begin(now);
        Lookup::FoundStale(set)
    }

    /// What to do about a token that names a key which `checked_with` lacks.
    pub fn unknown_key(&mut self, checked_with: &Arc<KeySet>, now: UnixTime) -> UnknownKey {
        let is_current = self.set.as_ref().is_some_and(|(set, _)| Arc::ptr_eq(set, checked_with));
        if self.is_fetching || !is_current {
            return UnknownKey::Retry;
        }
        if !self.may_fetch(now) {
            return UnknownKey::Unknown;
        }
        self.begin(now);
        UnknownKey::Refresh
    }

    /// The fetch brought these bytes. Bytes without a single usable key count as a failure, so that
    /// a broken answer does not displace a set that works.
    pub fn received(&mut self, json: &[u8], now: UnixTime) -> Result<Arc<KeySet>, KeySetError> {
        self.is_fetching = false;
        let set = KeySet::from_jwk_set_json(json)?;
        if set.is_empty() {
            return Err(KeySetError::NoUsableKey);
        }
        let set = Arc::new(set);
        self.set = Some((Arc::clone(&set), now));
        Ok(set)
    }

    /// The fetch brought nothing, or was given up: the old set stays.
    pub fn failed(&mut self) {
        self.is_fetching = false;
    }

    /// Whether a fetch is under way.
    pub fn is_fetching(&self) -> bool {
        self.is_fetching
    }

    /// In how many seconds another attempt may be made; for `Retry-After`.
    pub fn seconds_until_retry(&self, now: UnixTime) -> u32 {
        let Some(last) = self.last_attempt else { return 0 };
        let left = last.saturating_add(self.times.cooldown_seconds.into()).get() - now.get();
        u32::try_from(left.clamp(0, self.times.cooldown_seconds.into())).unwrap_or(0)
    }

    fn begin(&mut self, now: UnixTime) {
        self.is_fetching = true;
        self.last_attempt = Some(now);
    }

    fn may_fetch(&self, now: UnixTime) -> bool {
        // A clock that was set back must not lock the source out until it has caught up.
        self.last_attempt.is_none_or(|last| {
            now < last || now >= last.saturating_add(self.times.cooldown_seconds.into())
        })
    }
}

#[cfg(test)]
mod tests;
