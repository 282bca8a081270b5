//! Upstream: `src/plugins/jwt/index.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::session::SignedInOrCached;
use crate::flows::token;
use crate::wire;

/// `GET /token`
pub(crate) async fn token(
    State(cx): State<Context>,
    call: Call<(), SignedInOrCached>,
) -> Result<Response, ApiError> {
    let Call { guard: SignedInOrCached(active), mut facts, .. } = call;
    let token = token::issue(&cx, &mut facts, &active.user).await?;
    Ok(facts.reply.json(StatusCode::OK, &wire::Token { token }))
}

/// `GET /jwks`
pub(crate) async fn jwks(State(cx): State<Context>, call: Call<()>) -> Result<Response, ApiError> {
    let keys = cx.keys.published().await?;
    Ok(call.facts.reply.json(StatusCode::OK, &wire::KeySet { keys }))
}
