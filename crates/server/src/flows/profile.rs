//! What users say of themselves. Upstream: `src/api/routes/update-user.ts`.

use super::session;
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{ActiveSession, NewImage, User};
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
    let ActiveSession { session, user } = active;
    let now = cx.clock.now();
    let changed = User {
        name: body.name.clone().unwrap_or(user.name),
        image: match &body.image {
            NewImage::AsBefore => user.image,
            NewImage::None => None,
            NewImage::Some(image) => Some(image.clone()),
        },
        updated_at: now,
        ..user
    };
    cx.store.update_profile(changed.id.clone(), body.name, body.image, now).await?;
    session::renew_cookies(cx, facts, &session, &changed);
    Ok(())
}
