//! The time, read in one place.

use jiff::Timestamp;

/// Tells when a task was made or changed; a test hands in its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(pub(crate) fn() -> Timestamp);

impl Clock {
    pub(crate) fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one clock of this service")]
        Self(Timestamp::now)
    }

    /// Now, as RFC 3339 in UTC with milliseconds, which JavaScript's `Date` reads and writes.
    pub(crate) fn now(self) -> String {
        format!("{:.3}", (self.0)())
    }
}
