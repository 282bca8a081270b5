//! The one place in this crate that reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

use gatewright_jose::UnixTime;
use pyo3::prelude::*;

/// The clock of the machine, or a function of the caller's that gives seconds since 1970.
pub(crate) struct Clock(Option<Py<PyAny>>);

impl Clock {
    pub(crate) fn new(function: Option<Py<PyAny>>) -> Self {
        Self(function)
    }

    pub(crate) fn now(&self, py: Python<'_>) -> PyResult<UnixTime> {
        let Some(function) = &self.0 else { return Ok(system()) };
        let seconds: f64 = function.call0(py)?.extract(py)?;
        // A cast saturates; what is no number reads as the end of time, as below.
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are what is wanted")]
        Ok(UnixTime::new(if seconds.is_nan() { i64::MAX } else { seconds.floor() as i64 }))
    }
}

/// A clock that stands before 1970 reads as the end of time: every token is then expired, where 0
/// would have let expired ones live.
fn system() -> UnixTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the package runs inside a service, and this is its one clock"
    )]
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    UnixTime::new(seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(i64::MAX))
}
