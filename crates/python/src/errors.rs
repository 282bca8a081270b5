//! The exceptions of the package, which are written in Python and raised from here.

use std::fmt::Display;

use gatewright_jose::Rejection;
use pyo3::{prelude::*, sync::PyOnceLock, types::PyType};

const MODULE: &str = "gatewright._errors";

/// `InvalidToken`, with the rejection's code, text and claim.
pub(crate) fn invalid_token(py: Python<'_>, rejection: Rejection) -> PyErr {
    let claim = rejection.claim().map(gatewright_jose::Claim::as_str);
    raise_invalid(py, rejection.code(), &rejection.to_string(), claim)
}

/// `InvalidToken` for something in the place of exactly one bearer token.
pub(crate) fn malformed_credential(py: Python<'_>) -> PyErr {
    raise_invalid(py, "malformed-credential", "the credential is malformed", None)
}

/// `KeysUnavailable`, with the seconds after which another attempt makes sense.
pub(crate) fn keys_unavailable(py: Python<'_>, retry_after_seconds: u32) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, MODULE, "KeysUnavailable");
    made(class.and_then(|class| class.call1((retry_after_seconds.max(1),))))
}

/// `ConfigurationError`, saying what is wrong.
pub(crate) fn configuration(py: Python<'_>, what: impl Display) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, MODULE, "ConfigurationError");
    made(class.and_then(|class| class.call1((what.to_string(),))))
}

fn raise_invalid(py: Python<'_>, code: &str, message: &str, claim: Option<&str>) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, MODULE, "InvalidToken");
    made(class.and_then(|class| class.call1((code, message, claim))))
}

fn made(exception: PyResult<Bound<'_, PyAny>>) -> PyErr {
    exception.map_or_else(|error| error, PyErr::from_value)
}
