//! What is asked of endpoints that mail a link, and of those that the links lead to.

use serde::Serialize;
use serde_json::Value;

use super::User;
use crate::call::{Body, Facts};
use crate::error::ApiError;
use crate::shape::{Fields, Issues};

/// Body of `POST /request-password-reset`.
pub(crate) struct RequestPasswordReset {
    pub(crate) email: String,
    pub(crate) redirect_to: Option<String>,
}

impl Body for RequestPasswordReset {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let email = fields.email("email");
        let redirect_to = fields.optional_string("redirectTo");
        fields.finish(Self { email, redirect_to })
    }
}

/// Query of `GET /reset-password/:token`.
pub(crate) struct ResetPasswordCallback {
    pub(crate) callback_url: String,
}

impl ResetPasswordCallback {
    pub(crate) fn read(facts: &Facts) -> Result<Self, ApiError> {
        read_query(facts, |fields| Self { callback_url: fields.string("callbackURL") })
    }
}

/// Body of `POST /reset-password`; the token may be in the query instead.
pub(crate) struct ResetPassword {
    pub(crate) new_password: String,
    pub(crate) token: Option<String>,
}

impl Body for ResetPassword {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let new_password = fields.string("newPassword");
        let token = fields.optional_string("token");
        fields.finish(Self { new_password, token })
    }
}

/// The token of `POST /reset-password?token=…`.
pub(crate) fn token_in_query(facts: &Facts) -> Result<Option<String>, ApiError> {
    read_query(facts, |fields| fields.optional_string("token"))
}

pub(super) fn read_query<T>(
    facts: &Facts,
    read: impl FnOnce(&mut Fields<'_>) -> T,
) -> Result<T, ApiError> {
    let query = facts.query_object();
    let read = Fields::of(Some(&query), None).and_then(|mut fields| {
        let read = read(&mut fields);
        fields.finish(read)
    });
    read.map_err(|issues| ApiError::validation(issues.in_query()))
}

/// Body of `POST /send-verification-email`.
pub(crate) struct SendVerificationEmail {
    pub(crate) email: String,
    pub(crate) callback_url: Option<String>,
}

impl Body for SendVerificationEmail {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let email = fields.email("email");
        let callback_url = fields.optional_string("callbackURL");
        fields.finish(Self { email, callback_url })
    }
}

/// Body of `POST /change-email`.
pub(crate) struct ChangeEmail {
    pub(crate) new_email: String,
    pub(crate) callback_url: Option<String>,
}

impl Body for ChangeEmail {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let new_email = fields.email("newEmail");
        let callback_url = fields.optional_string("callbackURL");
        fields.finish(Self { new_email, callback_url })
    }
}

/// Query of `GET /verify-email`.
pub(crate) struct VerifyEmail {
    pub(crate) token: String,
    pub(crate) callback_url: Option<String>,
}

impl VerifyEmail {
    pub(crate) fn read(facts: &Facts) -> Result<Self, ApiError> {
        read_query(facts, |fields| Self {
            token: fields.string("token"),
            callback_url: fields.optional_string("callbackURL"),
        })
    }
}

/// Answer of `POST /request-password-reset`.
#[derive(Serialize)]
pub(crate) struct PasswordResetRequested {
    status: bool,
    message: &'static str,
}

impl PasswordResetRequested {
    /// The same for everybody.
    pub(crate) const ANSWER: Self = Self {
        status: true,
        message: "If this email exists in our system, check your email for the reset link",
    };
}

/// Answer of `GET /verify-email` that leads nowhere.
#[derive(Serialize)]
pub(crate) struct EmailVerified {
    status: bool,
    /// Always `null`: the link proves who reads the mail, not who follows it.
    user: (),
}

impl EmailVerified {
    pub(crate) const ANSWER: Self = Self { status: true, user: () };
}

/// Answer of `GET /verify-email` to a link that has changed the address, and leads nowhere.
#[derive(Serialize)]
pub(crate) struct EmailChanged<'a> {
    pub(crate) status: bool,
    pub(crate) user: User<'a>,
}
