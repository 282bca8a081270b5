//! What users say of themselves. Upstream: `src/api/routes/update-user.ts`.

use super::session;
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{ActiveSession, NewImage};
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
    if body.name.is_none() && body.image == NewImage::AsBefore {
        return Err(ApiError::without_code(NOTHING_TO_UPDATE.to_owned()));
    }
    cx.store.update_profile(&active.user.id, body.name, body.image, cx.clock.now()).await?;
    session::renew_cookies(cx, facts, &active.session);
    Ok(())
}
