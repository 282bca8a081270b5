//! Counters of this process alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::TooMany;
use crate::clock::Date;
use crate::store::Counted;

/// Address and path pairs that are remembered; beyond it the oldest windows are forgotten.
pub(super) const MOST_COUNTERS: usize = 100_000;

/// Counters by key, in memory.
#[derive(Debug, Default)]
pub(super) struct Counters(pub(super) Mutex<HashMap<String, Counter>>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Counter {
    count: u32,
    /// The last allowed request; a refused one changes nothing.
    last_request: Date,
    window: i64,
}

impl Counters {
    /// Counts a request.
    ///
    /// The window slides: it starts again only when no request was allowed for its whole length.
    pub(super) fn count(&self, request: Counted) -> Result<(), TooMany> {
        let Counted { key, window, max, now } = request;
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() >= MOST_COUNTERS {
            forget_ended(&mut counters, now);
        }
        let counter =
            counters.entry(key).or_insert(Counter { count: 0, last_request: now, window });
        let ends = counter.last_request.plus_seconds(window);
        if ends <= now {
            counter.count = 0;
        }
        if counter.count >= max {
            return Err(TooMany::until(ends, now));
        }
        counter.count += 1;
        counter.last_request = now;
        Ok(())
    }
}

/// Forgets the windows that have ended; when that frees too little, everything: a flood of
/// addresses must not fill the memory.
fn forget_ended(counters: &mut HashMap<String, Counter>, now: Date) {
    counters.retain(|_, counter| counter.last_request.plus_seconds(counter.window) > now);
    if counters.len() >= MOST_COUNTERS / 2 {
        tracing::warn!(
            counters = counters.len(),
            "too many addresses to count: rate limits restart"
        );
        counters.clear();
    }
}
