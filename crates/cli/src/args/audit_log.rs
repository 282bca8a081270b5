//! What was typed after `gatewright audit-log`.

use clap::{Args as Flags, builder::PossibleValuesParser, value_parser};
use gatewright_server::AuditEvent;

use super::sessions::DatabaseFlags;
use crate::moment::Moment;

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright audit-log
  gatewright audit-log --user ada@example.com --since -7d
  gatewright audit-log --event sign-in --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z
  gatewright audit-log --follow --format json | jq 'select(.outcome == \"locked\")'

With --format json each event is a line of its own.
Exit codes: 0 listed, also where there is nothing to list · 2 no such database, table or user")]
pub(crate) struct AuditLogFlags {
    /// Only events from then on: a time, or a span from now like -1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) since: Option<Moment>,
    /// Only events before then
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with = "follow")]
    pub(crate) until: Option<Moment>,
    /// Only those of this user, by id (also of one who was deleted) or e-mail address
    #[arg(long, value_name = "ID|EMAIL")]
    pub(crate) user: Option<String>,
    /// Only these events
    #[arg(long, value_name = "EVENT", value_parser = PossibleValuesParser::new(
        AuditEvent::ALL.iter().map(|event| event.name())
    ))]
    pub(crate) event: Option<String>,
    /// At most so many, the last ones
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Go on with what happens from now on, until Ctrl-C
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
}
