//! E-mail addresses, proved by a link that was mailed there. Upstream:
//! `src/api/routes/email-verification.ts`.
//!
//! The link's token is a JWT that is stored nowhere: HS256 with the server's secret, as upstream
//! signs it, so that either server takes the other's.

use gatewright_jose::{Algorithm, KeySet, PayloadPolicy, SigningKey, VerifyingKey};
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

use super::even::even;
use super::session::{self, FindError, Remember, Source};
use crate::call::Facts;
use crate::context::Context;
use crate::cookies::COMPONENT;
use crate::crypto::ID_CHARACTERS;
use crate::error::ApiError;
use crate::error_codes::{self, ErrorCode};
use crate::mail::{Kind, Letter};
use crate::shape::is_email;
use crate::store::User;
use crate::wire;

/// Whose address a token proves. Any other claim makes it another kind of token: a user's JWT is
/// signed with the same secret where `jwt` shares it, has their address in it, and proves nothing.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Claims {
    email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    iat: i64,
    exp: i64,
}

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
    let Some(user) = current_user(cx, facts).await? else {
        let work = async {
            let found = cx.store.find_credential(&email)?.map(|credential| credential.user);
            send(cx, found.filter(|user| !user.email_verified).as_ref(), callback_url)
        };
        return even(work).await;
    };
    if user.email.to_lowercase() != email {
        return Err(ApiError::known(&error_codes::EMAIL_MISMATCH));
    }
    if user.email_verified {
        return Err(ApiError::known(&error_codes::EMAIL_ALREADY_VERIFIED));
    }
    send(cx, Some(&user), callback_url)
}

/// Mails a link to `user`; for nobody, the same is done but for the mail.
pub(crate) fn send(
    cx: &Context,
    user: Option<&User>,
    callback_url: Option<&str>,
) -> Result<(), ApiError> {
    let iat = cx.clock.now().seconds();
    let expires_in = cx.options.email_verification.expires_in;
    let stranger = || cx.random.id(ID_CHARACTERS);
    let claims = Claims {
        email: user.map_or_else(stranger, |user| user.email.to_lowercase()),
        user_id: Some(user.map_or_else(stranger, |user| user.id.clone())),
        iat,
        exp: iat + expires_in,
    };
    let key = SigningKey::hmac(Algorithm::HS256, cx.options.secret.as_bytes());
    let token = key.map_err(ApiError::internal)?.sign(&claims).map_err(ApiError::internal)?;
    let callback_url = callback_url.filter(|url| !url.is_empty()).unwrap_or("/");
    let callback_url = utf8_percent_encode(callback_url, COMPONENT);
    let base = &cx.options.base_url;
    let link = format!(
        "{}{}/verify-email?token={token}&callbackURL={callback_url}",
        base.origin, base.path
    );
    cx.mailer.send(user.map(|user| Letter {
        kind: Kind::EmailVerification,
        to: user.email.clone(),
        link,
        expires_in,
    }));
    Ok(())
}

/// Marks the address that `token` proves as verified, and signs its user in where that is wanted.
/// An address that was verified before stays so, and signs nobody in: a link may be opened twice.
pub(crate) async fn verify(
    cx: &Context,
    facts: &mut Facts,
    token: &str,
) -> Result<(), VerifyError> {
    let claims = read(cx, token).map_err(VerifyError::Refused)?;
    let email = claims.email.to_lowercase();
    let found = cx.store.find_credential(&email)?.map(|credential| credential.user);
    let user = found.ok_or(VerifyError::Refused(&error_codes::USER_NOT_FOUND))?;
    if claims.user_id.is_some_and(|id| id != user.id) {
        return Err(VerifyError::Refused(&error_codes::INVALID_TOKEN));
    }
    let is_news = cx.store.verify_email(user.id.clone(), email, cx.clock.now()).await?;
    if is_news && cx.options.email_verification.auto_sign_in_after_verification {
        sign_in(cx, facts, &user).await?;
    }
    Ok(())
}

fn read(cx: &Context, token: &str) -> Result<Claims, &'static ErrorCode> {
    let invalid = &error_codes::INVALID_TOKEN;
    let key = VerifyingKey::hmac(Algorithm::HS256, cx.options.secret.as_bytes());
    let keys: KeySet = key.ok().into_iter().collect();
    let payload = PayloadPolicy::new([Algorithm::HS256]).verify(token, &keys);
    let payload = payload.map_err(|_rejection| invalid)?;
    let claims: Claims =
        serde_json::from_slice(payload.as_bytes()).map_err(|_other_claims| invalid)?;
    if claims.exp <= cx.clock.now().seconds() {
        return Err(&error_codes::TOKEN_EXPIRED);
    }
    if is_email(&claims.email) { Ok(claims) } else { Err(invalid) }
}

/// Goes on with the session that the user has, or starts one.
async fn sign_in(cx: &Context, facts: &mut Facts, user: &User) -> Result<(), ApiError> {
    let current = match session::find(cx, facts, Source::Confirmed).await {
        Ok(found) => found.filter(|active| active.user.id == user.id),
        Err(FindError::LostRace) => None,
        Err(FindError::Failed(error)) => return Err(error),
    };
    let ends_with_browser = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    let session = if let Some(active) = current {
        active.session
    } else {
        let session = session::begin(cx, facts, &user.id, Remember::Yes);
        cx.store.create_session(session.clone()).await?;
        session
    };
    let user = User { email_verified: true, ..user.clone() };
    session::set_cookies(cx, facts, &session, &user, Remember::from(!ends_with_browser));
    Ok(())
}

async fn current_user(cx: &Context, facts: &mut Facts) -> Result<Option<User>, ApiError> {
    match session::find(cx, facts, Source::Confirmed).await {
        Ok(found) => Ok(found.map(|active| active.user)),
        Err(FindError::LostRace) => Ok(None),
        Err(FindError::Failed(error)) => Err(error),
    }
}
