//! A new password for whoever can read the user's mail. Upstream: `src/api/routes/password.ts`.

use percent_encoding::utf8_percent_encode;

use super::even::even;
use super::password_length;
use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Facts;
use crate::context::Context;
use crate::cookies::COMPONENT;
use crate::error::ApiError;
use crate::error_codes;
use crate::lockout;
use crate::mail::{Kind, Letter};
use crate::store::{PasswordReset, Verification};
use crate::wire;

const TOKEN_CHARACTERS: usize = 24;

/// Mails a link to the user with the address, if there is one. Whether there is shows neither in
/// the answer nor in its time.
pub(crate) async fn request(
    cx: &Context,
    facts: &Facts,
    body: wire::RequestPasswordReset,
) -> Result<(), ApiError> {
    if !cx.mailer.is_on() {
        return Err(ApiError::known(&error_codes::RESET_PASSWORD_DISABLED));
    }
    even(send(cx, facts, body)).await
}

async fn send(
    cx: &Context,
    facts: &Facts,
    body: wire::RequestPasswordReset,
) -> Result<(), ApiError> {
    let email = body.email.to_lowercase();
    let now = cx.clock.now();
    let token = cx.random.id(TOKEN_CHARACTERS);
    let expires_in = cx.options.email_and_password.reset_password_token_expires_in;
    let row = Verification {
        id: cx.new_id(),
        identifier: identifier(&token),
        value: String::new(),
        expires_at: now.plus_seconds(expires_in),
        created_at: now,
    };
    let is_known = cx.store.add_verification_for(email.clone(), row).await?;
    let found = cx.store.find_credential(&email).await?;
    let entry = AuditEntry::of(cx, facts, AuditEvent::PasswordResetRequest);
    let entry = found.iter().fold(entry, |entry, found| entry.user(&found.user.id));
    cx.audit.record(entry).await;
    let name = found.map(|found| found.user.name).unwrap_or_default();
    let redirect = body.redirect_to.unwrap_or_default();
    let redirect = utf8_percent_encode(&redirect, COMPONENT);
    let base = &cx.options.base_url;
    let link =
        format!("{}{}/reset-password/{token}?callbackURL={redirect}", base.origin, base.path);
    let letter = Letter { kind: Kind::PasswordReset, to: email, name, link, expires_in };
    cx.mailer.send(is_known.then_some(letter)).await;
    Ok(())
}

/// Whether a token could be used now.
pub(crate) async fn is_good(cx: &Context, token: &str) -> Result<bool, ApiError> {
    let found = cx.store.find_verification(&identifier(token)).await?;
    Ok(found.is_some_and(|row| row.expires_at >= cx.clock.now()))
}

/// Sets a new password, for a token that is good. It is used up only when all else is right.
pub(crate) async fn reset(
    cx: &Context,
    facts: &Facts,
    token: &str,
    new_password: String,
) -> Result<(), ApiError> {
    let invalid = || ApiError::known(&error_codes::INVALID_TOKEN);
    if token.is_empty() {
        return Err(invalid());
    }
    let options = &cx.options.email_and_password;
    password_length::check_new(cx, &new_password)?;
    let identifier = identifier(token);
    // Looked at first, so that only a good token costs a hash.
    let found = cx.store.find_verification(&identifier).await?;
    let Some(row) = found.filter(|row| row.expires_at >= cx.clock.now()) else {
        return Err(invalid());
    };
    let Some(user) = cx.store.find_user(&row.value).await? else {
        return Err(ApiError::known(&error_codes::USER_NOT_FOUND));
    };
    let reset = PasswordReset {
        identifier,
        password: cx.passwords.hash(new_password).await?,
        account_id: cx.new_id(),
        revoke_sessions: options.revoke_sessions_on_password_reset,
        now: cx.clock.now(),
    };
    if !cx.store.reset_password(reset).await? {
        return Err(invalid());
    }
    let entry = AuditEntry::of(cx, facts, AuditEvent::PasswordReset).user(&user.id);
    let revoked = options.revoke_sessions_on_password_reset;
    cx.audit.record(entry.detail("sessions_revoked", revoked)).await;
    // Whoever was locked out by strangers gets in again.
    lockout::forget(cx, &user.email, &user.id).await
}

fn identifier(token: &str) -> String {
    format!("reset-password:{token}")
}
