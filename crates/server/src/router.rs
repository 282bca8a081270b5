//! The route table, and what every request goes through.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, OriginalUri, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use http::header::CONTENT_TYPE;
use http::{HeaderName, Method, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::call::client_ip;
use crate::context::Context;
use crate::error::ApiError;
use crate::methods::{Methods, none, not_found};
use crate::rate_limit::{Path, Refusal};
use crate::routes::{
    account, change_email, change_password, delete_user, email_verification, error, health, jwt,
    metrics, ok, open_api, password, session, sign_in, sign_out, sign_up, update_user,
};
use crate::{cors, request_log};

/// How long a request may take, its body's arrival included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A path and what its methods do.
pub(crate) type Endpoint = (&'static str, fn() -> Methods);

/// The same beside the wire.
type Watched = (&'static str, fn() -> MethodRouter<Context>);

/// Every endpoint of the wire, below the base path.
pub(crate) const ENDPOINTS: [Endpoint; 27] = [
    ("/change-email", || none().post(change_email::change)),
    ("/change-password", || none().post(change_password::change)),
    ("/delete-user", || none().post(delete_user::delete)),
    ("/delete-user/callback", || none().get(delete_user::callback)),
    ("/error", || none().get(error::page)),
    ("/get-session", || none().get(session::get).post(session::post)),
    ("/jwks", || none().get(jwt::jwks)),
    ("/list-accounts", || none().get(account::list)),
    ("/list-sessions", || none().get(session::list)),
    ("/ok", || none().get(ok::ok)),
    ("/open-api/generate-schema", || none().get(open_api::generate)),
    ("/request-password-reset", || none().post(password::request_reset)),
    ("/reset-password", || none().post(password::reset)),
    ("/reset-password/{token}", || none().get(password::reset_callback)),
    ("/revoke-other-sessions", || none().post(session::revoke_others)),
    ("/revoke-session", || none().post(session::revoke)),
    ("/revoke-sessions", || none().post(session::revoke_all)),
    ("/send-verification-email", || none().post(email_verification::send)),
    ("/sign-in/email", || none().post(sign_in::email)),
    ("/sign-out", || none().post(sign_out::sign_out)),
    ("/sign-up/email", || none().post(sign_up::email)),
    ("/token", || none().get(jwt::token)),
    ("/unlink-account", || none().post(account::unlink)),
    ("/update-session", || none().post(update_user::session)),
    ("/update-user", || none().post(update_user::user)),
    ("/verify-email", || none().get(email_verification::verify)),
    ("/verify-password", || none().post(change_password::verify)),
];

/// For whoever watches over the process; beside the base path.
const HEALTH: [Watched; 2] = [
    ("/health/live", || any(not_found).get(health::live)),
    ("/health/ready", || any(not_found).get(health::ready)),
];

/// The whole server as one service.
pub fn router(cx: Context) -> Router {
    let wire = ENDPOINTS
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            let router = router.route(path, methods().router);
            if cx.options.advanced.skip_trailing_slashes {
                router.route(&format!("{path}/"), methods().router)
            } else {
                router
            }
        })
        .fallback(not_found)
        .layer(from_fn(no_nonsense))
        .layer(from_fn_with_state(cx.clone(), rate_limit))
        .layer(from_fn_with_state(cx.clone(), disabled_paths))
        .layer(from_fn_with_state(cx.clone(), cors::cors));
    Router::new()
        .nest(&cx.options.base_url.path, wire)
        .merge(
            HEALTH
                .into_iter()
                .fold(Router::new(), |router, (path, methods)| router.route(path, methods())),
        )
        .fallback(not_found)
        .layer(CatchPanicLayer::custom(|_panic| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(from_fn_with_state(cx.clone(), request_log::log))
        .with_state(cx)
}

/// What every path is called in logs and figures.
pub(crate) fn route_templates(base_path: &str) -> impl Iterator<Item = String> {
    let wire = ENDPOINTS.iter().map(move |(path, _)| format!("{base_path}{path}"));
    wire.chain(HEALTH.iter().map(|(path, _)| (*path).to_owned()))
}

/// The figures, at `/metrics` and nothing else: for a listener of their own, since they tell more
/// of the server than strangers need to know.
pub fn metrics_router(cx: Context) -> Router {
    Router::new()
        .route("/metrics", any(not_found).get(metrics::scrape))
        .fallback(not_found)
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(cx)
}

/// Upstream knows no `HEAD`, where the router would answer it as a `GET`, and no empty part of a
/// path, where the router would take one for a parameter.
async fn no_nonsense(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD || request.uri().path().contains("//") {
        return ApiError::not_found().into_response();
    }
    next.run(request).await
}

/// Whether there is an endpoint at `path`, below the base path.
pub(crate) fn is_endpoint(path: &str) -> bool {
    !path.contains('{') && ENDPOINTS.iter().any(|(known, _)| *known == path)
}

/// The path below the base path, as it was sent: what a nested router shows lacks a slash where the
/// two are parted by more than one.
fn below_base<'r>(cx: &Context, request: &'r Request) -> &'r str {
    let sent = request.extensions().get::<OriginalUri>();
    let path = sent.map_or(request.uri(), |OriginalUri(uri)| uri).path();
    path.strip_prefix(cx.options.base_url.path.as_str()).unwrap_or(path)
}

/// Endpoints that are switched off: upstream's text, and no other method does anything either.
async fn disabled_paths(State(cx): State<Context>, request: Request, next: Next) -> Response {
    if cx.options.disabled_paths.contains(below_base(&cx, &request)) {
        const TEXT: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain;charset=UTF-8")];
        return (StatusCode::NOT_FOUND, TEXT, "Not Found").into_response();
    }
    next.run(request).await
}

/// Counts every request by address and path.
async fn rate_limit(State(cx): State<Context>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let ip = client_ip(request.headers(), peer, &cx);
    let path = below_base(&cx, &request).trim_end_matches('/');
    let path = if is_endpoint(path) { Path::Known(path) } else { Path::Unknown(path) };
    match cx.rate_limiter.check(&ip, path, cx.clock.now()).await {
        Ok(()) => next.run(request).await,
        Err(Refusal::TooMany(too_many)) => {
            cx.metrics.rate_limited.inc();
            ApiError::too_many(too_many.retry_after).into_response()
        }
        Err(Refusal::Failed(error)) => ApiError::uncounted(error).into_response(),
    }
}
