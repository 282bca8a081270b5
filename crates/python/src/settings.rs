//! What Python says is expected of a token, as a [`Policy`].

use gatewright_jose::{Algorithm, Policy};
use pyo3::prelude::*;

use crate::{clock::Clock, errors};

/// The items of the dictionary that `Verifier` hands over; it has checked their types and said what
/// is wrong with them in the words of its own arguments.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    /// `None` is any.
    algorithms: Option<Vec<String>>,
    /// `None` is any.
    audiences: Option<Vec<String>>,
    pub(crate) cache_size: usize,
    clock: Option<Py<PyAny>>,
    /// `None` is any.
    issuers: Option<Vec<String>>,
    leeway_seconds: u8,
    max_age_seconds: Option<u32>,
    max_token_bytes: usize,
    required_claims: Vec<String>,
    token_type: Option<String>,
}

impl Settings {
    pub(crate) fn decide(self, py: Python<'_>) -> PyResult<(Policy, Clock)> {
        let algorithms = self.algorithms(py)?;
        let mut builder = Policy::builder()
            .leeway_seconds(self.leeway_seconds)
            .max_token_bytes(self.max_token_bytes)
            .required_claims(self.required_claims);
        if let Some(seconds) = self.max_age_seconds {
            builder = builder.max_age_seconds(seconds);
        }
        if let Some(typ) = self.token_type {
            builder = builder.token_type(typ);
        }
        let builder = match self.issuers {
            Some(issuers) => builder.issuers(issuers),
            None => builder.any_issuer(),
        };
        let builder = match self.audiences {
            Some(audiences) => builder.audiences(audiences),
            None => builder.any_audience(),
        };
        let builder = match algorithms {
            Some(algorithms) => builder.algorithms(algorithms),
            None => builder.any_algorithm(),
        };
        Ok((builder.build(), Clock::new(self.clock)))
    }

    /// The algorithms that were named; `None` leaves it to the keys, each of which is for one.
    pub(crate) fn algorithms(&self, py: Python<'_>) -> PyResult<Option<Vec<Algorithm>>> {
        let parse = |name: &String| {
            name.parse::<Algorithm>().map_err(|unknown| {
                errors::configuration(py, format_args!("algorithms: {name:?} is {unknown}"))
            })
        };
        self.algorithms.as_ref().map(|names| names.iter().map(parse).collect()).transpose()
    }
}
