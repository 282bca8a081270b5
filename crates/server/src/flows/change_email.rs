//! Another address for a user. Upstream: `src/api/routes/update-user.ts`,
//! `src/api/routes/email-verification.ts`.

use super::email_token::{self, Claims, RequestType};
use super::even::even;
use super::session;
use super::verification::{self, Followed, VerifyError};
use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::mail::{Kind, Letter};
use crate::rate_limit::Path;
use crate::store::{ActiveSession, ChangeEmailError, EmailState, NewEmail, User};
use crate::wire;

/// Seconds for which the proof of an address is good that was changed by an old link, whatever is
/// configured: upstream has it so.
const OLD_LINK_EXPIRES_IN: i64 = 3600;

/// How an address is changed.
#[derive(Clone, Copy)]
enum Way {
    /// It was not verified, and neither is the new one.
    AtOnce,
    /// The old address is asked first.
    Confirm,
    /// The new address is to be proved.
    Verify,
}

/// Begins to change the address of the signed-in user. That an address is taken shows neither in
/// the answer nor in its time.
pub(crate) async fn request(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    body: wire::ChangeEmail,
) -> Result<(), ApiError> {
    if !cx.options.user.change_email.enabled {
        return Err(ApiError::known(&error_codes::CHANGE_EMAIL_DISABLED));
    }
    let email = body.new_email.to_lowercase();
    if email == active.user.email {
        return Err(ApiError::without_code("Email is the same".to_owned()));
    }
    // Judged before anybody is looked for, or an error would tell who there is.
    let Some(way) = way(cx, &active.user) else {
        return Err(ApiError::without_code("Verification email isn't enabled".to_owned()));
    };
    even(begin(cx, facts, active, way, email, body.callback_url)).await
}

fn way(cx: &Context, user: &User) -> Option<Way> {
    let options = &cx.options.user.change_email;
    if !user.email_verified && options.update_email_without_verification {
        return Some(Way::AtOnce);
    }
    let asks_first = user.email_verified && options.send_change_email_confirmation;
    cx.mailer.is_on().then_some(if asks_first { Way::Confirm } else { Way::Verify })
}

async fn begin(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    way: Way,
    email: String,
    callback_url: Option<String>,
) -> Result<(), ApiError> {
    let callback_url = callback_url.as_deref();
    let is_taken = cx.store.has_email(&email).await?;
    let user = (!is_taken).then_some(&active.user);
    match way {
        Way::AtOnce if is_taken => Ok(()),
        Way::AtOnce => at_once(cx, facts, active, email, callback_url).await,
        Way::Confirm => mail(cx, user, &email, RequestType::Confirmation, callback_url).await,
        Way::Verify => mail(cx, user, &email, RequestType::Verification, callback_url).await,
    }
}

async fn at_once(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    email: String,
    callback_url: Option<&str>,
) -> Result<(), ApiError> {
    let ActiveSession { session, user } = active;
    // Also if the old address was verified a moment ago: the new one was not.
    let change = new_email(cx, &user, email, EmailState::Unverified);
    let user = match cx.store.change_email(change).await {
        Ok(user) => user,
        // Somebody was faster, maybe the user themselves.
        Err(ChangeEmailError::NotTheirs | ChangeEmailError::Taken) => return Ok(()),
        Err(ChangeEmailError::Store(error)) => return Err(error.into()),
    };
    record(cx, facts, &user).await;
    session::renew_cookies(cx, facts, &session, &user);
    if cx.mailer.is_on() {
        verification::send(cx, Some(&user), callback_url).await?;
    }
    Ok(())
}

/// Mails a link to who is to agree; for nobody, the same is done but for the mail.
async fn mail(
    cx: &Context,
    user: Option<&User>,
    email: &str,
    request_type: RequestType,
    callback_url: Option<&str>,
) -> Result<(), ApiError> {
    let expires_in = cx.options.email_verification.expires_in;
    let change = Some((email, request_type));
    let link = email_token::link(cx, user, change, expires_in, callback_url)?;
    let letter = |user: &User| match request_type {
        RequestType::Confirmation => (Kind::EmailChangeConfirmation, user.email.clone()),
        RequestType::Verification => (Kind::EmailChangeVerification, email.to_owned()),
    };
    let letter = user.map(|user| {
        let (kind, to) = letter(user);
        Letter { kind, to, name: user.name.clone(), link, expires_in }
    });
    cx.mailer.send(letter).await;
    Ok(())
}

/// Goes a step on with a change, for a link that was mailed. A link is void once the address that it
/// was made for has changed: it changes one thing once, however often it is opened.
pub(super) async fn follow(
    cx: &Context,
    facts: &mut Facts,
    claims: Claims,
    update_to: String,
    query: &wire::VerifyEmail,
) -> Result<Followed, VerifyError> {
    let invalid = VerifyError::Refused(&error_codes::INVALID_TOKEN);
    let Some(user_id) = claims.user_id else { return Err(invalid) };
    let found = cx.store.find_user(&user_id).await?;
    let user = found.ok_or(VerifyError::Refused(&error_codes::USER_NOT_FOUND))?;
    if user.email.to_lowercase() != claims.email {
        return Err(invalid);
    }
    let current = verification::current(cx, facts).await?;
    if current.as_ref().is_some_and(|active| active.user.id != user.id) {
        return Err(VerifyError::Refused(&error_codes::INVALID_USER));
    }
    let callback_url = query.callback_url.as_deref();
    let state = match claims.request_type {
        Some(RequestType::Confirmation) => {
            // A link can be opened without end, and must not mail somebody without end.
            let path = Path::Known("/send-verification-email");
            let counted = cx.rate_limiter.check(&facts.ip(cx), path, cx.clock.now()).await;
            if counted.is_ok() {
                mail(cx, Some(&user), &update_to, RequestType::Verification, callback_url).await?;
            }
            return Ok(Followed::Confirmed);
        }
        Some(RequestType::Verification) => EmailState::AsBefore,
        None => EmailState::Unverified,
    };
    let change = new_email(cx, &user, update_to.to_lowercase(), state);
    let user = match cx.store.change_email(change).await {
        Ok(user) => user,
        Err(ChangeEmailError::NotTheirs) => return Err(invalid),
        Err(ChangeEmailError::Taken) => {
            let taken = &error_codes::USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL;
            return Err(VerifyError::Refused(taken));
        }
        Err(ChangeEmailError::Store(error)) => return Err(error.into()),
    };
    record(cx, facts, &user).await;
    if state == EmailState::Unverified {
        verification::send_good_for(cx, OLD_LINK_EXPIRES_IN, Some(&user), callback_url).await?;
    }
    if let Some(active) = current {
        session::renew_cookies(cx, facts, &active.session, &user);
    }
    Ok(Followed::Changed(Box::new(user)))
}

async fn record(cx: &Context, facts: &Facts, user: &User) {
    let entry = AuditEntry::of(cx, facts, AuditEvent::EmailChange);
    cx.audit.record(entry.user(&user.id)).await;
}

fn new_email(cx: &Context, user: &User, email: String, state: EmailState) -> NewEmail {
    let (user_id, old_email) = (user.id.clone(), user.email.clone());
    NewEmail { user_id, old_email, email, state, now: cx.clock.now() }
}
