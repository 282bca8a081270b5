//! What was typed after `gatewright mail`.

use std::path::PathBuf;

use clap::{Args as Flags, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright mail preview
  gatewright mail preview reset-password --part html > preview.html
  gatewright mail test ada@example.com")]
pub(crate) enum MailCommand {
    /// Print a mail as its receiver would get it, from your templates or the built-in ones
    Preview(PreviewFlags),
    /// Send a mail now, as the server would, and say what went wrong if it does not leave
    Test(TestFlags),
}

/// What of a mail is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Subject and plain text
    #[default]
    Text,
    /// The HTML alone
    Html,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright mail preview                                  which mails there are
  gatewright mail preview verify-email
  gatewright mail preview reset-password --part html > preview.html

Exit codes: 0 done · 2 there is no such mail, or a template has a flaw")]
pub(crate) struct PreviewFlags {
    /// The mail, as its template is called; without it, all names are printed
    pub(crate) kind: Option<String>,
    /// What of it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) part: Part,
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright mail test ada@example.com
  gatewright mail test ada@example.com --config production.toml

Exit codes: 0 the mail server took it · 1 it did not · 2 mails are not, or not rightly, configured")]
pub(crate) struct TestFlags {
    /// Who gets it
    #[arg(value_name = "ADDRESS")]
    pub(crate) to: String,
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
