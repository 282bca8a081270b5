//! Spans for traces: which work of a request took how long.
//!
//! They are `tracing` spans with a target of their own, for whoever turns them into traces (the
//! binary does, for OpenTelemetry). Unless somebody listens to that target, making one costs a look
//! at an atomic, and nothing is read of the request.
//!
//! What a span says is bounded and nobody's secret: route templates, methods, statuses, ids.

use std::fmt;

use http::{HeaderMap, HeaderName, Method, StatusCode};
use tracing::Span;
use tracing::field::Empty;

use crate::crypto::{Random, hex_encode};
use crate::metrics::method_name;

/// The target of the spans that are for traces and not for the log.
pub const TRACE_TARGET: &str = "gatewright::trace";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The span of a request.
pub(crate) struct Trace {
    pub(crate) span: Span,
    /// Of the caller's trace where the request belongs to one; `None` where nobody listens.
    pub(crate) id: Option<TraceId>,
}

/// 128 bits that are not all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId([u8; 16]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_encode(&self.0))
    }
}

impl Trace {
    /// A span for a request, as part of the trace that its `traceparent` names.
    pub(crate) fn begin(
        headers: &HeaderMap,
        method: &Method,
        route: &str,
        random: &Random,
    ) -> Self {
        if !tracing::enabled!(target: TRACE_TARGET, tracing::Level::DEBUG) {
            return Self { span: Span::none(), id: None };
        }
        let parent = parent(headers);
        let id = parent.as_ref().map_or_else(|| new_id(random), |parent| parent.trace);
        let span = tracing::debug_span!(
            target: TRACE_TARGET,
            "request",
            "trace.id" = %id,
            "trace.parent" = parent.as_ref().map(|parent| hex_encode(&parent.span)),
            "trace.sampled" = parent.as_ref().map(|parent| parent.is_sampled),
            "http.request.method" = method_name(method),
            "http.route" = route,
            "http.response.status_code" = Empty,
        );
        Self { span, id: Some(id) }
    }

    /// Says how it went.
    pub(crate) fn end(&self, status: StatusCode) {
        self.span.record("http.response.status_code", status.as_u16());
    }
}

/// A part of a request that takes time worth knowing.
macro_rules! step {
    ($name:literal) => {
        tracing::debug_span!(target: $crate::trace::TRACE_TARGET, $name)
    };
}

pub(crate) use step;

/// The caller's place in a trace (W3C Trace Context §3.2).
#[derive(Debug, PartialEq, Eq)]
struct Parent {
    trace: TraceId,
    span: [u8; 8],
    is_sampled: bool,
}

/// What `traceparent` says, if there is one and it is well-formed.
fn parent(headers: &HeaderMap) -> Option<Parent> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next()?.to_str().ok()?;
    // Two of them contradict each other.
    if values.next().is_some() {
        return None;
    }
    let mut parts = value.split('-');
    let version: [u8; 1] = hex(parts.next()?)?;
    let trace: [u8; 16] = hex(parts.next()?)?;
    let span: [u8; 8] = hex(parts.next()?)?;
    let [flags]: [u8; 1] = hex(parts.next()?)?;
    // A later version may have more to say after the flags.
    let is_whole = version == [0] && parts.next().is_none();
    let is_known = is_whole || !matches!(version, [0 | 0xff]);
    let is_there = trace != [0; 16] && span != [0; 8];
    (is_known && is_there).then_some(Parent {
        trace: TraceId(trace),
        span,
        is_sampled: flags & 1 == 1,
    })
}

/// Exactly as many bytes, in lower case.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    crate::crypto::hex_decode(text)?.try_into().ok()
}

fn new_id(random: &Random) -> TraceId {
    let mut id = [0; 16];
    random.fill(&mut id);
    // Zeros only would mean that there is none.
    if id == [0; 16] {
        id = [1; 16];
    }
    TraceId(id)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<Parent> {
        let values = values.iter().map(|value| HeaderValue::from_str(value).unwrap());
        parent(&values.map(|value| (TRACEPARENT, value)).collect())
    }

    #[test]
    fn a_callers_trace_is_read() {
        let value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = read(&[value]).unwrap();
        assert_eq!(parent.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(
            (hex_encode(&parent.span).as_str(), parent.is_sampled),
            ("00f067aa0ba902b7", true)
        );
        let unsampled = value.replace("-01", "-00");
        assert_eq!(read(&[&unsampled]).map(|parent| parent.is_sampled), Some(false));
        // What a later version adds is passed over.
        assert!(read(&[&format!("{}-more", value.replacen("00", "cc", 1))]).is_some());
    }

    #[test]
    fn what_is_no_traceparent_is_passed_over() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read(&[bad]), None, "{bad}");
        }
        assert_eq!(read(&[good, good]), None);
        assert_eq!(read(&[]), None);
    }
}
