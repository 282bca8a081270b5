#![forbid(unsafe_code)]
//! The command line: reads arguments and configuration, calls a library, renders the result.

mod args;
mod commands;
mod config;
mod environment;
mod logging;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Parser;
use gatewright_report::{Exit, Palette};

use args::{Args, Command};
use environment::Environment;

/// Why a command did not do what it was asked for.
enum Failure {
    /// The user can mend it: wrong usage, configuration or input.
    Usage(anyhow::Error),
    /// We failed, or the machine did.
    Internal(anyhow::Error),
}

/// Runs the command that `args` asks for.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Exit {
    let environment = Environment::new(variables);
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version come this way too; a closed pipe is no reason to complain.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Clean };
        }
    };
    let palette = Palette::new(std::io::stderr().is_terminal(), environment.has("NO_COLOR"));
    let result = match args.command {
        Command::Completions { shell } => {
            commands::completions::run(shell);
            Ok(())
        }
        Command::Serve(flags) => commands::serve::run(&flags, &environment, palette),
    };
    match result {
        Ok(()) => Exit::Clean,
        Err(Failure::Usage(error)) => {
            complain(palette, &error);
            Exit::Usage
        }
        Err(Failure::Internal(error)) => {
            complain(palette, &error);
            Exit::Failure
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place where errors are shown to people")]
fn complain(palette: Palette, error: &anyhow::Error) {
    eprintln!("{} {error:#}", palette.bad("error:"));
}
