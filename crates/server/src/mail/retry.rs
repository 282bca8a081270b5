//! When to try again, and when to give up.

use std::time::Duration;

use crate::clock::Date;
use crate::crypto::Random;

/// Attempts, at most.
pub(super) const MOST_ATTEMPTS: u32 = 20;

/// Seconds after which nobody waits for a mail any more.
pub(super) const LONGEST_LIFE: i64 = 24 * 3600;

/// The pause before the second attempt; each one after it is three times as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// When to try again after so many attempts: later each time, and never at the same moment as the
/// others that failed together.
pub(super) fn again_at(attempts: u32, now: Date, random: &Random) -> Date {
    let pause = FIRST_PAUSE.saturating_mul(3_u32.saturating_pow(attempts.saturating_sub(1)));
    let pause = milliseconds(pause.min(LONGEST_PAUSE));
    let mut byte = [0; 1];
    random.fill(&mut byte);
    // Between three and five quarters of it.
    let share = 192 + i64::from(byte[0]) / 2;
    Date::from_milliseconds(now.milliseconds().saturating_add(pause * share / 256))
}

pub(super) fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Date = Date::from_milliseconds(1_000_000);

    fn pause(attempts: u32, byte: u8) -> i64 {
        let random = Random::new(move |bytes| bytes.fill(byte));
        again_at(attempts, NOW, &random).milliseconds() - NOW.milliseconds()
    }

    #[test]
    fn pauses_grow_to_an_hour_and_differ_by_a_quarter_to_each_side() {
        assert_eq!([1, 2, 3, 4].map(|attempts| pause(attempts, 128)), [2000, 6000, 18_000, 54_000]);
        assert_eq!(pause(8, 128), 3_600_000);
        assert_eq!(pause(u32::MAX, 128), 3_600_000);
        assert_eq!((pause(1, 0), pause(1, 255)), (1500, 2492));
        assert!(pause(0, 0) > 0);
    }

    #[test]
    fn all_attempts_fit_into_a_day() {
        let longest: i64 = (1..MOST_ATTEMPTS).map(|attempts| pause(attempts, 255)).sum();
        assert!(longest < LONGEST_LIFE * 1000, "{longest}");
    }
}
