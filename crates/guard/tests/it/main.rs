//! The guard, driven as a service and over real sockets.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a failed assumption is a failed test"
)]

mod isolation;
mod layer;
mod remote_keys;
mod support;
