//! `gatewright secret`

mod check;
mod generate;

use gatewright_report::Exit;

use crate::args::secret::SecretCommand;
use crate::input::is_variable_name;
use crate::{Failure, Surroundings};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(command: &SecretCommand, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    match command {
        SecretCommand::Check(flags) => check::run(flags, around),
        SecretCommand::Generate(flags) => generate::run(flags, around),
    }
}

/// Whether a variable can have this name. One that cannot may be a secret: it is not repeated.
fn check_name(name: &str) -> anyhow::Result<()> {
    if is_variable_name(name) {
        return Ok(());
    }
    anyhow::bail!("give the name of the variable, like BETTER_AUTH_SECRET, and not its value")
}
