//! What the user's own password lets them do. Upstream: `src/api/routes/update-user.ts`,
//! `src/utils/password.ts`.

use super::password_length::{self, check_not_too_long};
use super::session::{self, Remember};
use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::lockout::{self, Account};
use crate::password::Verdict;
use crate::store::{ActiveSession, ChangePassword, OwnPassword, Session};
use crate::wire;

/// Replaces the password of whoever knows the current one; gives the new session if the others
/// were to end.
pub(crate) async fn change(
    cx: &Context,
    facts: &mut Facts,
    active: &ActiveSession,
    body: wire::ChangePassword,
) -> Result<Option<Session>, ApiError> {
    let wire::ChangePassword { new_password, current_password, revoke_other_sessions } = body;
    password_length::check_new(cx, &new_password)?;
    let OwnPassword { account_id, hash: old_hash } =
        check(cx, facts, active, AuditEvent::PasswordChange, current_password).await?;
    let hash = cx.passwords.hash(new_password).await?;
    let new_session =
        revoke_other_sessions.then(|| session::begin(cx, facts, &active.user.id, Remember::Yes));
    let change = ChangePassword {
        account_id,
        old_hash,
        hash,
        user_id: active.user.id.clone(),
        token: active.session.token.clone(),
        new_session: new_session.clone(),
        now: cx.clock.now(),
    };
    if !cx.store.change_password(change).await? {
        return Err(ApiError::known(&error_codes::INVALID_PASSWORD));
    }
    let entry = AuditEntry::of(cx, facts, AuditEvent::PasswordChange).user(&active.user.id);
    let session = new_session.as_ref().unwrap_or(&active.session);
    let entry = entry.session(&session.id).detail("sessions_revoked", revoke_other_sessions);
    cx.audit.record(entry).await;
    if let Some(session) = &new_session {
        session::renew_cookies(cx, facts, session, &active.user);
    }
    Ok(new_session)
}

/// Whether `password` is the user's. That they have none is not told apart from a wrong one.
pub(crate) async fn verify(
    cx: &Context,
    facts: &Facts,
    active: &ActiveSession,
    password: String,
) -> Result<(), ApiError> {
    check_not_too_long(cx, &password)?;
    match cx.store.find_own_password(&active.user.id).await? {
        Some(own) => {
            compare(cx, facts, active, AuditEvent::PasswordCheck, (password, own)).await.map(drop)
        }
        None => Err(ApiError::known(&error_codes::INVALID_PASSWORD)),
    }
}

/// The user's stored password, if `password` is it; `event` is what it is asked for.
pub(crate) async fn check(
    cx: &Context,
    facts: &Facts,
    active: &ActiveSession,
    event: AuditEvent,
    password: String,
) -> Result<OwnPassword, ApiError> {
    check_not_too_long(cx, &password)?;
    match cx.store.find_own_password(&active.user.id).await? {
        Some(own) => compare(cx, facts, active, event, (password, own)).await,
        None => Err(ApiError::known(&error_codes::CREDENTIAL_ACCOUNT_NOT_FOUND)),
    }
}

async fn compare(
    cx: &Context,
    facts: &Facts,
    active: &ActiveSession,
    event: AuditEvent,
    (password, own): (String, OwnPassword),
) -> Result<OwnPassword, ApiError> {
    let attempt = lockout::begin(cx, facts, Account::User(&active.user.id)).await?;
    if cx.passwords.verify(password, own.hash.clone()).await? == Verdict::Wrong {
        let outcome = attempt.failed(cx).await?;
        let entry = AuditEntry::of(cx, facts, event).outcome(outcome).user(&active.user.id);
        cx.audit.record(entry.session(&active.session.id)).await;
        return Err(ApiError::known(&error_codes::INVALID_PASSWORD));
    }
    attempt.succeeded(cx).await?;
    Ok(own)
}
