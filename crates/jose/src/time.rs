//! Seconds, as the caller's clock reads them.

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted (RFC 7519 §2, NumericDate).
///
/// This crate reads no clock: whoever verifies says what time it is. That makes each decision
/// repeatable, and a test of expiry needs no waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// A point in time, in seconds; negative before 1970.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Later by `seconds`; stops at the end of time instead of wrapping round to the past.
    #[must_use]
    pub const fn saturating_add(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}
