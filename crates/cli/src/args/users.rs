//! What was typed after `gatewright users`.

use clap::{ArgGroup, Args as Flags, Subcommand, ValueEnum, value_parser};

use super::sessions::DatabaseFlags;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright users list --search ada
  gatewright users show ada@example.com
  gatewright users create --email ada@example.com --name Ada --password - < password.txt
  gatewright users set-password ada@example.com --password env:NEW_PASSWORD
  gatewright users import users.jsonl --dry-run")]
pub(crate) enum UsersCommand {
    /// Make a user
    Create(CreateFlags),
    /// Take users in from JSON lines or CSV, with the passwords that they have
    Import(ImportFlags),
    /// List users in the order of their addresses; no password is shown
    List(ListFlags),
    /// Set a user's password, and end their sessions
    SetPassword(SetPasswordFlags),
    /// Show a user, how they sign in, and how many sessions they have
    Show(ShowFlags),
}

/// Where a password comes from.
const PASSWORD_HELP: &str = "The password: @FILE, env:NAME, - for stdin, or the password itself (which \
                             a list of processes shows to others)";

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright users list
  gatewright users list --search example.com --unverified
  gatewright users list --limit 1000 --after ada@example.com --format json")]
pub(crate) struct ListFlags {
    /// Only those whose address or name has this in it
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only those whose address is not verified
    #[arg(long)]
    pub(crate) unverified: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// The next page: those after this address
    #[arg(long, value_name = "EMAIL")]
    pub(crate) after: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright users show ada@example.com
  gatewright users show 3hJb0d2fO0yqk1Yl6mUuQ5vXc9wRz8Te --format json

Exit codes: 0 done · 2 no such database or user")]
pub(crate) struct ShowFlags {
    /// The user, by id or e-mail address
    #[arg(value_name = "ID|EMAIL")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(group = ArgGroup::new("entry").required(true).args(["password", "no_password"]), after_help = "\
Examples:
  gatewright users create --email ada@example.com --name Ada --password - < password.txt
  gatewright users create --email ada@example.com --no-password --verified
  gatewright users create --email ada@example.com --password env:PASSWORD --field role=admin

Without a password, the user sets one by a password reset. The rules of sign-up hold; fields that
clients may not set can be set here.

Exit codes: 0 done · 1 there is such a user already · 2 a value breaks a rule, or no such database")]
pub(crate) struct CreateFlags {
    /// The user's address
    #[arg(long, value_name = "EMAIL")]
    pub(crate) email: String,
    /// What they are called
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    #[arg(long, help = PASSWORD_HELP)]
    pub(crate) password: Option<String>,
    /// Make one who cannot sign in by password yet
    #[arg(long)]
    pub(crate) no_password: bool,
    /// The address is known to be theirs
    #[arg(long)]
    pub(crate) verified: bool,
    /// Where their picture is
    #[arg(long, value_name = "URL")]
    pub(crate) image: Option<String>,
    /// The row's id [default: a random one]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// An additional field; repeat it for several
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright users set-password ada@example.com --password - < password.txt
  gatewright users set-password ada@example.com --password env:NEW_PASSWORD --keep-sessions

Links of password resets that are on their way are void. A JWT that was fetched stays valid until it
expires.

Exit codes: 0 done · 2 no such database or user, or the password is too short or too long")]
pub(crate) struct SetPasswordFlags {
    /// The user, by id or e-mail address
    #[arg(value_name = "ID|EMAIL")]
    pub(crate) user: String,
    #[arg(long, help = PASSWORD_HELP, default_value = "-")]
    pub(crate) password: String,
    /// Let the sessions go on that there are
    #[arg(long)]
    pub(crate) keep_sessions: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}

/// What becomes of a line whose user is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Conflict {
    /// It is passed over
    #[default]
    Skip,
    /// The import ends
    Fail,
    /// It takes the place of what is there
    Update,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lines {
    /// With a line of names first
    Csv,
    /// A JSON object a line
    Jsonl,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright users import users.jsonl --dry-run
  gatewright users import users.csv --database postgres://auth@db.example.com/auth
  export-users | gatewright users import - --on-conflict update

Fields: email, and optionally id, name, email_verified, image, created_at, updated_at, password_hash
or password, and additional fields; Better Auth's names (emailVerified, …) work as well. A hash is
Better Auth's, bcrypt, argon2 (PHC) or scrypt (PHC, Werkzeug).

A run that was broken off can be run again: who is there is passed over.

Exit codes: 0 all was taken in or there · 1 lines have a flaw, which stderr names · 2 it cannot be read")]
pub(crate) struct ImportFlags {
    /// The file, or - for stdin
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
    /// How it is written [default: as it looks: a line that begins with { is JSON]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) input_format: Option<Lines>,
    /// What becomes of a line whose user is there, by id or address
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) on_conflict: Conflict,
    /// Pass fields over of which nothing is known, instead of refusing the line
    #[arg(long)]
    pub(crate) ignore_unknown_fields: bool,
    /// Check all lines, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}
