//! Sends spans, a batch at a time. Whatever the collector does, nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, redirect};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::layer::Span;
use super::{Options, otlp};

/// Spans sent together, at most.
const BATCH: usize = 512;

/// How long a span may wait for others to be sent with.
const GATHER: Duration = Duration::from_secs(2);

/// How long to wait before each further try, where another may help.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// How long the end of the server waits for what is left.
const FAREWELL: Duration = Duration::from_secs(5);

/// The task that sends.
pub(crate) struct Exporter {
    task: JoinHandle<()>,
    end: oneshot::Sender<()>,
}

impl Exporter {
    pub(super) fn start(
        options: Options,
        runtime: &Handle,
        spans: mpsc::Receiver<Span>,
        dropped: Arc<AtomicU64>,
    ) -> anyhow::Result<Self> {
        let client = Client::builder()
            .connect_timeout(options.timeout)
            .timeout(options.timeout)
            // Credentials go where they were meant to go.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot set up HTTP")?;
        let (end, ended) = oneshot::channel();
        let collector = Collector { client, options, is_failing: false };
        let task = runtime.spawn(run(spans, ended, collector, dropped));
        Ok(Self { task, end })
    }

    /// Sends what is left, and ends: within a few seconds, whether or not anybody takes it.
    pub(crate) async fn close(mut self) {
        // An error means that the task is gone already.
        let _ = self.end.send(());
        if timeout(FAREWELL, &mut self.task).await.is_err() {
            self.task.abort();
            tracing::warn!("the last traces could not be delivered in time");
        }
    }
}

async fn run(
    mut spans: mpsc::Receiver<Span>,
    mut end: oneshot::Receiver<()>,
    mut collector: Collector,
    dropped: Arc<AtomicU64>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut is_ending = false;
    loop {
        tokio::select! {
            span = spans.recv() => match span {
                Some(span) => batch.push(span),
                None => break,
            },
            _ = &mut end, if !is_ending => {
                // Takes no more, and hands out what it has.
                is_ending = true;
                spans.close();
                continue;
            }
        }
        let deadline = Instant::now() + GATHER;
        while batch.len() < BATCH {
            tokio::select! {
                span = timeout_at(deadline, spans.recv()) => match span {
                    Ok(Some(span)) => batch.push(span),
                    Ok(None) | Err(_) => break,
                },
                _ = &mut end, if !is_ending => {
                    is_ending = true;
                    spans.close();
                }
            }
        }
        let dropped = dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(spans = dropped, "spans were dropped: more were made than sent");
        }
        collector.send(&batch).await;
        batch.clear();
    }
}

/// Why a batch did not arrive.
struct Refusal {
    reason: String,
    /// Whether it may arrive later.
    is_passing: bool,
}

struct Collector {
    client: Client,
    options: Options,
    /// It is said once that it fails, and once that it does no more.
    is_failing: bool,
}

impl Collector {
    async fn send(&mut self, batch: &[Span]) {
        let body = otlp::request(&self.options.resource, batch);
        let mut pauses = PAUSES.into_iter();
        let refusal = loop {
            match self.post(body.clone()).await {
                Ok(()) => {
                    if std::mem::take(&mut self.is_failing) {
                        tracing::info!("traces are delivered again");
                    }
                    return;
                }
                Err(refusal) => match pauses.next() {
                    Some(pause) if refusal.is_passing => sleep(pause).await,
                    _ => break refusal,
                },
            }
        };
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(reason = refusal.reason, "traces cannot be delivered, and are dropped");
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), Refusal> {
        let request = self
            .client
            .post(self.options.url.clone())
            .headers(self.options.headers.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"))
            .body(body);
        // The address may hold what is nobody else's business.
        let unreachable = |error: reqwest::Error| Refusal {
            reason: chain(&error.without_url()),
            is_passing: true,
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let is_passing = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        Err(Refusal { reason: format!("the collector answered {status}"), is_passing })
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
