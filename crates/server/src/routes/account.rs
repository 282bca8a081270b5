//! Upstream: `src/api/routes/account.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::account;
use crate::flows::session::{Fresh, SignedInOrCached};
use crate::wire;

/// `GET /list-accounts`
pub(crate) async fn list(
    State(cx): State<Context>,
    call: Call<(), SignedInOrCached>,
) -> Result<Response, ApiError> {
    let SignedInOrCached(active) = call.guard;
    let accounts = cx.store.list_accounts(&active.user.id).await?;
    let answer: Vec<wire::Account<'_>> = accounts.iter().map(Into::into).collect();
    Ok(call.facts.reply.json(StatusCode::OK, &answer))
}

/// `POST /unlink-account`
pub(crate) async fn unlink(
    State(cx): State<Context>,
    call: Call<wire::UnlinkAccount, Fresh>,
) -> Result<Response, ApiError> {
    let Call { body, guard: Fresh(active), facts } = call;
    match account::unlink(&cx, &facts, active, body.account_id).await {
        Ok(()) => Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true })),
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}
