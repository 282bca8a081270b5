//! `cargo xtask …`: installs what it needs, runs it, says what failed.
//!
//! Not a library and not shipped: the one place where the repository's own chores are written down,
//! so that a developer's machine and CI run the same commands.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool: its output is its purpose"
)]

mod bench;
mod child;
mod docs;
mod fuzz;
mod http;
mod needs;
mod postgres;
mod python;
mod served;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Installs what it needs, runs it, says what failed.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that must hold before a change is merged; what CI runs.
    #[command(after_help = test::EXAMPLES)]
    Test(test::Args),
    /// The real better-auth client against our server: short for `test --only conformance`.
    Conformance,
    /// Writes the pages and tables that are made from the code; `test` fails where they are stale.
    Docs,
    /// Measures ours beside the real Better Auth, in pairs, in one run.
    #[command(after_help = bench::EXAMPLES)]
    Bench(bench::Args),
    /// Looks for inputs that break what parses and verifies tokens and keys; a finding is a failure.
    #[command(after_help = fuzz::EXAMPLES)]
    Fuzz(fuzz::Args),
    /// Starts a PostgreSQL to throw away, for tests that are run by hand.
    #[command(after_help = postgres::EXAMPLES)]
    Postgres(postgres::Args),
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                        everything, as CI does
  cargo xtask test --only fmt,clippy      some steps, in their usual order
  cargo xtask conformance                 the real better-auth client against our server
  cargo xtask docs                        write what is made from the code
  cargo xtask bench --quick               a first impression of the figures in two minutes
  cargo xtask fuzz                        five minutes of looking for inputs that break it
  cargo xtask postgres cargo test         a PostgreSQL for tests that are run by hand";

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = child::end_with_us().and_then(|()| match args.command {
        Command::Test(args) => test::run(&args),
        Command::Conformance => test::run(&test::Args::only(test::Step::Conformance)),
        Command::Docs => docs::run(),
        Command::Bench(args) => bench::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Postgres(args) => postgres::run(&args),
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(3)
        }
    }
}
