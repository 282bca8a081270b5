//! What was typed after `gatewright db`.

use clap::{Args as Flags, Subcommand};

use super::sessions::DatabaseFlags;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright db status
  gatewright db check --database sqlite:auth.db
  gatewright db migrate --dry-run
  gatewright db copy sqlite:auth.db postgres://auth@db.example.com/auth")]
pub(crate) enum DbCommand {
    /// Say what the database is, and how much is in it
    Status(StatusFlags),
    /// Compare its tables, column by column, with what the server reads and writes
    Check(CheckFlags),
    /// Add tables and columns that are missing; what is there is never changed
    Migrate(MigrateFlags),
    /// Copy one database into another, and compare both
    Copy(CopyFlags),
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright db status
  gatewright db status --database postgres://auth@localhost/auth --format json")]
pub(crate) struct StatusFlags {
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright db check
  gatewright db check --database sqlite:better-auth.db --format json

Exit codes: 0 all is as it should be, 1 something differs, 2 the database cannot be used.")]
pub(crate) struct CheckFlags {
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright db migrate --dry-run
  gatewright db migrate

All statements run in one transaction. It is safe to run twice, and beside a server that runs.")]
pub(crate) struct MigrateFlags {
    /// Only show the statements
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright db copy sqlite:gatewright.db postgres://auth@db.example.com/auth
  gatewright db copy env:OLD_DATABASE_URL env:DATABASE_URL

Stop the servers first. The target gets its tables if it is empty. A copy that was broken off goes on
when it is begun again. In the end both sides are compared, table by table, by count and SHA-256.")]
pub(crate) struct CopyFlags {
    /// The database to read: sqlite:FILE, postgres://…, or env:NAME of a variable that holds it
    pub(crate) source: String,
    /// The database to write
    pub(crate) target: String,
    /// Configuration file, for additional fields [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<std::path::PathBuf>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: super::Format,
}
