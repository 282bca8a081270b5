//! Refuses requests that another site made a browser send, and redirects to other sites.
//!
//! Upstream: `packages/better-auth/src/api/middlewares/origin-check.ts`.

use http::header::{COOKIE, ORIGIN, REFERER};
use serde_json::Value;

use crate::call::{Demand, Facts, Guard};
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes::{self, ErrorCode};

/// The fields of a body that may lead a browser away, and the error of each.
const REDIRECTS: [(&str, &str, &ErrorCode); 4] = [
    ("callbackURL", "callbackURL", &error_codes::INVALID_CALLBACK_URL),
    ("redirectTo", "redirectURL", &error_codes::INVALID_REDIRECT_URL),
    ("errorCallbackURL", "errorCallbackURL", &error_codes::INVALID_ERROR_CALLBACK_URL),
    ("newUserCallbackURL", "newUserCallbackURL", &error_codes::INVALID_NEW_USER_CALLBACK_URL),
];

/// A browser sends cookies by itself: whoever sends one must come from a trusted origin.
pub(crate) fn check_origin(cx: &Context, facts: &Facts) -> Result<(), ApiError> {
    if facts.headers.contains_key(COOKIE) { require_origin(cx, facts) } else { Ok(()) }
}

/// Every address in the body (or `callbackURL` in the query) that a browser may be sent to must
/// be a safe path or a trusted origin.
pub(crate) fn check_redirects(
    cx: &Context,
    facts: &Facts,
    body: Option<&Value>,
) -> Result<(), ApiError> {
    let in_query = facts.query_value("callbackURL");
    for (field, label, error) in REDIRECTS {
        let in_body = body.and_then(|body| body.get(field)).filter(|value| is_truthy(value));
        let in_query = in_query.as_ref().filter(|_| field == "callbackURL");
        match in_body.or(in_query) {
            None => {}
            Some(Value::String(url))
                if url.is_empty() || cx.options.trusted_origins.trusts_redirect(url) => {}
            Some(Value::String(_)) => return Err(ApiError::known(error)),
            Some(_) => {
                let message = format!("Invalid {label}: expected a string");
                return Err(ApiError::without_code(message));
            }
        }
    }
    Ok(())
}

/// For sign-in and sign-up, where there is no cookie yet: another site's form must not sign a
/// browser in as somebody else.
pub(crate) struct SameSite;

impl Guard for SameSite {
    const DEMAND: Demand = Demand::TrustedPage;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        if facts.headers.contains_key(COOKIE) {
            require_origin(cx, facts)?;
            return Ok(Self);
        }
        let site = facts.header("sec-fetch-site");
        let mode = facts.header("sec-fetch-mode");
        let dest = facts.header("sec-fetch-dest");
        if site.as_deref() == Some("cross-site") && mode.as_deref() == Some("navigate") {
            return Err(ApiError::known(&error_codes::CROSS_SITE_NAVIGATION_LOGIN_BLOCKED));
        }
        let is_browser =
            [&site, &mode, &dest].into_iter().flatten().any(|value| !value.trim().is_empty());
        if is_browser || facts.header(ORIGIN).is_some() || facts.header(REFERER).is_some() {
            require_origin(cx, facts)?;
        }
        Ok(Self)
    }
}

fn require_origin(cx: &Context, facts: &Facts) -> Result<(), ApiError> {
    let origin = facts.header(ORIGIN);
    // A page of our own that hides its origin: the browser vouches that it is ours.
    let site = facts.header("sec-fetch-site");
    if origin.as_deref() == Some("null") && site.as_deref() == Some("same-origin") {
        return Ok(());
    }
    match origin.or_else(|| facts.header(REFERER)).as_deref() {
        None | Some("null") => Err(ApiError::known(&error_codes::MISSING_OR_NULL_ORIGIN)),
        Some(origin) if cx.options.trusted_origins.trusts(origin) => Ok(()),
        Some(_) => Err(ApiError::known(&error_codes::INVALID_ORIGIN)),
    }
}

/// JavaScript's truth.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
