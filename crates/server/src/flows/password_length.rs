//! How long a password may be, in JavaScript's length: UTF-16 code units.

use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;

/// For a password that is to be set.
pub(super) fn check_new(cx: &Context, password: &str) -> Result<(), ApiError> {
    if length(password) < cx.options.email_and_password.min_password_length {
        return Err(ApiError::known(&error_codes::PASSWORD_TOO_SHORT));
    }
    check_not_too_long(cx, password)
}

/// For one that is compared: no longer one was ever set, and it would cost a hash.
pub(super) fn check_not_too_long(cx: &Context, password: &str) -> Result<(), ApiError> {
    if length(password) > cx.options.email_and_password.max_password_length {
        return Err(ApiError::known(&error_codes::PASSWORD_TOO_LONG));
    }
    Ok(())
}

fn length(password: &str) -> usize {
    password.encode_utf16().count()
}
