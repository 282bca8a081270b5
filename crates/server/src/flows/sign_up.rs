//! New users. Upstream: `src/api/routes/sign-up.ts`.

use super::session::{self, Remember};
use super::verification;
use super::{additional, password_length};
use crate::audit::{AuditEntry, AuditEvent, AuditOutcome};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{CreateUserError, NewUser, Session, StoreError, User};
use crate::wire;

/// Makes a user with a password, and signs them in unless the address is to be verified first,
/// or sign-up does not.
pub(crate) async fn with_password(
    cx: &Context,
    facts: &mut Facts,
    body: wire::SignUpEmail,
) -> Result<(User, Option<Session>), ApiError> {
    let options = &cx.options.email_and_password;
    if !options.enabled || options.disable_sign_up {
        return Err(ApiError::known(&error_codes::EMAIL_PASSWORD_SIGN_UP_DISABLED));
    }
    password_length::check_new(cx, &body.password)?;
    let additional = additional::of_new_user(cx, &body.more)?;
    let email = body.email.to_lowercase();
    let signs_in = options.auto_sign_in && !options.require_email_verification;
    // Who is not signed in does not learn whether the address was taken either.
    let is_secret = !signs_in;
    let is_taken = cx.store.has_email(&email).await?;
    let taken = || ApiError::known(&error_codes::USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL);
    if is_taken && !is_secret {
        record_taken(cx, facts).await;
        return Err(taken());
    }
    let password = cx.passwords.hash(body.password).await?;

    let now = cx.clock.now();
    let user = User {
        id: cx.new_id(),
        name: body.name,
        email,
        email_verified: false,
        image: body.image,
        created_at: now,
        updated_at: now,
        additional,
    };
    if is_taken {
        return Ok((pretend(cx, facts, user).await?, None));
    }
    let remember = Remember::from(body.remember_me);
    let session = signs_in.then(|| session::begin(cx, facts, &user.id, remember));
    let new =
        NewUser { user: user.clone(), account_id: cx.new_id(), password, session: session.clone() };
    match cx.store.create_user(new).await {
        Ok(()) => {}
        // Not the address is there already, but another value that may be there once.
        Err(CreateUserError::Taken) if !cx.store.has_email(&user.email).await? => {
            return Err(ApiError::known(&error_codes::FAILED_TO_CREATE_USER));
        }
        // Somebody was faster.
        Err(CreateUserError::Taken) if is_secret => {
            return Ok((pretend(cx, facts, user).await?, None));
        }
        Err(CreateUserError::Taken) => return Err(taken()),
        Err(CreateUserError::Store(StoreError::Unstorable)) => {
            return Err(ApiError::known(&error_codes::FAILED_TO_CREATE_USER));
        }
        Err(CreateUserError::Store(error)) => return Err(error.into()),
    }
    let entry = AuditEntry::of(cx, facts, AuditEvent::SignUp).user(&user.id);
    let entry = session.iter().fold(entry, |entry, session| entry.session(&session.id));
    cx.audit.record(entry).await;
    if mails(cx) {
        verification::send(cx, Some(&user), body.callback_url.as_deref()).await?;
    }
    if let Some(session) = &session {
        session::set_cookies(cx, facts, session, &user, remember);
    }
    Ok((user, session))
}

/// For an address that is taken, where nobody is to learn so: the user that there would be, and as
/// much work as for a new one.
async fn pretend(cx: &Context, facts: &Facts, user: User) -> Result<User, ApiError> {
    cx.store.write_nothing(cx.new_id(), user.created_at).await?;
    record_taken(cx, facts).await;
    if mails(cx) {
        verification::send(cx, None, None).await?;
    }
    Ok(user)
}

async fn record_taken(cx: &Context, facts: &Facts) {
    let entry = AuditEntry::of(cx, facts, AuditEvent::SignUp);
    cx.audit.record(entry.outcome(AuditOutcome::Failed)).await;
}

/// Whether a link is mailed to who signs up.
fn mails(cx: &Context) -> bool {
    let is_required = cx.options.email_and_password.require_email_verification;
    cx.options.email_verification.send_on_sign_up.unwrap_or(is_required)
}
