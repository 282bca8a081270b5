//! What was typed after `gatewright sessions`.

use std::path::PathBuf;

use clap::{ArgGroup, Args as Flags, Subcommand, value_parser};

use super::Format;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright sessions list --user ada@example.com
  gatewright sessions revoke --id 3hJb0d2fO0yqk1Yl6mUuQ5vXc9wRz8Te
  gatewright sessions revoke --user ada@example.com
  gatewright sessions revoke --all")]
pub(crate) enum SessionsCommand {
    /// List the sessions that are alive; no token is shown
    List(ListFlags),
    /// End sessions, also of a server that runs
    Revoke(RevokeFlags),
}

/// Where the sessions are.
#[derive(Debug, Flags)]
pub(crate) struct DatabaseFlags {
    /// Database to use [default: that of the configuration]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright sessions list
  gatewright sessions list --user ada@example.com
  gatewright sessions list --limit 1000 --format json")]
pub(crate) struct ListFlags {
    /// Only those of this user, by id or e-mail address
    #[arg(long, value_name = "ID|EMAIL")]
    pub(crate) user: Option<String>,
    /// At most so many, the one used last first
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(group = ArgGroup::new("which").required(true).args(["id", "user", "all"]), after_help = "\
Examples:
  gatewright sessions revoke --id 3hJb0d2fO0yqk1Yl6mUuQ5vXc9wRz8Te
  gatewright sessions revoke --user ada@example.com
  gatewright sessions revoke --all

A JWT that was fetched with a session stays valid until it expires (15 minutes unless configured).
Exit codes: 0 done · 1 there was none to end · 2 no such database or user")]
pub(crate) struct RevokeFlags {
    /// The session with this id, as `sessions list` shows it
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// All sessions of this user, by id or e-mail address
    #[arg(long, value_name = "ID|EMAIL")]
    pub(crate) user: Option<String>,
    /// All sessions of everybody
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}
