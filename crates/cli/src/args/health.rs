//! What was typed after `gatewright health`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as Flags;

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright health
  gatewright health --listen 127.0.0.1:5000

It asks /health/ready of the server that this configuration describes, on this machine: what the
HEALTHCHECK of a container runs. It reads no secret and opens no database.

Exit codes: 0 ready · 1 not ready, or no answer within 5 seconds · 2 wrong usage or configuration")]
pub(crate) struct HealthFlags {
    /// The address that the server listens on [default: that of the configuration]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Configuration file [default: gatewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
