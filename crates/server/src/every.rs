//! Housekeeping beside requests, now and then.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::Date;
use crate::store::StoreError;

/// Says once in a while that something is due.
#[derive(Debug, Default)]
pub(crate) struct Every {
    /// Milliseconds since 1970.
    next: AtomicI64,
}

impl Every {
    /// Whether it is due again after so many seconds; of several who ask, one is told so.
    pub(crate) fn is_due(&self, seconds: i64, now: Date) -> bool {
        let due = self.next.load(Ordering::Relaxed);
        let next = now.plus_seconds(seconds).milliseconds();
        // Not later than that either, if the clock was set back.
        let is_due = due <= now.milliseconds() || due > next;
        is_due
            && self.next.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Removes `what` beside the request and not as a part of it: `remove` is called for as long as it says
/// that there may be more.
pub(crate) fn remove_in_parts<F>(what: &'static str, mut remove: impl FnMut() -> F + Send + 'static)
where
    F: Future<Output = Result<bool, StoreError>> + Send,
{
    tokio::spawn(async move {
        loop {
            match remove().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "{what} could not be removed");
                    break;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_at_once_and_then_after_a_while_also_when_the_clock_is_set_back() {
        let every = Every::default();
        let due = [0, 0, 59, 60, 60, -3600, -3599];
        let due = due.map(|seconds| {
            every.is_due(60, Date::from_milliseconds(1_700_000_000_000).plus_seconds(seconds))
        });
        assert_eq!(due, [true, false, false, true, false, true, false]);
    }
}
