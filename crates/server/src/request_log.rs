//! One line for each request: what was asked and how it went, never with what.
//!
//! The path is the route's template, never the text that was asked for: that may hold a token, and
//! so may a query, a header or a body, none of which is logged.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

use crate::context::Context;
use crate::crypto::hex_encode;
use crate::error::Outcome;
use crate::metrics::{Answered, method_name};
use crate::trace::Trace;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What `x-request-id` of the answer will say.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, puts the id on every line logged on its way and on the response, and
/// counts it.
pub(crate) async fn log(State(cx): State<Context>, mut request: Request, next: Next) -> Response {
    let mut id = [0; 8];
    cx.random.fill(&mut id);
    let id = hex_encode(&id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let name = route.unwrap_or("-");
    let trace = Trace::begin(request.headers(), &method, name, &cx.random);
    let span = tracing::info_span!(parent: &trace.span, "request", request_id = %id);
    let in_flight = cx.metrics.requests.begin();
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let duration = started.elapsed();
    drop(in_flight);
    let status = response.status();
    let outcome = response.extensions_mut().remove::<Outcome>();
    let answered = Answered { route, method: &method, status, duration };
    cx.metrics.count(&answered, outcome.as_ref());
    trace.end(status);
    span.in_scope(|| {
        tracing::info!(
            method = method_name(&method),
            route = name,
            status = status.as_u16(),
            milliseconds = duration.as_secs_f64() * 1000.0,
            trace_id = trace.id.map(tracing::field::display),
            "request"
        );
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}
