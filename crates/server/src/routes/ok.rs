//! Upstream: `src/api/routes/ok.ts`.

use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::wire;

/// `GET /ok`
pub(crate) async fn ok(call: Call<()>) -> Response {
    call.facts.reply.json(StatusCode::OK, &wire::Ok { ok: true })
}
