#![forbid(unsafe_code)]
//! The command line: reads arguments and configuration, calls a library, renders the result.

mod args;
mod commands;
mod config;
mod env_file;
mod environment;
mod input;
mod logging;
mod moment;
mod output;
mod telemetry;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Parser;
use gatewright_report::{Exit, Palette};
use gatewright_server::{Clock, Random};

use args::{Args, Command};
use environment::Environment;
use input::Inputs;

/// Why a command did not do what it was asked for.
enum Failure {
    /// The user can mend it: wrong usage, configuration or input.
    Usage(anyhow::Error),
    /// We failed, or the machine did.
    Internal(anyhow::Error),
}

/// What a small command needs beside its arguments.
struct Surroundings<'e> {
    inputs: Inputs<'e>,
    clock: Clock,
    random: Random,
    /// For stdout.
    palette: Palette,
    /// For stderr.
    warnings: Palette,
}

/// Runs the command that `args` asks for.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Exit {
    let environment = Environment::new(variables);
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = match Args::try_parse_from(&args) {
        Ok(parsed) => parsed,
        Err(error) => {
            if let Some(text) = masked(&error, &args) {
                output::note(&text);
            } else {
                // Help and version come this way too; a closed pipe is no reason to complain.
                let _ = error.print();
            }
            return if error.use_stderr() { Exit::Usage } else { Exit::Clean };
        }
    };
    let no_color = environment.has("NO_COLOR");
    let warnings = Palette::new(std::io::stderr().is_terminal(), no_color);
    let surroundings = || Surroundings {
        inputs: Inputs::new(&environment),
        clock: Clock::system(),
        random: Random::system(),
        palette: Palette::new(std::io::stdout().is_terminal(), no_color),
        warnings,
    };
    let result = match parsed.command {
        Command::AuditLog(flags) => commands::audit_log::run(&flags, &environment, &surroundings()),
        Command::Completions { shell } => {
            commands::completions::run(shell);
            Ok(Exit::Clean)
        }
        Command::Config(command) => commands::config::run(&command, &environment, &surroundings()),
        Command::Db(command) => commands::db::run(&command, &environment, &surroundings()),
        Command::Health(flags) => commands::health::run(&flags, &environment),
        Command::Keys(command) => commands::keys::run(&command, &environment, &surroundings()),
        Command::Mail(command) => commands::mail::run(&command, &environment, &surroundings()),
        Command::Openapi(flags) => {
            commands::openapi::run(&flags, &environment).map(|()| Exit::Clean)
        }
        Command::Secret(command) => commands::secret::run(&command, &surroundings()),
        Command::Sessions(command) => {
            commands::sessions::run(&command, &environment, &surroundings())
        }
        Command::Serve(flags) => {
            commands::serve::run(&flags, &environment, warnings).map(|()| Exit::Clean)
        }
        Command::Token(command) => commands::token::run(&command, &surroundings()),
        Command::Users(command) => commands::users::run(&command, &environment, &surroundings()),
    };
    match result {
        Ok(exit) => exit,
        Err(Failure::Usage(error)) => {
            complain(warnings, &error);
            Exit::Usage
        }
        Err(Failure::Internal(error)) => {
            complain(warnings, &error);
            Exit::Failure
        }
    }
}

/// The complaint about wrong usage, where it would repeat an argument that may be a token or a
/// secret in the wrong place.
fn masked(error: &clap::Error, args: &[OsString]) -> Option<String> {
    const LONGEST_SHOWN: usize = 31;
    let plain = error.render().to_string();
    let values = args.iter().filter_map(|arg| arg.to_str()).map(|arg| match arg.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => value,
        _ => arg,
    });
    let mut masked = plain.clone();
    for value in values.filter(|value| value.chars().count() > LONGEST_SHOWN) {
        masked = masked.replace(value, &format!("… ({} characters)", value.chars().count()));
    }
    (error.use_stderr() && masked != plain).then(|| masked.trim_end().to_owned())
}

fn complain(palette: Palette, error: &anyhow::Error) {
    output::note(&format!("{} {error:#}", palette.bad("error:")));
}
