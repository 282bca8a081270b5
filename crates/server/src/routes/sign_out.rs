//! Upstream: `src/api/routes/sign-out.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::wire;

/// `POST /sign-out`: succeeds without a session too.
pub(crate) async fn sign_out(
    State(cx): State<Context>,
    call: Call<wire::SignOut>,
) -> Result<Response, ApiError> {
    let mut facts = call.facts;
    if let Some(token) = facts.session_token(&cx)
        && let Some(ended) = cx.store.delete_session(&token).await?
    {
        let entry = AuditEntry::of(&cx, &facts, AuditEvent::SignOut).user(&ended.user_id);
        cx.audit.record(entry.session(&ended.session_id)).await;
    }
    facts.reply.clear_session(&cx.cookies, &facts.headers);
    Ok(facts.reply.json(StatusCode::OK, &wire::Success { success: true }))
}
