//! `cargo xtask docs`: writes the pages and tables that are made from the code.
//!
//! The tests that find them stale write them when `UPDATE` is set; there is no second generator.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::{child, test::cargo, workspace};

/// The packages that have such tests, each with its test binary.
const PACKAGES: &[(&str, &str)] = &[("gatewright-jose", "it")];

pub(crate) fn run() -> Result<ExitCode> {
    let root = workspace::root()?;
    for (package, binary) in PACKAGES {
        let test = ["test", "--locked", "--quiet", "-p", package, "--test", binary, "up_to_date"];
        let mut command = cargo(&root, &test);
        let status = child::run(command.env("UPDATE", "1"))?;
        ensure!(status.success(), "`UPDATE=1 {}` failed", child::shown(&command));
    }
    Ok(ExitCode::SUCCESS)
}
