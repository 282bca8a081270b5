//! Users who leave. Upstream: `src/api/routes/update-user.ts`.

use super::{change_password, session};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::ActiveSession;
use crate::wire;

/// Deletes the signed-in user, who shows a password or has just signed in: a browser left open is
/// not enough. An empty password or token is none.
pub(crate) async fn delete(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    body: wire::DeleteUser,
) -> Result<(), ApiError> {
    let ActiveSession { session, user } = active;
    let password = body.password.filter(|password| !password.is_empty());
    let shows_password = password.is_some();
    if let Some(password) = password {
        change_password::check(cx, &user, password).await?;
    }
    if body.token.is_some_and(|token| !token.is_empty()) {
        // Tokens come by mail, and no mail is sent: none can be right.
        return Err(ApiError::known(&error_codes::INVALID_TOKEN.into_not_found()));
    }
    if !shows_password && !session::is_fresh(cx, &session) {
        return Err(ApiError::known(&error_codes::SESSION_EXPIRED));
    }
    let is_deleted = cx.store.delete_user(user.id, session.token).await?;
    facts.reply.clear_session(&cx.cookies, &facts.headers);
    if is_deleted { Ok(()) } else { Err(ApiError::known(&error_codes::UNAUTHORIZED)) }
}
