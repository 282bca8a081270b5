//! What users say of themselves. Upstream: `src/api/routes/update-user.ts`.

use super::{additional, session};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{ActiveSession, NewImage, Session, StoreError};
use crate::wire;

/// Upstream's words, which come without a code.
pub(crate) const NOTHING_TO_UPDATE: &str = "No fields to update";

/// Changes name and picture of the signed-in user. An address is not changed in passing: whoever
/// reads its mail owns the account.
pub(crate) async fn update(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    body: wire::UpdateUser,
) -> Result<(), ApiError> {
    if body.has_email {
        return Err(ApiError::known(&error_codes::EMAIL_CAN_NOT_BE_UPDATED));
    }
    let more = additional::of_user(cx, &body.more)?;
    if body.name.is_none() && body.image == NewImage::AsBefore && more.is_empty() {
        return Err(ApiError::without_code(NOTHING_TO_UPDATE.to_owned()));
    }
    let ActiveSession { session, user } = active;
    let now = cx.clock.now();
    let updated = cx.store.update_profile(user.id, body.name, body.image, more, now).await;
    let updated = updated.map_err(|error| match error {
        StoreError::Conflict(_) => ApiError::known(&error_codes::FAILED_TO_UPDATE_USER),
        error => error.into(),
    })?;
    // None if they were deleted meanwhile.
    let user = updated.ok_or_else(|| ApiError::known(&error_codes::FAILED_TO_UPDATE_USER))?;
    session::renew_cookies(cx, facts, &session, &user);
    Ok(())
}

/// Changes additional fields of the session that asks.
pub(crate) async fn update_session(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    body: wire::UpdateSession,
) -> Result<Session, ApiError> {
    let changes = additional::of_session(cx, &body.fields)?;
    if changes.is_empty() {
        return Err(ApiError::without_code(NOTHING_TO_UPDATE.to_owned()));
    }
    let ActiveSession { session, user } = active;
    let updated = cx.store.update_session(session.token, changes, cx.clock.now()).await;
    let updated = updated.map_err(|error| match error {
        StoreError::Conflict(_) => ApiError::known(&error_codes::FAILED_TO_UPDATE_USER),
        error => error.into(),
    })?;
    let Some(session) = updated else {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        return Err(ApiError::known(&error_codes::FAILED_TO_GET_SESSION));
    };
    session::renew_cookies(cx, facts, &session, &user);
    Ok(session)
}
