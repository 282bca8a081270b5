//! The rules of the house, kept by a test: who may use whom, how long a file may be, which
//! dependencies may come in, that links lead somewhere.
//!
//! Each test collects all its complaints and says of each: the file, what is wrong, what to do.
//! Exceptions stand in the consts, each with its reason.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of it is a test, its helpers too: a panic is how it fails"
)]

mod dependencies;
mod layers;
mod links;
mod shown_by;
mod sizes;
mod tree;

/// Fails with every complaint at once.
#[track_caller]
fn hold(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n  {}\n", complaints.join("\n  "));
}
