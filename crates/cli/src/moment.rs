//! Points in time and spans of it, as people write and read them.

use std::str::FromStr;

use gatewright_server::Date;

/// 9999-12-31T23:59:59Z: a later number is milliseconds by mistake.
const LATEST_SECONDS: i64 = 253_402_300_799;

/// A point in time as it was typed: absolute, or from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Seconds since 1970.
    At(i64),
    /// So many seconds from now; negative for the past.
    FromNow(i64),
}

impl Moment {
    /// Seconds since 1970.
    pub(crate) fn seconds(self, now_seconds: i64) -> i64 {
        match self {
            Self::At(seconds) => seconds,
            Self::FromNow(span) => now_seconds.saturating_add(span),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMS: &str = "takes a time like 2026-11-25T12:00:00Z, seconds since 1970, or a span \
                             from now like -5m or +1h";
        let from_now = |text, sign| {
            let span = span(text).filter(|span| (0..=LATEST_SECONDS).contains(span));
            span.map(|span| Self::FromNow(sign * span)).ok_or(FORMS)
        };
        if let Some(text) = text.strip_prefix('+') {
            return from_now(text, 1);
        }
        if let Some(text) = text.strip_prefix('-') {
            return from_now(text, -1);
        }
        let seconds = match text.parse::<i64>() {
            Ok(seconds) => seconds,
            Err(_) => Date::parse(text).ok_or(FORMS)?.seconds(),
        };
        if seconds > LATEST_SECONDS {
            return Err("takes seconds since 1970; this looks like milliseconds");
        }
        Ok(Self::At(seconds))
    }
}

/// `90`, `90s`, `15m`, `12h`, `7d` or `1w` in seconds.
pub(crate) fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = text.get(digits.len()..)?.trim();
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(factor)
}

/// As [`span`], for a flag: whole, not negative, and no longer than a century.
pub(crate) fn positive_span(text: &str) -> Result<u32, &'static str> {
    const CENTURY: i64 = 36_525 * 86_400;
    let seconds = span(text).filter(|seconds| (0..=CENTURY).contains(seconds));
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or("takes seconds, or a span like 90s, 15m, 12h or 7d")
}

/// `2026-11-25T12:00:00Z (in 14 minutes)`.
pub(crate) fn shown(at_seconds: i64, now_seconds: i64) -> String {
    format!("{} ({})", date(at_seconds), relative(at_seconds.saturating_sub(now_seconds)))
}

/// `2026-11-25T12:00:00Z`.
pub(crate) fn date(at_seconds: i64) -> String {
    Date::from_milliseconds(at_seconds.saturating_mul(1000)).to_string().replace(".000Z", "Z")
}

/// How far away it is, in its greatest unit or two.
fn relative(seconds: i64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(31_557_600, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds.unsigned_abs();
    if rest == 0 {
        return "now".to_owned();
    }
    let mut parts = Vec::new();
    for (length, name) in UNITS {
        let count = rest / length;
        if count > 0 {
            parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
            rest %= length;
            // 3 days are told as such; 1 day 20 hours are not "1 day".
            if count > 2 || parts.len() == 2 {
                break;
            }
        } else if !parts.is_empty() {
            break;
        }
    }
    let span = parts.join(" ");
    if seconds > 0 { format!("in {span}") } else { format!("{span} ago") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_read_in_three_forms() {
        for (text, expected) in [
            ("0", Moment::At(0)),
            ("1795464716", Moment::At(1_795_464_716)),
            ("2026-11-23T20:11:56Z", Moment::At(1_795_464_716)),
            ("2026-11-23T21:11:56.9+01:00", Moment::At(1_795_464_716)),
            ("-5m", Moment::FromNow(-300)),
            ("+1h", Moment::FromNow(3600)),
            ("-90", Moment::FromNow(-90)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "-", "+", "now", "5m", "--5m", "+-5m", "-1y", "2026-11-23", "NaN", "1e9"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        assert!("1795464716000".parse::<Moment>().unwrap_err().contains("milliseconds"));
        assert_eq!(Moment::FromNow(i64::MIN + 1).seconds(-5), i64::MIN);
    }

    #[test]
    fn distances_are_told_in_their_greatest_units() {
        for (seconds, expected) in [
            (0, "now"),
            (1, "in 1 second"),
            (-59, "59 seconds ago"),
            (61, "in 1 minute 1 second"),
            (899, "in 14 minutes"),
            (-3700, "1 hour 1 minute ago"),
            (-(86_400 + 72_000), "1 day 20 hours ago"),
            (86_400, "in 1 day"),
            (3 * 86_400 + 5, "in 3 days"),
            (i64::MAX, "in 292271023045 years"),
        ] {
            assert_eq!(relative(seconds), expected, "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_moment_or_is_refused(text in "[-+]?[0-9]{0,20}[a-z :.TZ-]{0,8}") {
            if let Ok(moment) = text.parse::<Moment>() {
                prop_assert!(!shown(moment.seconds(i64::MAX), i64::MIN).is_empty());
                prop_assert!(!shown(moment.seconds(i64::MIN), i64::MAX).is_empty());
            }
        }
    }

    #[test]
    fn dates_have_no_fraction() {
        assert_eq!(shown(1_795_464_716, 1_795_464_656), "2026-11-23T20:11:56Z (in 1 minute)");
        assert_eq!(shown(i64::MAX, 0).split(' ').next(), Some("9999-12-30T22:00:00.999Z"));
    }
}
