//! For Prometheus; not part of the wire.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text;

use crate::context::Context;
use crate::error::ApiError;

/// `GET /metrics`
pub(crate) async fn scrape(State(cx): State<Context>) -> Result<Response, ApiError> {
    // Without the database the figure stays as it was: the others are wanted then more than ever.
    let mails_waiting = cx.mailer.waiting().await.ok();
    let text = cx.metrics.text(mails_waiting).map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response())
}
