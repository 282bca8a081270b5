//! What a client that is turned away is told, and what it is not.
//!
//! The wording is constant: which check failed is for the log (by [`Rejection::code`]), not for
//! whoever sent the token.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use gatewright_jose::Rejection;
use serde::Serialize;

/// Why a request is turned away. As a response it is 401, 403, 500 or 503 with `{"detail": "…"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// There is no bearer token (401, with the bare challenge of RFC 6750 §3.1).
    #[error("the request has no bearer token")]
    NoCredential,
    /// There is something in place of exactly one bearer token (401).
    #[error("the credential is malformed")]
    MalformedCredential,
    /// The token does not verify (401).
    #[error("the token was rejected: {0}")]
    Rejected(#[from] Rejection),
    /// The token is valid, and the path belongs to somebody else (403).
    #[error("the path belongs to another user")]
    WrongUser,
    /// There are no keys to verify with, and never were (503): nobody's token is at fault.
    #[error("no keys to verify with")]
    KeysUnavailable {
        /// When another attempt makes sense.
        retry_after_seconds: u32,
    },
    /// The route is put together wrongly, such as an extractor without its guard (500).
    #[error("the route is misconfigured")]
    Misconfigured,
}

impl Denial {
    /// The status of the response.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoCredential | Self::MalformedCredential | Self::Rejected(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::WrongUser => StatusCode::FORBIDDEN,
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable name in kebab case, for logs and metrics: the rejection's own where there is one.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCredential => "no-credential",
            Self::MalformedCredential => "malformed-credential",
            Self::Rejected(rejection) => rejection.code(),
            Self::WrongUser => "wrong-user",
            Self::KeysUnavailable { .. } => "keys-unavailable",
            Self::Misconfigured => "misconfigured",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::NoCredential => "Not authenticated",
            Self::MalformedCredential | Self::Rejected(_) => "Invalid or expired token",
            Self::WrongUser => "Access denied",
            Self::KeysUnavailable { .. } => "Tokens cannot be verified at the moment",
            Self::Misconfigured => "Internal server error",
        }
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            detail: &'static str,
        }

        let mut response = (self.status(), Json(Body { detail: self.detail() })).into_response();
        let headers = response.headers_mut();
        match self {
            // RFC 6750 §3.1: no error code for a request without authentication information.
            Self::NoCredential => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::MalformedCredential | Self::Rejected(_) => {
                let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::KeysUnavailable { retry_after_seconds } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds.max(1)));
            }
            Self::WrongUser | Self::Misconfigured => {}
        }
        response
    }
}
