//! A verified token as Python sees it.

use gatewright_jose::Verified;
use pyo3::{
    exceptions::PyKeyError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyIterator, PyTuple, PyType},
};

/// The proof that a token was verified, and a read-only mapping of its claims. Python cannot make
/// one: there is no constructor.
#[pyclass(frozen, mapping, module = "gatewright", name = "VerifiedToken")]
pub(crate) struct VerifiedToken {
    verified: Verified,
    /// Read when first asked for: most handlers want the subject and nothing else.
    claims: PyOnceLock<Py<PyDict>>,
}

impl From<Verified> for VerifiedToken {
    fn from(verified: Verified) -> Self {
        Self { verified, claims: PyOnceLock::new() }
    }
}

impl VerifiedToken {
    fn read<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyDict>> {
        let claims = self.claims.get_or_try_init(py, || parse(py, &self.verified))?;
        Ok(claims.bind(py))
    }
}

#[pymethods]
impl VerifiedToken {
    #[getter]
    fn subject(&self) -> &str {
        self.verified.subject()
    }

    /// The subject under the name that a user's id commonly has.
    #[getter]
    fn id(&self) -> &str {
        self.verified.subject()
    }

    #[getter]
    fn issuer(&self) -> Option<&str> {
        self.verified.issuer()
    }

    #[getter]
    fn audience<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.verified.audience())
    }

    #[getter]
    fn expires_at(&self) -> i64 {
        self.verified.expires_at().get()
    }

    #[getter]
    fn issued_at(&self) -> Option<i64> {
        self.verified.issued_at().map(gatewright_jose::UnixTime::get)
    }

    #[getter]
    fn algorithm(&self) -> &'static str {
        self.verified.algorithm().as_str()
    }

    /// A copy, so that nothing changes what the mapping says.
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.read(py)?.copy()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
        match self.read(py)?.get_item(key)? {
            Some(value) => Ok(value.unbind()),
            None => Err(PyKeyError::new_err(key.clone().unbind())),
        }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.read(py)?.len())
    }

    fn __contains__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.read(py)?.contains(key)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.read(py)?.try_iter()
    }

    #[pyo3(signature = (key, default = None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.read(py)?.get_item(key)?.or(default))
    }

    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.read(py)?.call_method0("keys")
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.read(py)?.call_method0("values")
    }

    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.read(py)?.call_method0("items")
    }

    /// As mappings are: equal to one with the same items.
    fn __eq__<'py>(&self, py: Python<'py>, other: &Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
        let claims = self.read(py)?;
        if let Ok(other) = other.cast::<Self>() {
            return Ok(claims
                .rich_compare(other.get().read(py)?, pyo3::basic::CompareOp::Eq)?
                .unbind());
        }
        if other.is_instance_of::<PyDict>() {
            return Ok(claims.rich_compare(other, pyo3::basic::CompareOp::Eq)?.unbind());
        }
        Ok(py.NotImplemented())
    }

    /// No claim but the subject: the text may end up in a log.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let subject = self.verified.subject().into_pyobject(py)?.repr()?;
        Ok(format!("<VerifiedToken subject={subject} expires_at={}>", self.expires_at()))
    }
}

/// By Python's own reader, so that numbers and texts are what Python code expects.
fn parse(py: Python<'_>, verified: &Verified) -> PyResult<Py<PyDict>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static FLOAT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let loads = LOADS.import(py, "json", "loads")?;
    let claims = loads.call1((verified.payload(),)).or_else(|_| {
        // Python refuses to read whole numbers of thousands of digits.
        let options = PyDict::new(py);
        options.set_item("parse_int", FLOAT.import(py, "builtins", "float")?)?;
        loads.call((verified.payload(),), Some(&options))
    })?;
    Ok(claims.cast_into::<PyDict>()?.unbind())
}
