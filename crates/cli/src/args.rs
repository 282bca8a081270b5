//! What was typed.

pub(crate) mod audit_log;
pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod secret;
pub(crate) mod sessions;
pub(crate) mod token;
pub(crate) mod users;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as Flags, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use audit_log::AuditLogFlags;
use config::ConfigCommand;
use db::DbCommand;
use health::HealthFlags;
use keys::KeysCommand;
use mail::MailCommand;
use secret::SecretCommand;
use sessions::SessionsCommand;
use token::TokenCommand;
use users::UsersCommand;

/// JWT authentication for applications whose front end and back end speak different languages.
#[derive(Debug, Parser)]
#[command(
    name = "gatewright",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  gatewright serve                     an auth server on http://localhost:4000, with no configuration
  gatewright token decode @token.txt   what a token says of itself
  gatewright secret generate           a secret for BETTER_AUTH_SECRET
  gatewright audit-log                 who signed in, when and from where
  gatewright config check              would a server start here
  gatewright completions bash          completions for your shell

Exit codes: 0 done · 1 findings · 2 wrong usage or unusable input · 3 it failed itself"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the auth server that a Better Auth client uses as if it were the original
    Serve(ServeFlags),
    /// Decode, verify and sign tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Generate and check secrets
    #[command(subcommand)]
    Secret(SecretCommand),
    /// List and end sessions, beside a server that runs
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// List users, make and import them, and set their passwords
    #[command(subcommand)]
    Users(UsersCommand),
    /// List the keys that sign tokens, and make a new one
    #[command(subcommand)]
    Keys(KeysCommand),
    /// List who did what, when and from where
    AuditLog(AuditLogFlags),
    /// Check, show and describe the server's configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at the database, add what is missing, copy it
    #[command(subcommand)]
    Db(DbCommand),
    /// Look at mails, and see whether they arrive
    #[command(subcommand)]
    Mail(MailCommand),
    /// Say whether the server on this machine is ready
    Health(HealthFlags),
    /// Print the description of the server's API, as OpenAPI 3.1
    Openapi(OpenapiFlags),
    /// Print completions for a shell
    #[command(after_help = "\
Examples:
  gatewright completions bash > ~/.local/share/bash-completion/completions/gatewright
  gatewright completions zsh > ~/.zfunc/_gatewright
  gatewright completions fish > ~/.config/fish/completions/gatewright.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright openapi > openapi.json
  BETTER_AUTH_URL=https://auth.example.com gatewright openapi

A server shows it itself with open_api.enabled, at /api/auth/open-api/generate-schema.")]
pub(crate) struct OpenapiFlags {
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The form of what a command reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs: JSON on stdout, and nothing else there
    Json,
}

#[derive(Debug, Default, Flags)]
#[command(after_help = "\
Examples:
  gatewright serve
  gatewright serve --listen 127.0.0.1:5000 --database sqlite:app.db
  BETTER_AUTH_SECRET=$(openssl rand -hex 32) \\
    gatewright serve --listen 0.0.0.0:4000 --base-url https://auth.example.com

Configuration: flags win over the environment, the environment over gatewright.toml. Every key of
the file is also a variable: GATEWRIGHT__SESSION__EXPIRES_IN sets session.expires_in. Better Auth's
own BETTER_AUTH_SECRET, BETTER_AUTH_URL and BETTER_AUTH_TRUSTED_ORIGINS work, and DATABASE_URL.
GATEWRIGHT_LOG sets what is logged (error, warn, info, debug).

Without a secret, a server on a loopback address makes one and keeps it in .gatewright/secret; on
any other address it does not start.")]
pub(crate) struct ServeFlags {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Database to use [default: sqlite:gatewright.db]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Where browsers reach the server: issuer and audience of its tokens [default:
    /// http://localhost:PORT on a loopback address]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_examples() {
        fn check(command: &mut Command) {
            let help = command.render_long_help().to_string();
            assert!(
                help.contains("Examples:\n  "),
                "{} --help has no examples",
                command.get_name()
            );
            let commands = command.get_subcommands_mut();
            commands.filter(|command| command.get_name() != "help").for_each(check);
        }
        let mut command = super::Args::command();
        command.clone().debug_assert();
        check(&mut command);
    }
}
