//! Lets trusted front ends on other origins call us with credentials; never everybody.
//!
//! Upstream leaves this to its host and answers `OPTIONS` with 404; we are the host.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::context::Context;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const HEADERS: HeaderValue = HeaderValue::from_static("content-type, authorization");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("set-auth-token, set-auth-jwt, x-retry-after");
const TRUE: HeaderValue = HeaderValue::from_static("true");
/// Seconds for which a browser need not ask again: what browsers hold at most is two hours.
const PREFLIGHT_HOLDS: HeaderValue = HeaderValue::from_static("600");

/// Answers preflights of trusted origins, and names the origin on their other responses.
pub(crate) async fn cors(State(cx): State<Context>, request: Request, next: Next) -> Response {
    let trusted = trusted_origin(&cx, request.headers());
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (&trusted, is_preflight) {
        (Some(_), true) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_HOLDS);
            response
        }
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    // The answer differs by origin, trusted or not: a cache in between must know.
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = trusted {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        if !is_preflight {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
    response
}

/// The request's `Origin`, if it is another one than ours and trusted.
fn trusted_origin(cx: &Context, headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(ORIGIN)?;
    let origin = value.to_str().ok()?;
    let origins = &cx.options.trusted_origins;
    // An `Origin` header holds an origin alone; a path in it would be echoed for nothing.
    let is_origin = url::Url::parse(origin)
        .is_ok_and(|url| crate::origin::origin_of(&url).is_none_or(|own| own == origin));
    (is_origin && !origins.is_own(origin) && origins.trusts(origin)).then(|| value.clone())
}
