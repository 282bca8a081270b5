//! Traces, handed to an OpenTelemetry collector.
//!
//! The server marks its work with `tracing` spans; [`layer`] gathers them, [`otlp`] writes them as
//! OTLP has it, and [`exporter`] sends them, a batch at a time, from a bounded queue. No request
//! waits for any of it: what does not fit into the queue is dropped and counted.
//!
//! By hand, and not with the `opentelemetry` crates: they are 21 packages more for posting a few
//! hundred bytes, four of them a second version of what is built already (docs/design.md).

mod exporter;
mod layer;
mod otlp;

use std::time::Duration;

use anyhow::Context as _;
use gatewright_server::{Clock, Random};
use reqwest::Url;
use reqwest::header::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

pub(crate) use exporter::Exporter;
pub(crate) use layer::{TraceLayer, is_for_traces};

/// Spans that may wait to be sent; more are dropped.
const QUEUE: usize = 4096;

/// Where traces go, and what they say of this server.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The whole address.
    pub(crate) url: Url,
    /// What the collector wants to see, credentials among it: marked as sensitive.
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    /// The share of traces kept of those that nobody else has decided about, from 0 to 1.
    pub(crate) sample_ratio: f64,
    /// `service.name` and the like.
    pub(crate) resource: Vec<(String, String)>,
}

/// Starts sending on `runtime`. The layer is for the log's subscriber; the exporter sends what is
/// left when it is closed.
pub(crate) fn start(
    options: Options,
    runtime: &Handle,
    clock: Clock,
    random: Random,
) -> anyhow::Result<(TraceLayer, Exporter)> {
    let (spans, waiting) = mpsc::channel(QUEUE);
    let sample_ratio = options.sample_ratio;
    let sink = layer::Sink::new(spans);
    let exporter = Exporter::start(options, runtime, waiting, sink.dropped())
        .context("cannot set up the export of traces")?;
    Ok((TraceLayer::new(sink, sample_ratio, clock, random), exporter))
}
