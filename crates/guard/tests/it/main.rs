//! The guard, driven as a service and over real sockets.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a failed assumption is a failed test"
)]

mod cookie;
mod discovery;
mod events;
mod file_keys;
mod hostile_source;
mod isolation;
mod layer;
mod remote_keys;
mod require;
mod rotation;
mod seen_tokens;
mod source;
mod support;
mod tower;
