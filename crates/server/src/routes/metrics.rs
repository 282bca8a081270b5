//! For Prometheus; not part of the wire.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text;

use crate::context::Context;
use crate::error::ApiError;

/// `GET /metrics`
pub(crate) async fn scrape(State(cx): State<Context>) -> Result<Response, ApiError> {
    let text = cx.metrics.text(cx.mailer.waiting()).map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response())
}
