//! What a client that is turned away is told, and what it is not.
//!
//! The wording is constant: which check failed is for the log (by [`Rejection::code`]), not for
//! whoever sent the token.

use std::{fmt, sync::Arc};

use axum::response::IntoResponse;
use gatewright_jose::Rejection;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};

/// Why a request is turned away. As a response it is 401, 403, 500 or 503 with `{"detail": "…"}`,
/// and carries the denial in its extensions for layers outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// There is no token (401, with the bare challenge of RFC 6750 §3.1).
    #[error("the request has no token")]
    NoCredential,
    /// There is something in place of exactly one token (401).
    #[error("the credential is malformed")]
    MalformedCredential,
    /// The token does not verify (401).
    #[error("the token was rejected: {0}")]
    Rejected(#[from] Rejection),
    /// The token is in a cookie, and the request may come from a foreign page (403).
    #[error("the request may come from a foreign page")]
    CrossSite,
    /// The token is valid, and lacks one of these scopes (403, with the challenge of RFC 6750 §3.1).
    #[error("the token lacks a scope")]
    InsufficientScope(Scopes),
    /// The token is valid, and has none of the roles that are wanted (403).
    #[error("the user has none of the roles")]
    MissingRole,
    /// The token is valid, and what is asked for belongs to somebody else (403).
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
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoCredential | Self::MalformedCredential | Self::Rejected(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::CrossSite | Self::InsufficientScope(_) | Self::MissingRole | Self::WrongUser => {
                StatusCode::FORBIDDEN
            }
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable name in kebab case, for logs and metrics: the rejection's own where there is one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCredential => "no-credential",
            Self::MalformedCredential => "malformed-credential",
            Self::Rejected(rejection) => rejection.code(),
            Self::CrossSite => "cross-site",
            Self::InsufficientScope(_) => "insufficient-scope",
            Self::MissingRole => "missing-role",
            Self::WrongUser => "wrong-user",
            Self::KeysUnavailable { .. } => "keys-unavailable",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// The response, for any kind of body that a text can become; axum's own way is
    /// `IntoResponse`.
    ///
    /// ```
    /// use gatewright_guard::Denial;
    ///
    /// let response: http::Response<String> = Denial::NoCredential.to_response();
    /// assert_eq!(response.status(), 401);
    /// assert_eq!(response.headers()["www-authenticate"], "Bearer");
    /// assert_eq!(response.body(), r#"{"detail":"Not authenticated"}"#);
    /// ```
    pub fn to_response<B: From<&'static str>>(&self) -> Response<B> {
        let mut response = Response::new(self.body().into());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = self.challenge(None) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Self::KeysUnavailable { retry_after_seconds } = self {
            headers.insert(RETRY_AFTER, HeaderValue::from((*retry_after_seconds).max(1)));
        }
        response.extensions_mut().insert(self.clone());
        response
    }

    /// What `WWW-Authenticate` says (RFC 6750 §3), where a token, or another one, would help.
    pub(crate) fn challenge(&self, realm: Option<&Realm>) -> Option<HeaderValue> {
        let error = match self {
            // RFC 6750 §3.1: no error code for a request without authentication information.
            Self::NoCredential => None,
            Self::MalformedCredential | Self::Rejected(_) => {
                Some(r#"error="invalid_token""#.to_owned())
            }
            Self::InsufficientScope(scopes) => {
                Some(format!(r#"error="insufficient_scope", scope="{scopes}""#))
            }
            _ => return None,
        };
        let realm = realm.map(|Realm(realm)| format!(r#"realm="{realm}""#));
        let parameters: Vec<String> = realm.into_iter().chain(error).collect();
        let challenge = match parameters.as_slice() {
            [] => "Bearer".to_owned(),
            parameters => format!("Bearer {}", parameters.join(", ")),
        };
        // Realm and scopes hold visible ASCII only, so this is always a header's value.
        HeaderValue::try_from(challenge).ok()
    }

    fn body(&self) -> &'static str {
        match self {
            Self::NoCredential => r#"{"detail":"Not authenticated"}"#,
            Self::MalformedCredential | Self::Rejected(_) => {
                r#"{"detail":"Invalid or expired token"}"#
            }
            Self::CrossSite | Self::InsufficientScope(_) | Self::MissingRole | Self::WrongUser => {
                r#"{"detail":"Access denied"}"#
            }
            Self::KeysUnavailable { .. } => {
                r#"{"detail":"Tokens cannot be verified at the moment"}"#
            }
            Self::Misconfigured => r#"{"detail":"Internal server error"}"#,
        }
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> axum::response::Response {
        self.to_response()
    }
}

/// Something of a guard's configuration that could not be said in a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// A realm is visible ASCII with spaces, without quotes and backslashes.
    #[error("not a realm: visible ASCII and spaces, without quotes and backslashes")]
    NotARealm,
    /// Scopes are visible ASCII without quotes and backslashes, one space apart, at least one.
    #[error("not a list of scopes, such as \"tasks:read tasks:write\"")]
    NotScopes,
}

/// The protection space that a challenge names (RFC 9110 §11.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Realm(Arc<str>);

impl Realm {
    pub(crate) fn parse(text: &str) -> Result<Self, ChallengeError> {
        let fits = |byte: u8| byte == b' ' || is_scope_byte(byte);
        if text.is_empty() || !text.bytes().all(fits) {
            return Err(ChallengeError::NotARealm);
        }
        Ok(Self(text.into()))
    }
}

/// Scopes that a route demands, as they stand in a challenge: one space apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Arc<str>);

impl Scopes {
    /// One scope or several, such as `tasks:read tasks:write` (RFC 6749 §3.3).
    pub fn parse(text: &str) -> Result<Self, ChallengeError> {
        let is_scope = |scope: &str| !scope.is_empty() && scope.bytes().all(is_scope_byte);
        if text.split(' ').all(is_scope) {
            Ok(Self(text.into()))
        } else {
            Err(ChallengeError::NotScopes)
        }
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ')
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 6749 §3.3, `scope-token`.
fn is_scope_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_those_of_the_standard() {
        let realm = Realm::parse("todo api").unwrap();
        let scopes = Scopes::parse("tasks:read tasks:write").unwrap();
        let shown = |denial: &Denial, realm| {
            denial.challenge(realm).map(|value| value.to_str().unwrap().to_owned())
        };
        for (denial, bare, with_realm) in [
            (Denial::NoCredential, "Bearer", r#"Bearer realm="todo api""#),
            (
                Denial::Rejected(Rejection::Expired),
                r#"Bearer error="invalid_token""#,
                r#"Bearer realm="todo api", error="invalid_token""#,
            ),
            (
                Denial::InsufficientScope(scopes),
                r#"Bearer error="insufficient_scope", scope="tasks:read tasks:write""#,
                r#"Bearer realm="todo api", error="insufficient_scope", scope="tasks:read tasks:write""#,
            ),
        ] {
            assert_eq!(shown(&denial, None).as_deref(), Some(bare));
            assert_eq!(shown(&denial, Some(&realm)).as_deref(), Some(with_realm));
        }
        for denial in [Denial::WrongUser, Denial::MissingRole, Denial::CrossSite] {
            assert_eq!(shown(&denial, Some(&realm)), None);
        }
    }

    #[test]
    fn nothing_can_be_slipped_into_a_challenge() {
        for text in ["", "a\"b", "a\\b", "a\nb", "ä", "a\tb"] {
            assert_eq!(Realm::parse(text), Err(ChallengeError::NotARealm), "{text:?}");
            assert_eq!(Scopes::parse(text), Err(ChallengeError::NotScopes), "{text:?}");
        }
        for text in [" a", "a ", "a  b", " "] {
            assert_eq!(Scopes::parse(text), Err(ChallengeError::NotScopes), "{text:?}");
        }
    }
}
