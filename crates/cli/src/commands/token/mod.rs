//! `gatewright token`

mod claims;
mod decode;
mod fetch;
mod form;
mod hints;
mod key_file;
mod keys;
mod sign;
mod verify;

use gatewright_report::Exit;
use serde_json::{Value, json};

use crate::args::token::TokenCommand;
use crate::input::Source;
use crate::{Failure, Surroundings, output};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(command: &TokenCommand, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Decode(flags) => decode::run(flags, around),
        TokenCommand::Sign(flags) => sign::run(flags, around),
        TokenCommand::Verify(flags) => verify::run(flags, around),
    }
}

/// The token that the user means, as it was given.
fn read_token(argument: &str, around: &Surroundings<'_>) -> Result<String, Failure> {
    let source = Source::text(argument);
    if matches!(source, Source::Argument(_)) {
        output::warn(
            around.warnings,
            "a list of processes shows others a token on the command line; give it as @FILE, \
             env:NAME, or - for stdin",
        );
    }
    let token = around.inputs.text("token", &source).map_err(Failure::Usage)?;
    if token.trim().is_empty() {
        return Err(Failure::Usage(anyhow::anyhow!("there is no token: {source} is empty")));
    }
    Ok(token)
}

/// A token as it may be shown: not enough of it to be used.
fn shown(token: &str) -> String {
    format!("{}… ({} characters)", prefix(token), token.chars().count())
}

/// The same for programs.
fn shown_json(token: &str) -> Value {
    json!({ "prefix": prefix(token), "length": token.chars().count() })
}

/// Its first characters, but never most of something short.
fn prefix(token: &str) -> String {
    let token = token.trim_start();
    token.chars().take(6.min(token.chars().count() / 4)).collect()
}
