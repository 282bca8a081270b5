//! One file for each command: a thin front of a library.

pub(crate) mod completions;
pub(crate) mod serve;
