//! Housekeeping beside requests, now and then.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::Date;

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
