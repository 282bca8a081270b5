//! Time as an argument: what the server knows of the present comes from here.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A moment in milliseconds since the Unix epoch; on the wire and in the database the ISO 8601
/// text that JavaScript's `toISOString` writes, always UTC and with three fraction digits.
///
/// Expiry queries compare these texts, so no other form may ever be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i64);

impl Date {
    /// The moment `milliseconds` after the Unix epoch.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch (`NumericDate` of RFC 7519 §2).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment, `seconds` later (or earlier, when negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// As the head of a mail has it (RFC 5322 §3.3), in UTC.
    pub(crate) fn for_mail(self) -> String {
        let at = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::MAX);
        let written = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&at);
        // Only years beyond four digits cannot be written, and a `Timestamp` has none.
        written.unwrap_or_default()
    }

    /// Reads an ISO 8601 text with any precision and offset; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::MAX);
        write!(f, "{at:.3}")
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where the present comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Date + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn system() -> Self {
        Self::new(|| Date(Timestamp::now().as_millisecond()))
    }

    /// A clock that says what `now` returns; for tests.
    pub fn new(now: impl Fn() -> Date + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present.
    pub fn now(&self) -> Date {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        let at = Date::from_milliseconds(1_795_464_716_007);
        assert_eq!(at.to_string(), "2026-11-23T20:11:56.007Z");
        assert_eq!(Date::from_milliseconds(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn dates_of_any_iso_form_are_read() {
        let at = Date::parse("2026-11-23T20:11:56.007Z").unwrap();
        assert_eq!(at.milliseconds(), 1_795_464_716_007);
        assert_eq!(Date::parse("2026-11-23T21:11:56.007+01:00"), Some(at));
        assert_eq!(Date::parse("2026-11-23"), None);
        assert_eq!(Date::parse(""), None);
    }
}
