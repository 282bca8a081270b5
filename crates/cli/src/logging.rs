//! The log: for people on a terminal, JSON lines for everything else; always on stderr.
//!
//! No token, cookie, password, e-mail address or secret is ever logged: what is logged are routes,
//! statuses, durations, request ids, and errors whose texts hold none of these.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use gatewright_report::Palette;
use tracing_subscriber::EnvFilter;

/// Starts the log at the level, or with the filter, that `GATEWRIGHT_LOG` names.
pub(crate) fn start(filter: Option<&str>, palette: Palette) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter.unwrap_or("info"))
        .context("GATEWRIGHT_LOG is no filter; try `info` or `debug`")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = if stderr().is_terminal() {
        log.with_ansi(palette != Palette::new(false, false)).with_target(false).try_init()
    } else {
        log.json().flatten_event(true).with_span_list(false).try_init()
    };
    started.map_err(|error| anyhow::anyhow!(error)).context("the log was started before")
}
