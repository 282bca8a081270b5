#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod config;
mod error;
mod routes;
mod serve;
mod store;
mod task;
#[cfg(test)]
mod tests;

use std::{io::Write as _, process::ExitCode};

use config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a binary's configuration, read once, here")]
    let config = Config::from_variables(|name| std::env::var(name).ok());
    let (result, failure) = match config {
        Ok(config) => (serve::run(config).await, ExitCode::from(3)),
        Err(error) => (Err(error.into()), ExitCode::from(2)),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    let _ = writeln!(std::io::stderr(), "todo-api-axum: {error:#}");
    failure
}
