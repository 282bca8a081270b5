//! The binary `gatewright`. Everything is in the library beside it.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    gatewright_cli::run(std::env::args_os(), std::env::vars_os()).into()
}
