//! Additional fields as clients set them. Upstream: `src/db/schema.ts`.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::fields::{Additional, Changes, InputError};

/// The fields of a user that is made.
pub(super) fn of_new_user(cx: &Context, body: &Map<String, Value>) -> Result<Additional, ApiError> {
    let fields = &cx.options.user.additional_fields;
    fields.read_new(body, cx.store.numbers(), cx.clock.now()).map_err(|error| match error {
        InputError::Null { .. } => ApiError::known(&error_codes::FAILED_TO_CREATE_USER),
        error => error.into(),
    })
}

/// What is to be changed in a user.
pub(super) fn of_user(cx: &Context, body: &Map<String, Value>) -> Result<Changes, ApiError> {
    Ok(cx.options.user.additional_fields.read_changes(body, cx.store.numbers())?)
}

/// What is to be changed in a session.
pub(super) fn of_session(cx: &Context, body: &Map<String, Value>) -> Result<Changes, ApiError> {
    Ok(cx.options.session.additional_fields.read_changes(body, cx.store.numbers())?)
}

impl From<InputError> for ApiError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Invalid { name, reason } => {
                Self::validation(format!("[body.{name}] {reason}"))
            }
            InputError::Missing { name } => {
                Self::about_field(&error_codes::MISSING_FIELD, format!("{name} is required"))
            }
            InputError::NotAllowed { name } => Self::about_field(
                &error_codes::FIELD_NOT_ALLOWED,
                format!("{name} is not allowed to be set"),
            ),
            InputError::Null { name } => Self::validation(format!(
                "[body.{name}] Invalid input: expected a value, received null"
            )),
        }
    }
}
