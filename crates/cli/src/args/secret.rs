//! What was typed after `gatewright secret`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args as Flags, Subcommand, ValueEnum, value_parser};

use super::Format;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright secret generate --env-file .env.local
  gatewright secret check --env-file .env
  gatewright secret check --env-file frontend/.env --same-as-env-file backend/.env")]
pub(crate) enum SecretCommand {
    /// Say what is wrong with a secret, and whether two places hold the same; never shows it
    Check(CheckFlags),
    /// Make a secret from the system's random numbers
    Generate(GenerateFlags),
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright secret generate
  gatewright secret generate --encoding base64 --bytes 48
  gatewright secret generate --env-file .env.local
  gatewright secret generate --env-file .env --name BETTER_AUTH_SECRET --force")]
pub(crate) struct GenerateFlags {
    /// How many random bytes [default: 32]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(32..=1024))]
    pub(crate) bytes: Option<u16>,
    /// How they are written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) encoding: Encoding,
    /// Put it into this file of variables, which is made if need be, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// The variable in that file
    #[arg(long, requires = "env_file", default_value = "BETTER_AUTH_SECRET")]
    pub(crate) name: String,
    /// Replace the secret that stands in the file already
    #[arg(long, requires = "env_file")]
    pub(crate) force: bool,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// How random bytes become text.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Encoding {
    #[default]
    Hex,
    Base64,
    Base64url,
}

#[derive(Debug, Flags)]
#[command(
    group = ArgGroup::new("source").args(["secret", "secret_env", "env_file"]).required(true),
    group = ArgGroup::new("other").args(["same_as", "same_as_env", "same_as_env_file"]),
    after_help = "\
Examples:
  gatewright secret check --secret-env BETTER_AUTH_SECRET
  gatewright secret check --env-file .env --name BETTER_AUTH_SECRET
  gatewright secret check --env-file frontend/.env --same-as-env-file backend/.env
  gatewright secret check - < secret.txt

Neither a secret nor a part of one is ever shown.

Exit codes: 0 nothing is wrong · 1 something is, or the two differ · 2 there is no secret to check"
)]
pub(crate) struct CheckFlags {
    /// A file that holds the secret and nothing else, env:NAME, or - for stdin
    #[arg(value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) secret: Option<String>,
    /// The variable that holds the secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Option<String>,
    /// The file of variables (.env) in which it stands
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Its name in that file
    #[arg(long, conflicts_with_all = ["secret", "secret_env"], default_value = "BETTER_AUTH_SECRET")]
    pub(crate) name: String,
    /// Compare with another file, env:NAME, or -
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) same_as: Option<String>,
    /// Compare with another variable
    #[arg(long, value_name = "NAME")]
    pub(crate) same_as_env: Option<String>,
    /// Compare with another file of variables
    #[arg(long, value_name = "FILE")]
    pub(crate) same_as_env_file: Option<PathBuf>,
    /// The name in the other file, if it is another one [default: that of --name]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["same_as", "same_as_env"], requires = "same_as_env_file")]
    pub(crate) same_as_name: Option<String>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
