//! When to fetch a key set again: the decisions, without the fetching.
//!
//! The caller owns the clock and the network. It asks [`KeyCache::lookup`], fetches when told to,
//! and hands the bytes to [`KeyCache::received`] or says [`KeyCache::failed`]. A fetch is told to
//! one caller at a time, so that many waiters cause one request.
//!
//! There are two reasons to fetch, and each has a bound of its own: the set grows old, which the
//! clock decides, and a token names a key that is not in it, which strangers decide. So whoever
//! invents names of keys causes one fetch per cooldown and no more, and a key that is published
//! right after a regular fetch is found nevertheless.

use std::{ops::Range, sync::Arc};

use crate::{KeySet, KeySetError, UnixTime};

/// How long a fetched set is used, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyCacheTimes {
    /// How long a set serves before its source must have been asked again: the grace of a key that
    /// the issuer withdrew. From four fifths of it on the set is fetched on the side, so that nobody
    /// waits; after it everybody waits for the fetch, and the old set serves only if that fails.
    pub fresh_seconds: u32,
    /// After this an old set no longer serves, however long its source has been down: a key that
    /// the issuer withdrew must not live for ever.
    pub stale_seconds: u32,
    /// At most one fetch in this time because a set is old or was not to be had, and at most one
    /// because tokens name unknown keys. Else a stranger who invents names of keys makes this
    /// service flood the issuer.
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
    held: Option<Held>,
    last_attempt: Option<UnixTime>,
    /// When the last fetch that brought nothing began.
    last_failure: Option<UnixTime>,
    /// When the last fetch for an unknown key began.
    last_unknown: Option<UnixTime>,
    is_fetching: bool,
}

/// A set, the bytes that it was made of, and when their fetch began.
#[derive(Debug)]
struct Held {
    set: Arc<KeySet>,
    bytes: Box<[u8]>,
    at: UnixTime,
}

/// What to do for a token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Lookup {
    /// Verify with this set.
    Found(Arc<KeySet>),
    /// Verify with this set, and have a new one fetched meanwhile. The caller must fetch.
    FoundStale(Arc<KeySet>),
    /// Fetch now, and ask again, even if the fetch failed: an old set may serve then. The caller
    /// must fetch.
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
    /// wait if so, check the token once more, and ask again if its key is still unknown.
    Retry,
    /// The source was asked for unknown keys a moment ago: the key does not exist.
    Unknown,
}

impl KeyCache {
    /// A cache that has fetched nothing yet.
    pub fn new(times: KeyCacheTimes) -> Self {
        Self {
            times,
            held: None,
            last_attempt: None,
            last_failure: None,
            last_unknown: None,
            is_fetching: false,
        }
    }

    /// The set to verify with now.
    pub fn lookup(&mut self, now: UnixTime) -> Lookup {
        let usable = self.held.as_ref().filter(|held| !self.is_over(held.at, now));
        let Some(held) = usable else {
            return if self.is_fetching {
                Lookup::Wait
            } else if self.may_fetch(now) {
                self.begin(now);
                Lookup::Refresh
            } else {
                Lookup::Unavailable
            };
        };
        let set = Arc::clone(&held.set);
        if self.is_quiet(held.at, now) {
            return Lookup::Found(set);
        }
        // A failed attempt counts as having asked: a source that is down delays nobody twice.
        let asked = self.last_failure.map_or(held.at, |failure| failure.max(held.at));
        let is_overdue = self.has_passed(asked, self.times.fresh_seconds, now);
        if self.is_fetching {
            return if is_overdue { Lookup::Wait } else { Lookup::Found(set) };
        }
        if !self.may_fetch(now) {
            return Lookup::Found(set);
        }
        self.begin(now);
        if is_overdue { Lookup::Refresh } else { Lookup::FoundStale(set) }
    }

    /// The set at hand, however old; to compare with, not to verify with.
    pub fn current(&self) -> Option<Arc<KeySet>> {
        self.held.as_ref().map(|held| Arc::clone(&held.set))
    }

    /// When [`lookup`](Self::lookup) gives the set at hand and does nothing else: the caller need not
    /// ask it within that time, as long as no fetch ends.
    pub fn quiet_span(&self) -> Option<Range<UnixTime>> {
        let at = self.held.as_ref()?.at;
        Some(self.earliest(at)..at.saturating_add(self.ahead()))
    }

    /// What to do about a token that names a key which `checked_with` lacks.
    pub fn unknown_key(&mut self, checked_with: &Arc<KeySet>, now: UnixTime) -> UnknownKey {
        let is_current =
            self.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.set, checked_with));
        if self.is_fetching || !is_current {
            return UnknownKey::Retry;
        }
        let cooldown = self.times.cooldown_seconds;
        if self.last_unknown.is_some_and(|last| !self.has_passed(last, cooldown, now)) {
            return UnknownKey::Unknown;
        }
        self.last_unknown = Some(now);
        self.begin(now);
        UnknownKey::Refresh
    }

    /// The fetch that began at `now` brought these bytes, which are to be a JWK set of public keys.
    /// Bytes without a single usable key count as a failure, so that a broken answer does not
    /// displace a set that works. The same bytes as before are the same set, by pointer too: what
    /// was remembered under it stays true.
    pub fn received(&mut self, json: &[u8], now: UnixTime) -> Result<Arc<KeySet>, KeySetError> {
        self.received_as(json, now, KeySet::from_jwk_set_json)
    }

    /// The same for bytes of another form, which `parse` reads; the caller bounds their number.
    pub fn received_as<E: From<KeySetError>>(
        &mut self,
        bytes: &[u8],
        now: UnixTime,
        parse: impl FnOnce(&[u8]) -> Result<KeySet, E>,
    ) -> Result<Arc<KeySet>, E> {
        if let Some(held) = self.held.as_mut().filter(|held| *held.bytes == *bytes) {
            self.is_fetching = false;
            held.at = now;
            return Ok(Arc::clone(&held.set));
        }
        let set = parse(bytes).and_then(|set| {
            if set.is_empty() { Err(KeySetError::NoUsableKey.into()) } else { Ok(Arc::new(set)) }
        });
        match set {
            Ok(set) => {
                self.is_fetching = false;
                self.held = Some(Held { set: Arc::clone(&set), bytes: bytes.into(), at: now });
                Ok(set)
            }
            Err(error) => {
                self.failed();
                Err(error)
            }
        }
    }

    /// The fetch brought nothing, or was given up: the old set stays.
    pub fn failed(&mut self) {
        if self.is_fetching {
            self.is_fetching = false;
            self.last_failure = self.last_attempt;
        }
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
        let cooldown = self.times.cooldown_seconds;
        self.last_attempt.is_none_or(|last| self.has_passed(last, cooldown, now))
    }

    /// Too old to serve at all.
    fn is_over(&self, at: UnixTime, now: UnixTime) -> bool {
        now >= at.saturating_add(self.times.stale_seconds.into())
    }

    fn is_quiet(&self, at: UnixTime, now: UnixTime) -> bool {
        (self.earliest(at)..at.saturating_add(self.ahead())).contains(&now)
    }

    /// The age at which a set is renewed on the side.
    fn ahead(&self) -> i64 {
        let (fresh, stale) = (self.times.fresh_seconds, self.times.stale_seconds);
        (i64::from(fresh) * 4 / 5).min(stale.into())
    }

    /// Callers read the clock before they wait for each other, so a time may lie a little before
    /// one that was noted. One that lies further back is a clock that was set back, and what was
    /// noted by it is worth nothing: it must not lock the source out until the clock has caught up.
    fn earliest(&self, noted: UnixTime) -> UnixTime {
        noted.saturating_add(-i64::from(self.times.cooldown_seconds))
    }

    fn has_passed(&self, since: UnixTime, seconds: u32, now: UnixTime) -> bool {
        now >= since.saturating_add(seconds.into()) || now < self.earliest(since)
    }
}

#[cfg(test)]
mod tests;
