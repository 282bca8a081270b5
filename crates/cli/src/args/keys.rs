//! What was typed after `gatewright keys`.

use clap::{Args as Flags, Subcommand};

use super::sessions::DatabaseFlags;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright keys list
  gatewright keys rotate
  gatewright keys rotate --forget-old")]
pub(crate) enum KeysCommand {
    /// List the keys, which of them signs, and until when tokens of the others verify
    #[command(after_help = "\
Examples:
  gatewright keys list
  gatewright keys list --database postgres://auth@db.example.com/auth --format json")]
    List(DatabaseFlags),
    /// Make a new key, with which servers that run sign from their next token on
    Rotate(RotateFlags),
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright keys rotate
  gatewright keys rotate --forget-old     tokens of the old keys verify no more

The secret must be the server's: it encrypts the new key, and has to decrypt the old ones, unless
they are forgotten. With HS256 and its like there are no keys: tokens are signed with the secret.

Exit codes: 0 done · 2 no such database, no secret, or another one")]
pub(crate) struct RotateFlags {
    /// Delete the old keys, so that their tokens are refused, instead of letting them run out
    #[arg(long)]
    pub(crate) forget_old: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}
