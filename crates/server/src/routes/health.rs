//! For whoever watches over the process; not part of the wire.

use axum::extract::State;
use http::StatusCode;

use crate::context::Context;

/// `GET /health/live`: the process answers.
pub(crate) async fn live() -> StatusCode {
    StatusCode::OK
}

/// `GET /health/ready`: the database answers too.
pub(crate) async fn ready(State(cx): State<Context>) -> StatusCode {
    match cx.store.is_ready().await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "not ready");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
