//! What is asked of users who leave.

use serde::Serialize;
use serde_json::Value;

use super::mail::read_query;
use crate::call::{Body, Facts};
use crate::error::ApiError;
use crate::shape::{Fields, Issues};

/// Body of `POST /delete-user`.
pub(crate) struct DeleteUser {
    pub(crate) callback_url: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) token: Option<String>,
}

impl Body for DeleteUser {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let callback_url = fields.optional_string("callbackURL");
        let password = fields.optional_string("password");
        let token = fields.optional_string("token");
        fields.finish(Self { callback_url, password, token })
    }
}

/// Query of `GET /delete-user/callback`.
pub(crate) struct DeleteUserCallback {
    pub(crate) token: String,
    pub(crate) callback_url: Option<String>,
}

impl DeleteUserCallback {
    pub(crate) fn read(facts: &Facts) -> Result<Self, ApiError> {
        read_query(facts, |fields| Self {
            token: fields.string("token"),
            callback_url: fields.optional_string("callbackURL"),
        })
    }
}

/// Answer of `POST /delete-user` and of the link that it mails.
#[derive(Serialize)]
pub(crate) struct Deleted {
    success: bool,
    message: &'static str,
}

impl Deleted {
    pub(crate) const DONE: Self = Self { success: true, message: "User deleted" };
    pub(crate) const MAILED: Self = Self { success: true, message: "Verification email sent" };
}
