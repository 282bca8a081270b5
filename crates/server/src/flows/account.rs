//! How a user may sign in, as the user sees and changes it. Upstream: `src/api/routes/account.ts`.

use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{UnlinkError, User};

/// Takes an account from `user`, never the last one, and never another's.
pub(crate) async fn unlink(cx: &Context, user: User, id: String) -> Result<(), ApiError> {
    cx.store.unlink_account(id, user.id).await.map_err(|error| match error {
        UnlinkError::Last => ApiError::known(&error_codes::FAILED_TO_UNLINK_LAST_ACCOUNT),
        UnlinkError::NotFound => ApiError::known(&error_codes::ACCOUNT_NOT_FOUND),
        UnlinkError::Store(error) => error.into(),
    })
}
