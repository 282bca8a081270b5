//! `gatewright._native`: what the Python package does not do itself.
//!
//! It holds the policy and the keys, reads the clock, and decides with `gatewright-jose`. It does no
//! I/O: where a key set has to be fetched it calls back, and Python fetches. Private to the package;
//! its types are described in `python/gatewright/_native.pyi`.

#![forbid(unsafe_code)]

mod clock;
mod core;
mod credential;
mod errors;
mod remote;
mod settings;
mod token;

use pyo3::prelude::*;

/// The module itself.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::{
        core::{Core, Pending},
        token::VerifiedToken,
    };
}
