//! The binary `gatewright`. Everything is in the library beside it.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// A password hash works in 32 MiB. The system's allocator maps them anew for each hash, and a third
/// of its time goes into page faults; this one keeps them mapped while hashes come, and gives them
/// back when they stop. Measured: 52 ms of CPU a hash against 74 ms. Without huge pages (`no_thp`): an
/// idle server takes 14 MB instead of 23, and a hash at most 2 ms longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gatewright_cli::run(std::env::args_os(), std::env::vars_os()).into()
}
