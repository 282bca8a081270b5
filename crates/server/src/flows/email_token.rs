//! The tokens of mails about addresses. Upstream: `createEmailVerificationToken` in
//! `src/api/routes/email-verification.ts`.
//!
//! Such a token is a JWT that is stored nowhere: HS256 with the server's secret, as upstream signs
//! it, so that either server takes the other's.

use gatewright_jose::{Algorithm, KeySet, PayloadPolicy, SigningKey, VerifyingKey};
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::cookies::COMPONENT;
use crate::error::ApiError;
use crate::error_codes::{self, ErrorCode};
use crate::shape::is_email;
use crate::store::User;

/// What a token is for. Any other claim makes it another kind of token: a user's JWT is signed with
/// the same secret where `jwt` shares it, has their address in it, and proves nothing.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Claims {
    /// The user's address, in lower case. A change makes the token void: it was for another one.
    pub(super) email: String,
    /// The address that the user wants instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) update_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_type: Option<RequestType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<String>,
    iat: i64,
    exp: i64,
}

/// How far a change of address has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RequestType {
    /// The old address agrees.
    #[serde(rename = "change-email-confirmation")]
    Confirmation,
    /// The new address is proved.
    #[serde(rename = "change-email-verification")]
    Verification,
}

/// Signs a token about the address of `user`, and gives the link with it. For nobody the same work
/// is done.
pub(super) fn link(
    cx: &Context,
    user: Option<&User>,
    change: Option<(&str, RequestType)>,
    expires_in: i64,
    callback_url: Option<&str>,
) -> Result<String, ApiError> {
    let iat = cx.clock.now().seconds();
    let stranger = || cx.new_id();
    let claims = Claims {
        email: user.map_or_else(stranger, |user| user.email.to_lowercase()),
        update_to: change.map(|(update_to, _)| update_to.to_owned()),
        request_type: change.map(|(_, request_type)| request_type),
        user_id: Some(user.map_or_else(stranger, |user| user.id.clone())),
        iat,
        exp: iat + expires_in,
    };
    let key = SigningKey::hmac(Algorithm::HS256, cx.options.secret.as_bytes());
    let token = key.map_err(ApiError::internal)?.sign(&claims).map_err(ApiError::internal)?;
    let callback_url = callback_url.filter(|url| !url.is_empty()).unwrap_or("/");
    let callback_url = utf8_percent_encode(callback_url, COMPONENT);
    let base = &cx.options.base_url;
    Ok(format!(
        "{}{}/verify-email?token={token}&callbackURL={callback_url}",
        base.origin, base.path
    ))
}

/// What a token says that is good now.
pub(super) fn read(cx: &Context, token: &str) -> Result<Claims, &'static ErrorCode> {
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
    // An empty address to change to is none, as JavaScript has it.
    let update_to = claims.update_to.filter(|address| !address.is_empty());
    if !is_email(&claims.email) || update_to.as_deref().is_some_and(|address| !is_email(address)) {
        return Err(invalid);
    }
    Ok(Claims { update_to, ..claims })
}
