//! Users who come back. Upstream: `src/api/routes/sign-in.ts`.

use super::password_length;
use super::session::{self, Remember};
use super::verification;
use crate::audit::{AuditEntry, AuditEvent, AuditOutcome};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::lockout::{self, Account, Attempt};
use crate::password::Verdict;
use crate::shape::is_email;
use crate::store::{Credential, Session, User};
use crate::wire;

/// Characters by which the audit log tells accounts apart, whose addresses it does not have.
const ACCOUNT_CHARACTERS: usize = 16;

/// Signs in by password. Whether the address or the password was wrong shows neither in the
/// answer nor in what it costs: an unknown user takes one hash as well.
pub(crate) async fn with_password(
    cx: &Context,
    facts: &mut Facts,
    body: wire::SignInEmail,
) -> Result<(User, Session), ApiError> {
    let wire::SignInEmail { email, password, callback_url, remember_me } = body;
    let options = &cx.options.email_and_password;
    if !options.enabled {
        return Err(ApiError::known(&error_codes::EMAIL_PASSWORD_DISABLED));
    }
    if !is_email(&email) {
        return Err(ApiError::known(&error_codes::INVALID_EMAIL));
    }
    password_length::check_not_too_long(cx, &password)?;
    let email = email.to_lowercase();
    let attempt = lockout::begin(cx, facts, Account::Email(&email)).await?;
    let found = cx.store.find_credential(&email).await?;
    let Some(Credential { user, password: Some(stored) }) = found else {
        cx.passwords.hash(password).await?;
        return Err(refuse(cx, facts, attempt, &email, None).await);
    };
    match cx.passwords.verify(password, stored.clone()).await? {
        Verdict::Wrong => return Err(refuse(cx, facts, attempt, &email, Some(&user)).await),
        Verdict::Right { replacement: Some(hash) } => {
            // The real server reads no hash but its own; from now on it can take over this row too.
            cx.store.replace_hash(&user.id, &stored, &hash, cx.clock.now()).await?;
        }
        Verdict::Right { replacement: None } => {}
    }
    attempt.succeeded(cx).await?;
    if options.require_email_verification && !user.email_verified {
        if cx.options.email_verification.send_on_sign_in {
            verification::send(cx, Some(&user), callback_url.as_deref()).await?;
        }
        let entry = AuditEntry::of(cx, facts, AuditEvent::SignIn).outcome(AuditOutcome::Failed);
        cx.audit.record(entry.user(&user.id).detail("why", "email-not-verified")).await;
        return Err(ApiError::known(&error_codes::EMAIL_NOT_VERIFIED));
    }
    let remember = Remember::from(remember_me);
    let session = session::begin(cx, facts, &user.id, remember);
    cx.store.create_session(&session).await?;
    session::set_cookies(cx, facts, &session, &user, remember);
    let entry = AuditEntry::of(cx, facts, AuditEvent::SignIn);
    cx.audit.record(entry.user(&user.id).session(&session.id)).await;
    Ok((user, session))
}

/// Counts and writes down a wrong password, or an address that nobody has: as much work for either.
async fn refuse(
    cx: &Context,
    facts: &Facts,
    attempt: Attempt,
    email: &str,
    user: Option<&User>,
) -> ApiError {
    let outcome = match attempt.failed(cx).await {
        Ok(outcome) => outcome,
        Err(error) => return error,
    };
    let mut account = Account::Email(email).id(cx);
    account.truncate(ACCOUNT_CHARACTERS);
    let entry = AuditEntry::of(cx, facts, AuditEvent::SignIn).outcome(outcome);
    let entry = entry.detail("account", account);
    cx.audit.record(user.iter().fold(entry, |entry, user| entry.user(&user.id))).await;
    ApiError::known(&error_codes::INVALID_EMAIL_OR_PASSWORD)
}
