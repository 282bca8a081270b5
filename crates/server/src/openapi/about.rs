//! What a signature cannot say of an operation: what it is for, what it answers, and the errors that
//! are its own. In order of path.

use http::StatusCode;
use serde_json::{Value, json};

use super::schemas::{list_of, object, or_null, reference};
use crate::error_codes::{self as codes, ErrorCode};

/// An operation, in words.
pub(super) struct About {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    /// Names of query values, and whether they must be there.
    pub(super) query: &'static [(&'static str, bool)],
    pub(super) answers: &'static [Answer],
    /// Its own errors, and the status where that is not the error's.
    pub(super) errors: &'static [(Option<StatusCode>, &'static ErrorCode)],
}

/// How it answers when all is well.
pub(super) enum Answer {
    /// 200, with JSON of this schema.
    Json(fn() -> Value),
    /// 302.
    Redirect,
    /// 200, with a page.
    Page,
}

/// Groups of operations.
pub(super) const TAGS: [(&str, &str); 5] = [
    ("Sign-in", "Users come, and go"),
    ("Sessions", "Who is signed in, and where"),
    ("Tokens", "JWTs for other services, and the keys to verify them"),
    ("User", "What users change of themselves"),
    ("Server", "The server itself"),
];

macro_rules! about {
    ($($method:ident $path:literal, $tag:literal, $summary:literal,
        [$($query:expr),*], [$($answer:expr),*], [$($error:expr),*];)*) => {
        pub(super) const ABOUT: &[About] = &[$(About {
            path: $path,
            method: stringify!($method),
            tag: $tag,
            summary: $summary,
            query: &[$($query),*],
            answers: &[$($answer),*],
            errors: &[$($error),*],
        }),*];
    };
}

const fn own(error: &'static ErrorCode) -> (Option<StatusCode>, &'static ErrorCode) {
    (None, error)
}

const fn as_404(error: &'static ErrorCode) -> (Option<StatusCode>, &'static ErrorCode) {
    (Some(StatusCode::NOT_FOUND), error)
}

const fn as_401(error: &'static ErrorCode) -> (Option<StatusCode>, &'static ErrorCode) {
    (Some(StatusCode::UNAUTHORIZED), error)
}

const STATUS: Answer = Answer::Json(|| object(&[("status", json!({ "type": "boolean" }))]));

const CURRENT_SESSION: Answer = Answer::Json(|| {
    json!({ "anyOf": [
        { "allOf": [
            object(&[("session", reference("Session")), ("user", reference("User"))]),
            { "properties": { "needsRefresh": { "type": "boolean" } } },
        ] },
        { "type": "null" },
    ] })
});

about! {
    post "/change-email", "User", "Ask for another address, or take it at once",
        [],
        [STATUS],
        [own(&codes::CHANGE_EMAIL_DISABLED)];
    post "/change-password", "User", "Set a new password for the current one",
        [],
        [Answer::Json(|| object(&[("token", or_null("string")), ("user", reference("User"))]))],
        [own(&codes::PASSWORD_TOO_SHORT), own(&codes::PASSWORD_TOO_LONG),
            own(&codes::INVALID_PASSWORD), own(&codes::CREDENTIAL_ACCOUNT_NOT_FOUND)];
    post "/delete-user", "User", "Delete the user; 404 unless the server allows it",
        [],
        [Answer::Json(|| object(&[
            ("success", json!({ "type": "boolean" })),
            ("message", json!({ "type": "string" })),
        ]))],
        [own(&codes::CREDENTIAL_ACCOUNT_NOT_FOUND), own(&codes::INVALID_PASSWORD),
            as_404(&codes::INVALID_TOKEN), own(&codes::SESSION_EXPIRED),
            own(&codes::UNAUTHORIZED)];
    get "/delete-user/callback", "User", "Where the link that confirms a deletion leads",
        [("token", true), ("callbackURL", false)],
        [Answer::Redirect, Answer::Json(|| object(&[
            ("success", json!({ "type": "boolean" })),
            ("message", json!({ "type": "string" })),
        ]))],
        [own(&codes::NOT_FOUND), own(&codes::FAILED_TO_GET_USER_INFO), as_404(&codes::INVALID_TOKEN),
            own(&codes::INVALID_CALLBACK_URL)];
    get "/error", "Server", "A page that says what went wrong, or the way to one",
        [("error", false), ("error_description", false)],
        [Answer::Page, Answer::Redirect],
        [];
    get "/get-session", "Sessions", "The session and its user, or null; extends the session",
        [],
        [CURRENT_SESSION],
        [own(&codes::FAILED_TO_GET_SESSION)];
    post "/get-session", "Sessions", "Extend the session, where a read does not",
        [],
        [CURRENT_SESSION],
        [own(&codes::FAILED_TO_GET_SESSION), own(&codes::METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED)];
    get "/jwks", "Tokens", "The keys that verify this server's JWTs (RFC 7517)",
        [],
        [Answer::Json(|| object(&[
            ("keys", json!({ "type": "array", "items": { "type": "object" } })),
        ]))],
        [];
    get "/list-accounts", "User", "How the user may sign in",
        [],
        [Answer::Json(|| list_of("Account"))],
        [];
    get "/list-sessions", "Sessions", "The user's sessions",
        [],
        [Answer::Json(|| list_of("Session"))],
        [];
    get "/ok", "Server", "Whether the server answers",
        [],
        [Answer::Json(|| object(&[("ok", json!({ "type": "boolean" }))]))],
        [];
    get "/open-api/generate-schema", "Server", "This document; 404 unless the server shows it",
        [],
        [Answer::Json(|| json!({ "type": "object" }))],
        [];
    post "/request-password-reset", "Sign-in", "Mail a link that leads to a new password",
        [],
        [Answer::Json(|| object(&[
            ("status", json!({ "type": "boolean" })),
            ("message", json!({ "type": "string" })),
        ]))],
        [own(&codes::RESET_PASSWORD_DISABLED)];
    post "/reset-password", "Sign-in", "Set a new password with the token of a mailed link",
        [("token", false)],
        [STATUS],
        [own(&codes::INVALID_TOKEN), own(&codes::PASSWORD_TOO_SHORT),
            own(&codes::PASSWORD_TOO_LONG), own(&codes::USER_NOT_FOUND)];
    get "/reset-password/{token}", "Sign-in", "Where the link of a password reset leads",
        [("callbackURL", true)],
        [Answer::Redirect],
        [own(&codes::INVALID_CALLBACK_URL)];
    post "/revoke-other-sessions", "Sessions", "End the user's other sessions",
        [],
        [STATUS],
        [];
    post "/revoke-session", "Sessions", "End one of the user's sessions",
        [],
        [STATUS],
        [];
    post "/revoke-sessions", "Sessions", "End all sessions of the user",
        [],
        [STATUS],
        [];
    post "/send-verification-email", "User", "Mail a link that verifies the address",
        [],
        [STATUS],
        [own(&codes::VERIFICATION_EMAIL_NOT_ENABLED), own(&codes::EMAIL_MISMATCH),
            own(&codes::EMAIL_ALREADY_VERIFIED)];
    post "/sign-in/email", "Sign-in", "Sign in with e-mail address and password",
        [],
        [Answer::Json(|| json!({ "allOf": [
            object(&[
                ("redirect", json!({ "type": "boolean" })),
                ("token", json!({ "type": "string" })),
                ("user", reference("User")),
            ]),
            { "properties": { "url": { "type": "string" } } },
        ] }))],
        [own(&codes::EMAIL_PASSWORD_DISABLED), own(&codes::INVALID_EMAIL),
            own(&codes::PASSWORD_TOO_LONG), own(&codes::INVALID_EMAIL_OR_PASSWORD),
            own(&codes::EMAIL_NOT_VERIFIED), own(&codes::VERIFICATION_EMAIL_NOT_ENABLED)];
    post "/sign-out", "Sign-in", "End the session, if there is one",
        [],
        [Answer::Json(|| object(&[("success", json!({ "type": "boolean" }))]))],
        [];
    post "/sign-up/email", "Sign-in", "Become a user, with e-mail address and password",
        [],
        [Answer::Json(|| object(&[("token", or_null("string")), ("user", reference("User"))]))],
        [own(&codes::EMAIL_PASSWORD_SIGN_UP_DISABLED), own(&codes::PASSWORD_TOO_SHORT),
            own(&codes::PASSWORD_TOO_LONG), own(&codes::USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)];
    get "/token", "Tokens", "A JWT for the user, for other services",
        [],
        [Answer::Json(|| object(&[("token", json!({ "type": "string" }))]))],
        [];
    post "/unlink-account", "User", "Take away one of the ways to sign in, never the last",
        [],
        [STATUS],
        [own(&codes::FAILED_TO_UNLINK_LAST_ACCOUNT), own(&codes::ACCOUNT_NOT_FOUND)];
    post "/update-session", "Sessions", "Change additional fields of the session",
        [],
        [Answer::Json(|| object(&[("session", reference("Session"))]))],
        [own(&codes::FAILED_TO_GET_SESSION), own(&codes::FAILED_TO_UPDATE_USER)];
    post "/update-user", "User", "Change the user's name, picture and additional fields",
        [],
        [STATUS],
        [own(&codes::EMAIL_CAN_NOT_BE_UPDATED), own(&codes::FAILED_TO_UPDATE_USER)];
    get "/verify-email", "User", "Where the link of a verification leads",
        [("token", true), ("callbackURL", false)],
        [Answer::Redirect, Answer::Json(|| object(&[
            ("status", json!({ "type": "boolean" })),
            ("user", json!({ "anyOf": [reference("User"), { "type": "null" }] })),
        ]))],
        [as_401(&codes::INVALID_TOKEN), as_401(&codes::TOKEN_EXPIRED), as_401(&codes::USER_NOT_FOUND),
            own(&codes::INVALID_USER),
            own(&codes::INVALID_CALLBACK_URL)];
    post "/verify-password", "User", "Whether a password is the user's",
        [],
        [STATUS],
        [own(&codes::INVALID_PASSWORD), own(&codes::CREDENTIAL_ACCOUNT_NOT_FOUND)];
}
