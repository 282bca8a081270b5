//! The crate from outside: standards' examples, hostile tokens, properties.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a failed assumption is a failed test"
)]

mod hostile;
mod keys;
mod pages;
mod policy;
mod properties;
mod rfc;
mod support;
