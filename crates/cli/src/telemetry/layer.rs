//! From `tracing` spans to spans of a trace.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gatewright_server::{Clock, Random, TRACE_TARGET};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Whether a span or event is for traces, and not for the log.
pub(crate) fn is_for_traces(metadata: &Metadata<'_>) -> bool {
    metadata.target() == TRACE_TARGET
}

/// A span that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) trace_id: [u8; 16],
    pub(super) id: [u8; 8],
    pub(super) parent_id: Option<[u8; 8]>,
    pub(super) name: &'static str,
    pub(super) origin: Origin,
    /// Nanoseconds since the Unix epoch.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

/// Where a span comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody asked the server for something.
    Request,
    /// The server's own work.
    Work,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(i64),
    Text(String),
}

/// Where spans go that have ended.
#[derive(Clone)]
pub(super) struct Sink {
    spans: mpsc::Sender<Span>,
    dropped: Arc<AtomicU64>,
}

impl Sink {
    pub(super) fn new(spans: mpsc::Sender<Span>) -> Self {
        Self { spans, dropped: Arc::default() }
    }

    /// How many there was no room for.
    pub(super) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }

    fn take(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Gathers the spans whose target is [`TRACE_TARGET`]; to be filtered by [`is_for_traces`].
pub(crate) struct TraceLayer {
    sink: Sink,
    sample_ratio: f64,
    clock: Clock,
    random: Random,
}

/// A span that goes on, beside what it will be.
struct Open {
    span: Span,
    time: Time,
}

/// The moment that a trace began here: all its spans are timed by one clock, which nobody sets in
/// between.
#[derive(Clone, Copy)]
struct Time {
    began: Instant,
    /// Since the Unix epoch.
    nanoseconds: u64,
}

/// Where a new span belongs.
struct Place {
    trace_id: [u8; 16],
    parent_id: Option<[u8; 8]>,
    origin: Origin,
    time: Time,
}

impl Open {
    fn now(&self) -> u64 {
        let elapsed = u64::try_from(self.time.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.time.nanoseconds.saturating_add(elapsed)
    }

    /// The place of work within it.
    fn place(&self) -> Place {
        let Span { trace_id, id, .. } = self.span;
        Place { trace_id, parent_id: Some(id), origin: Origin::Work, time: self.time }
    }
}

impl TraceLayer {
    pub(super) fn new(sink: Sink, sample_ratio: f64, clock: Clock, random: Random) -> Self {
        Self { sink, sample_ratio, clock, random }
    }

    /// The place of a span that stands in no other: `None` for work outside of any request, or of
    /// one whose trace is not kept.
    fn begin(&self, fields: &Fields) -> Option<Place> {
        let trace_id = fields.trace_id?;
        if !self.keeps(trace_id, fields.is_sampled) {
            return None;
        }
        let now = u64::try_from(self.clock.now().milliseconds()).unwrap_or_default();
        Some(Place {
            trace_id,
            parent_id: fields.parent_id,
            origin: Origin::Request,
            time: Time { began: Instant::now(), nanoseconds: now.saturating_mul(1_000_000) },
        })
    }

    /// Whether a trace is kept. Whoever sent the request may have decided; otherwise the trace's id
    /// does, so that all services with one ratio keep the same ones.
    fn keeps(&self, trace_id: [u8; 16], is_sampled: Option<bool>) -> bool {
        is_sampled.unwrap_or_else(|| {
            let chance = u128::from_be_bytes(trace_id) & ((1 << 56) - 1);
            #[expect(clippy::cast_precision_loss, reason = "56 bits, compared with a share")]
            let chance = chance as f64 / (1_u128 << 56) as f64;
            chance < self.sample_ratio
        })
    }

    fn new_span_id(&self) -> [u8; 8] {
        let mut id = [0; 8];
        self.random.fill(&mut id);
        // Zeros only would mean that there is none.
        if id == [0; 8] { [1; 8] } else { id }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TraceLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let within =
            span.parent().and_then(|parent| Some(parent.extensions().get::<Open>()?.place()));
        let Some(place) = within.or_else(|| self.begin(&fields)) else { return };
        let span_id = self.new_span_id();
        let mut open = Open {
            span: Span {
                trace_id: place.trace_id,
                id: span_id,
                parent_id: place.parent_id,
                name: span.name(),
                origin: place.origin,
                start: 0,
                end: 0,
                attributes: fields.attributes,
            },
            time: place.time,
        };
        open.span.start = open.now();
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            let mut fields = Fields::default();
            values.record(&mut fields);
            open.span.attributes.append(&mut fields.attributes);
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else { return };
        if let Some(mut open) = span.extensions_mut().remove::<Open>() {
            open.span.end = open.now();
            self.sink.take(open.span);
        }
    }
}

/// What a span says of itself: its place in a trace, and the rest.
#[derive(Default)]
struct Fields {
    trace_id: Option<[u8; 16]>,
    parent_id: Option<[u8; 8]>,
    is_sampled: Option<bool>,
    attributes: Vec<(&'static str, Value)>,
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "trace.sampled" {
            self.is_sampled = Some(value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push((field.name(), Value::Number(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record_i64(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "trace.id" => self.trace_id = bytes(value),
            "trace.parent" => self.parent_id = bytes(value),
            name => self.attributes.push((name, Value::Text(value.to_owned()))),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if hex.len() != 2 * N || !hex.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use gatewright_server::Date;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// What comes of some spans.
    fn spans_of(sample_ratio: f64, make: impl FnOnce()) -> Vec<Span> {
        let (to, mut spans) = mpsc::channel(10);
        let clock = Clock::new(|| Date::from_milliseconds(1_700_000_000_000));
        let layer = TraceLayer::new(Sink::new(to), sample_ratio, clock, Random::system());
        let filter = tracing_subscriber::filter::filter_fn(is_for_traces);
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
        tracing::subscriber::with_default(subscriber, make);
        std::iter::from_fn(|| spans.try_recv().ok()).collect()
    }

    macro_rules! request {
        ($sampled:expr) => {
            tracing::debug_span!(
                target: TRACE_TARGET, "request", "trace.id" = TRACE,
                "trace.parent" = "00f067aa0ba902b7", "trace.sampled" = $sampled,
                "http.route" = "/ok", "http.response.status_code" = tracing::field::Empty,
            )
        };
    }

    #[test]
    fn work_is_part_of_its_request_across_spans_of_the_log() {
        let spans = spans_of(1.0, || {
            let request = request!(true);
            let _in_request = request.enter();
            let _log = tracing::info_span!("request", request_id = "x").entered();
            drop(tracing::debug_span!(target: TRACE_TARGET, "password.hash"));
            request.record("http.response.status_code", 200_u16);
        });
        let [work, request] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((work.name, request.name), ("password.hash", "request"));
        assert_eq!(work.trace_id, request.trace_id);
        assert_eq!(work.parent_id, Some(request.id));
        assert_eq!(request.parent_id, bytes("00f067aa0ba902b7"));
        assert_eq!((work.origin, request.origin), (Origin::Work, Origin::Request));
        assert_eq!(
            request.attributes,
            [
                ("http.route", Value::Text("/ok".to_owned())),
                ("http.response.status_code", Value::Number(200))
            ]
        );
        assert!(request.start >= 1_700_000_000_000_000_000);
        assert!(request.start <= work.start && work.end <= request.end);
    }

    #[test]
    fn the_caller_decides_what_is_kept_and_else_the_ratio() {
        let request = |sampled: Option<bool>| {
            move || {
                let _request = request!(sampled).entered();
                drop(tracing::debug_span!(target: TRACE_TARGET, "password.hash"));
            }
        };
        assert_eq!(spans_of(1.0, request(Some(false))).len(), 0);
        assert_eq!(spans_of(0.0, request(Some(true))).len(), 2);
        assert_eq!(spans_of(0.0, request(None)).len(), 0);
        assert_eq!(spans_of(1.0, request(None)).len(), 2);
        // 0xce929d0e0e4736 / 2^56 is 0.807.
        assert_eq!(spans_of(0.80, request(None)).len(), 0);
        assert_eq!(spans_of(0.81, request(None)).len(), 2);
    }

    #[test]
    fn what_there_is_no_room_for_is_dropped_and_counted() {
        let (to, _spans) = mpsc::channel(1);
        let sink = Sink::new(to);
        let layer = TraceLayer::new(sink.clone(), 1.0, Clock::system(), Random::system());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 {
                drop(request!(true));
            }
        });
        assert_eq!(sink.dropped().load(Ordering::Relaxed), 2);
    }
}
