//! E-mail addresses, proved by a link that was mailed there. Upstream:
//! `src/api/routes/email-verification.ts`.

use super::even::even;
use super::session::{self, FindError, Remember, Source};
use super::{change_email, email_token};
use crate::audit::{AuditEntry, AuditEvent};
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes::{self, ErrorCode};
use crate::mail::{Kind, Letter};
use crate::store::{ActiveSession, User};
use crate::wire;

/// Why an address was not verified.
pub(crate) enum VerifyError {
    /// The token or the user is not what it takes; a front end is told by a redirect.
    Refused(&'static ErrorCode),
    Failed(ApiError),
}

impl<E: Into<ApiError>> From<E> for VerifyError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a link has done.
pub(crate) enum Followed {
    /// The user has the address that they wanted.
    Changed(Box<User>),
    /// The change of an address is agreed to, and goes on by another mail.
    Confirmed,
    /// The address is verified.
    Verified,
}

/// Mails a link to the signed-in user, or to whoever has the address and has not verified it yet.
/// Whether anybody does shows neither in the answer nor in its time.
pub(crate) async fn request(
    cx: &Context,
    facts: &mut Facts,
    body: wire::SendVerificationEmail,
) -> Result<(), ApiError> {
    if !cx.mailer.is_on() {
        return Err(ApiError::known(&error_codes::VERIFICATION_EMAIL_NOT_ENABLED));
    }
    let email = body.email.to_lowercase();
    let callback_url = body.callback_url.as_deref();
    let Some(ActiveSession { user, .. }) = current(cx, facts).await? else {
        let work = async {
            let found = cx.store.find_credential(&email).await?.map(|credential| credential.user);
            send(cx, found.filter(|user| !user.email_verified).as_ref(), callback_url).await
        };
        return even(work).await;
    };
    if user.email.to_lowercase() != email {
        return Err(ApiError::known(&error_codes::EMAIL_MISMATCH));
    }
    if user.email_verified {
        return Err(ApiError::known(&error_codes::EMAIL_ALREADY_VERIFIED));
    }
    send(cx, Some(&user), callback_url).await
}

/// Mails a link to `user`; for nobody, the same is done but for the mail.
pub(crate) async fn send(
    cx: &Context,
    user: Option<&User>,
    callback_url: Option<&str>,
) -> Result<(), ApiError> {
    send_good_for(cx, cx.options.email_verification.expires_in, user, callback_url).await
}

/// As [`send`], with a link that is good for `expires_in` seconds.
pub(super) async fn send_good_for(
    cx: &Context,
    expires_in: i64,
    user: Option<&User>,
    callback_url: Option<&str>,
) -> Result<(), ApiError> {
    let link = email_token::link(cx, user, None, expires_in, callback_url)?;
    let letter = user.map(|user| Letter {
        kind: Kind::EmailVerification,
        to: user.email.clone(),
        name: user.name.clone(),
        link,
        expires_in,
    });
    cx.mailer.send(letter).await;
    Ok(())
}

/// Does what the link of a mail is for: verifies an address, or changes it.
pub(crate) async fn follow(
    cx: &Context,
    facts: &mut Facts,
    query: &wire::VerifyEmail,
) -> Result<Followed, VerifyError> {
    let claims = email_token::read(cx, &query.token).map_err(VerifyError::Refused)?;
    if let Some(update_to) = claims.update_to.clone() {
        return change_email::follow(cx, facts, claims, update_to, query).await;
    }
    verify(cx, facts, claims).await?;
    Ok(Followed::Verified)
}

/// Marks an address as verified, and signs its user in where that is wanted. An address that was
/// verified before stays so, and signs nobody in: a link may be opened twice.
async fn verify(
    cx: &Context,
    facts: &mut Facts,
    claims: email_token::Claims,
) -> Result<(), VerifyError> {
    let email = claims.email.to_lowercase();
    let found = cx.store.find_credential(&email).await?.map(|credential| credential.user);
    let user = found.ok_or(VerifyError::Refused(&error_codes::USER_NOT_FOUND))?;
    if claims.user_id.is_some_and(|id| id != user.id) {
        return Err(VerifyError::Refused(&error_codes::INVALID_TOKEN));
    }
    let is_news = cx.store.verify_email(&user.id, &email, cx.clock.now()).await?;
    if is_news {
        let entry = AuditEntry::of(cx, facts, AuditEvent::EmailVerify);
        cx.audit.record(entry.user(&user.id)).await;
    }
    if is_news && cx.options.email_verification.auto_sign_in_after_verification {
        sign_in(cx, facts, &user).await?;
    }
    Ok(())
}

/// Goes on with the session that the user has, or starts one.
async fn sign_in(cx: &Context, facts: &mut Facts, user: &User) -> Result<(), ApiError> {
    let current = current(cx, facts).await?.filter(|active| active.user.id == user.id);
    let ends_with_browser = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    let session = if let Some(active) = current {
        active.session
    } else {
        let session = session::begin(cx, facts, &user.id, Remember::Yes);
        cx.store.create_session(&session).await?;
        let entry = AuditEntry::of(cx, facts, AuditEvent::SignIn).detail("by", "link");
        cx.audit.record(entry.user(&user.id).session(&session.id)).await;
        session
    };
    let user = User { email_verified: true, ..user.clone() };
    session::set_cookies(cx, facts, &session, &user, Remember::from(!ends_with_browser));
    Ok(())
}

/// Who is signed in. What goes wrong while a session is extended reads as nobody.
pub(crate) async fn current(
    cx: &Context,
    facts: &mut Facts,
) -> Result<Option<ActiveSession>, ApiError> {
    match session::find(cx, facts, Source::Confirmed).await {
        Ok(found) => Ok(found),
        Err(FindError::LostRace) => Ok(None),
        Err(FindError::Failed(error)) => Err(error),
    }
}
