//! Counters in the database, which servers share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::TooMany;
use crate::clock::Date;
use crate::crypto::Random;
use crate::every::{Every, remove_in_parts};
use crate::store::{Count, Counted, Store, StoreError};

/// Refusals that are remembered.
const MOST_REFUSALS: usize = 10_000;

/// Seconds between two removals of what nobody uses.
const REMOVAL_EVERY: i64 = 60;

/// Seconds for which a counter is kept at least: the windows of another server, Better Auth's own
/// with its plugins, may be longer than ours.
const KEPT_FOR: i64 = 3600;

/// Seconds for which a database that failed is not asked where it need not be.
const RESTS_FOR: i64 = 5;

/// Counters by key, in the table that Better Auth has for them.
#[derive(Debug)]
pub(super) struct Shared {
    store: Store,
    random: Random,
    /// Seconds.
    longest_window: i64,
    /// Until when each key is refused. Nothing but the end of its window changes that, so the
    /// database is not asked again: a flood from one address does not reach it.
    refused: Mutex<HashMap<String, Date>>,
    removal: Every,
    /// Milliseconds since 1970.
    rests_until: AtomicI64,
}

impl Shared {
    pub(super) fn new(store: Store, random: Random, longest_window: i64) -> Self {
        Self {
            store,
            random,
            longest_window,
            refused: Mutex::default(),
            removal: Every::default(),
            rests_until: AtomicI64::new(0),
        }
    }

    /// Whether the database failed a moment ago.
    pub(super) fn rests(&self, now: Date) -> bool {
        let until = Date::from_milliseconds(self.rests_until.load(Ordering::Relaxed));
        // Not for longer, if the clock was set back.
        now < until && until <= now.plus_seconds(RESTS_FOR)
    }

    /// Counts a request; the outer error is the database's.
    pub(super) async fn count(&self, request: Counted) -> Result<Result<(), TooMany>, StoreError> {
        let (key, now, window) = (request.key.clone(), request.now, request.window);
        if let Some(until) = self.refused_until(&key, now, window) {
            return Ok(Err(TooMany::until(until, now)));
        }
        self.remove_now_and_then(now);
        match self.store.count_request(request, &self.random).await {
            Ok(Count::Allowed) => Ok(Ok(())),
            Ok(Count::RefusedUntil(until)) => {
                self.remember(key, until, now);
                Ok(Err(TooMany::until(until, now)))
            }
            Err(error) => {
                let until = now.plus_seconds(RESTS_FOR).milliseconds();
                self.rests_until.store(until, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    fn refused_until(&self, key: &str, now: Date, window: i64) -> Option<Date> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let until = *refused.get(key)?;
        if now < until && until <= now.plus_seconds(window) {
            return Some(until);
        }
        refused.remove(key);
        None
    }

    fn remember(&self, key: String, until: Date, now: Date) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST_REFUSALS {
            refused.retain(|_, until| *until > now);
        }
        // The database remembers the rest.
        if refused.len() < MOST_REFUSALS {
            refused.insert(key, until);
        }
    }

    /// Removes what nobody uses.
    fn remove_now_and_then(&self, now: Date) {
        if !self.removal.is_due(REMOVAL_EVERY, now) {
            return;
        }
        let store = self.store.clone();
        let before = now.plus_seconds(-self.longest_window.max(KEPT_FOR));
        remove_in_parts("old rate limits", move || {
            let store = store.clone();
            async move { store.forget_requests(before).await }
        });
    }
}
