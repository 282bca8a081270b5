//! How a user may sign in, as the user sees and changes it. Upstream: `src/api/routes/account.ts`.

use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{ActiveSession, UnlinkError};

/// Takes an account from `user`, never the last one, and never another's.
pub(crate) async fn unlink(
    cx: &Context,
    facts: &Facts,
    active: ActiveSession,
    id: String,
) -> Result<(), ApiError> {
    let ActiveSession { session, user } = active;
    cx.store.unlink_account(id.clone(), user.id.clone()).await.map_err(|error| match error {
        UnlinkError::Last => ApiError::known(&error_codes::FAILED_TO_UNLINK_LAST_ACCOUNT),
        UnlinkError::NotFound => ApiError::known(&error_codes::ACCOUNT_NOT_FOUND),
        UnlinkError::Store(error) => error.into(),
    })?;
    let entry = AuditEntry::of(cx, facts, AuditEvent::AccountUnlink).user(&user.id);
    cx.audit.record(entry.session(&session.id).detail("account", id)).await;
    Ok(())
}
