//! How many failures there were, and what follows from one more.

use crate::clock::Date;
use crate::options::LockoutLimit;

/// Doublings beyond it change nothing, and nothing overflows.
const MOST_DOUBLINGS: u32 = 30;

/// Before every failure.
const NEVER: Date = Date::from_milliseconds(0);

/// A row of `gatewright_lockout`, without its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) failures: u32,
    pub(crate) last_failure: Date,
    /// [`NEVER`] where there was no delay yet.
    pub(crate) locked_until: Date,
}

/// What holds for a counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) limit: LockoutLimit,
    /// Seconds.
    pub(crate) delay: i64,
    /// Seconds.
    pub(crate) max_delay: i64,
}

impl Rule {
    /// Until when nothing is tried.
    pub(crate) fn locked_until(&self, counter: &Counter, now: Date) -> Option<Date> {
        let until = counter.locked_until;
        // Not for longer than ever, if the clock was set back.
        (now < until && until <= now.plus_seconds(self.max_delay)).then_some(until)
    }

    /// One failure more. Below the limit old ones are forgotten bit by bit, so that an office full
    /// of people does not gather them for ever; from the limit on only by a long quiet, so that
    /// whoever goes on waits longer each time.
    pub(crate) fn after_failure(&self, before: Option<&Counter>, now: Date) -> Counter {
        let LockoutLimit { max_failures, forget_after } = self.limit;
        let max_failures = max_failures.max(1);
        let failures = before.map_or(1, |before| {
            let since = before.last_failure.max(before.locked_until);
            let quiet = now.milliseconds().saturating_sub(since.milliseconds()).max(0);
            let forget_after = forget_after.saturating_mul(1000).max(1);
            if quiet >= forget_after {
                return 1;
            }
            if before.failures >= max_failures {
                return before.failures.saturating_add(1).min(max_failures + MOST_DOUBLINGS);
            }
            let forgotten = quiet.saturating_mul(max_failures.into()) / forget_after;
            let forgotten = u32::try_from(forgotten).unwrap_or(u32::MAX);
            before.failures.saturating_sub(forgotten) + 1
        });
        let locked_until = match failures.checked_sub(max_failures) {
            // Not the present: others may have looked at the clock before, and come after.
            None => NEVER,
            Some(more) => {
                let delay = self.delay.saturating_mul(1 << more.min(MOST_DOUBLINGS));
                now.plus_seconds(delay.min(self.max_delay))
            }
        };
        Counter { failures, last_failure: now, locked_until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Date = Date::from_milliseconds(1_700_000_000_000);
    const RULE: Rule = Rule {
        limit: LockoutLimit { max_failures: 10, forget_after: 86_400 },
        delay: 60,
        max_delay: 900,
    };

    /// Fails whenever that is possible; gives the seconds of each delay.
    fn delays(count: usize) -> Vec<i64> {
        let (mut counter, mut now) = (None, START);
        (0..count)
            .map(|_| {
                let after = RULE.after_failure(counter.as_ref(), now);
                let until = after.locked_until.max(now);
                let delay = (until.milliseconds() - now.milliseconds()) / 1000;
                (counter, now) = (Some(after), until);
                delay
            })
            .collect()
    }

    #[test]
    fn the_tenth_failure_brings_a_delay_that_doubles_up_to_a_bound() {
        let expected = [[0; 9].as_slice(), &[60, 120, 240, 480, 900, 900]].concat();
        assert_eq!(delays(15), expected);
        assert!(delays(200).iter().all(|delay| *delay <= 900));
    }

    #[test]
    fn a_day_of_quiet_forgets_everything_and_an_hour_below_the_limit_a_little() {
        let nine = Counter { failures: 9, last_failure: START, locked_until: START };
        let after = |seconds| RULE.after_failure(Some(&nine), START.plus_seconds(seconds)).failures;
        assert_eq!([0, 8639, 8640, 43_200, 86_399, 86_400].map(after), [10, 10, 9, 5, 1, 1]);
        let twelve = Counter { failures: 12, ..nine };
        let after =
            |seconds| RULE.after_failure(Some(&twelve), START.plus_seconds(seconds)).failures;
        assert_eq!([0, 43_200, 86_399, 86_400].map(after), [13, 13, 13, 1]);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_for_longer() {
        let locked = RULE.after_failure(
            Some(&Counter { failures: 9, last_failure: START, locked_until: START }),
            START,
        );
        let is_locked = |seconds| RULE.locked_until(&locked, START.plus_seconds(seconds)).is_some();
        assert_eq!([0, 59, 60, -3600].map(is_locked), [true, true, false, false]);
        let earlier = RULE.after_failure(Some(&locked), START.plus_seconds(-3600));
        assert_eq!(earlier.failures, 11);
    }

    #[test]
    fn a_failure_that_was_timed_before_the_last_and_counted_after_it_is_one_more() {
        let first = RULE.after_failure(None, START.plus_seconds(5));
        assert_eq!(RULE.locked_until(&first, START), None);
        assert_eq!(RULE.after_failure(Some(&first), START).failures, 2);
    }

    #[test]
    fn no_number_overflows() {
        let extreme = Rule {
            limit: LockoutLimit { max_failures: u32::MAX - MOST_DOUBLINGS, forget_after: i64::MAX },
            delay: i64::MAX,
            max_delay: i64::MAX,
        };
        let counter = Counter {
            failures: u32::MAX,
            last_failure: Date::from_milliseconds(i64::MIN),
            locked_until: Date::from_milliseconds(i64::MIN),
        };
        extreme.after_failure(Some(&counter), Date::from_milliseconds(i64::MAX));
    }
}
