//! One line for each request: what was asked and how it went, never with what.
//!
//! The path is the route's template, never the text that was asked for: that may hold a token, and
//! so may a query, a header or a body, none of which is logged.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method};
use tracing::Instrument;

use crate::context::Context;
use crate::crypto::hex_encode;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What `x-request-id` of the answer will say.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, puts the id on every line logged on its way and on the response.
pub(crate) async fn log(State(cx): State<Context>, mut request: Request, next: Next) -> Response {
    let mut id = [0; 8];
    cx.random.fill(&mut id);
    let id = hex_encode(&id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request_id = %id);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| tracing::info!(method, route, status, milliseconds, "request"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// The method's name; one of somebody's own making could say anything.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
