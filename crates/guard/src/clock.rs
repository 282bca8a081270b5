//! The one place in this crate that reads the time.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use gatewright_jose::UnixTime;

/// Where a [`Verifier`](crate::Verifier) gets the time from; a test hands in its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// A clock of one's own.
    pub fn new(now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The clock of the machine. One that stands before 1970 reads as the end of time: every token
    /// is then expired, where 0 would have let expired ones live.
    pub fn system() -> Self {
        Self::new(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "a guard runs inside a service, and this is its one clock"
            )]
            let now = SystemTime::now();
            let seconds = now.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
            UnixTime::new(
                seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(i64::MAX),
            )
        })
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
