//! What was typed after `gatewright config`.

use std::path::PathBuf;

use clap::{Args as Flags, Subcommand};

use super::Format;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright config check
  gatewright config show --format json
  gatewright config schema > gatewright.schema.json")]
pub(crate) enum ConfigCommand {
    /// Say whether a server would start with this configuration, and what is wrong if not
    Check(ConfigFlags),
    /// Print the JSON Schema of gatewright.toml, for editors
    #[command(after_help = "\
Examples:
  gatewright config schema > gatewright.schema.json")]
    Schema,
    /// Show every key, its value, and where that was set; the secret is not shown
    Show(ConfigFlags),
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright config check
  gatewright config check --config production.toml
  gatewright config show --format json

Exit codes: 0 in order, with warnings or without · 1 something is wrong · 2 the file cannot be read")]
pub(crate) struct ConfigFlags {
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
