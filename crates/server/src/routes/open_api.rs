//! Upstream: `src/plugins/open-api/index.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::openapi::openapi;

/// `GET /open-api/generate-schema`: 404 unless it is enabled.
pub(crate) async fn generate(
    State(cx): State<Context>,
    call: Call<()>,
) -> Result<Response, ApiError> {
    if !cx.options.open_api.enabled {
        return Err(ApiError::not_found());
    }
    Ok(call.facts.reply.json(StatusCode::OK, &openapi(&cx.options.base_url)))
}
