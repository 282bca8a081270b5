//! Users who leave. Upstream: `src/api/routes/update-user.ts`.

use percent_encoding::utf8_percent_encode;

use super::{change_password, session};
use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Facts;
use crate::context::Context;
use crate::cookies::COMPONENT;
use crate::error::ApiError;
use crate::error_codes::{self, ErrorCode};
use crate::mail::{Kind, Letter};
use crate::store::{ActiveSession, Deletion, Verification};
use crate::wire;

const TOKEN_CHARACTERS: usize = 32;

/// What became of a wish to be deleted.
pub(crate) enum Outcome {
    Deleted,
    Mailed,
}

/// Deletes the signed-in user, who shows a password or has just signed in: a browser left open is
/// not enough. Where deletions are confirmed by mail, a link is mailed instead. An empty password or
/// token is none.
pub(crate) async fn delete(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    body: wire::DeleteUser,
) -> Result<Outcome, ApiError> {
    let password = body.password.filter(|password| !password.is_empty());
    let shows_password = password.is_some();
    if let Some(password) = password {
        change_password::check(cx, facts, &active, AuditEvent::UserDelete, password).await?;
    }
    let gone = &error_codes::UNAUTHORIZED;
    if let Some(token) = body.token.filter(|token| !token.is_empty()) {
        return with_token(cx, facts, active, &token, gone).await.map(|()| Outcome::Deleted);
    }
    if cx.options.user.delete_user.send_delete_account_verification {
        return mail(cx, active, body.callback_url).await.map(|()| Outcome::Mailed);
    }
    let ActiveSession { session, user } = active;
    if !shows_password && !session::is_fresh(cx, &session) {
        return Err(ApiError::known(&error_codes::SESSION_EXPIRED));
    }
    let is_deleted = cx.store.delete_user(user.id.clone(), session.token).await?;
    if is_deleted {
        record(cx, facts, &user.id, &session.id).await;
    }
    facts.reply.clear_session(&cx.cookies, &facts.headers);
    if is_deleted { Ok(Outcome::Deleted) } else { Err(ApiError::known(gone)) }
}

/// Deletes the signed-in user for the token of a mail, which is used up even if it is another's.
/// `gone` is what to answer when the session has ended meanwhile.
pub(crate) async fn with_token(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    token: &str,
    gone: &ErrorCode,
) -> Result<(), ApiError> {
    let ActiveSession { session, user } = active;
    let now = cx.clock.now();
    let deletion = cx
        .store
        .delete_user_with_token(user.id.clone(), session.token, identifier(token), now)
        .await?;
    match deletion {
        Deletion::Done => {
            record(cx, facts, &user.id, &session.id).await;
            facts.reply.clear_session(&cx.cookies, &facts.headers);
            Ok(())
        }
        Deletion::SessionGone => {
            facts.reply.clear_session(&cx.cookies, &facts.headers);
            Err(ApiError::known(gone))
        }
        Deletion::TokenUnknown => {
            Err(ApiError::known(&error_codes::INVALID_TOKEN.into_not_found()))
        }
    }
}

async fn record(cx: &Context, facts: &Facts, user_id: &str, session_id: &str) {
    let entry = AuditEntry::of(cx, facts, AuditEvent::UserDelete);
    cx.audit.record(entry.user(user_id).session(session_id)).await;
}

async fn mail(
    cx: &Context,
    active: ActiveSession,
    callback_url: Option<String>,
) -> Result<(), ApiError> {
    if !cx.mailer.is_on() {
        return Err(ApiError::known(&error_codes::VERIFICATION_EMAIL_NOT_ENABLED));
    }
    let token = cx.random.id(TOKEN_CHARACTERS);
    let expires_in = cx.options.user.delete_user.delete_token_expires_in;
    let now = cx.clock.now();
    let row = Verification {
        id: cx.new_id(),
        identifier: identifier(&token),
        value: active.user.id,
        expires_at: now.plus_seconds(expires_in),
        created_at: now,
    };
    cx.store.add_verification(row).await?;
    let callback_url = callback_url.filter(|url| !url.is_empty());
    let callback_url = utf8_percent_encode(callback_url.as_deref().unwrap_or("/"), COMPONENT);
    let base = &cx.options.base_url;
    let link = format!(
        "{}{}/delete-user/callback?token={token}&callbackURL={callback_url}",
        base.origin, base.path
    );
    let (to, name) = (active.user.email, active.user.name);
    let letter = Letter { kind: Kind::AccountDeletion, to, name, link, expires_in };
    cx.mailer.send(Some(letter)).await;
    Ok(())
}

fn identifier(token: &str) -> String {
    format!("delete-account-{token}")
}
