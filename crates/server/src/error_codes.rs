//! The errors of the wire: code, message and status, each declared once.
//!
//! Codes and messages are upstream's (`packages/core/src/error/codes.ts`): clients branch on them.

use http::StatusCode;

/// One error of the wire.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorCode {
    /// What clients branch on.
    pub(crate) code: &'static str,
    /// What people read.
    pub(crate) message: &'static str,
    /// The answer's status.
    pub(crate) status: StatusCode,
}

impl ErrorCode {
    /// The same error, where upstream answers it with 404.
    pub(crate) const fn into_not_found(self) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..self }
    }
}

macro_rules! error_codes {
    ($($name:ident = $status:ident, $message:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`: ", $message)]
            pub(crate) const $name: ErrorCode = ErrorCode {
                code: stringify!($name),
                message: $message,
                status: StatusCode::$status,
            };
        )*
        /// Every error code of the wire.
        #[cfg(test)]
        pub(crate) const ALL: &[ErrorCode] = &[$($name),*];
    };
}

error_codes! {
    ACCOUNT_NOT_FOUND = BAD_REQUEST, "Account not found";
    BAD_REQUEST = BAD_REQUEST, "Invalid JSON in request body";
    CHANGE_EMAIL_DISABLED = BAD_REQUEST, "Change email is disabled";
    CREDENTIAL_ACCOUNT_NOT_FOUND = BAD_REQUEST, "Credential account not found";
    CROSS_SITE_NAVIGATION_LOGIN_BLOCKED = FORBIDDEN,
        "Cross-site navigation login blocked. This request appears to be a CSRF attack.";
    EMAIL_ALREADY_VERIFIED = BAD_REQUEST, "Email is already verified";
    EMAIL_CAN_NOT_BE_UPDATED = BAD_REQUEST, "Email can not be updated";
    EMAIL_MISMATCH = BAD_REQUEST, "Email mismatch";
    EMAIL_NOT_VERIFIED = FORBIDDEN, "Email not verified";
    EMAIL_PASSWORD_DISABLED = BAD_REQUEST, "Email and password is not enabled";
    EMAIL_PASSWORD_SIGN_UP_DISABLED = BAD_REQUEST, "Email and password sign up is not enabled";
    FAILED_TO_CREATE_USER = UNPROCESSABLE_ENTITY, "Failed to create user";
    FAILED_TO_GET_SESSION = UNAUTHORIZED, "Failed to get session";
    FAILED_TO_GET_USER_INFO = NOT_FOUND, "Failed to get user info";
    FAILED_TO_UNLINK_LAST_ACCOUNT = BAD_REQUEST, "You can't unlink your last account";
    FAILED_TO_UPDATE_USER = UNPROCESSABLE_ENTITY, "Failed to update user";
    FIELD_NOT_ALLOWED = BAD_REQUEST, "Field not allowed to be set";
    INVALID_CALLBACK_URL = FORBIDDEN, "Invalid callbackURL";
    INVALID_EMAIL = BAD_REQUEST, "Invalid email";
    INVALID_EMAIL_OR_PASSWORD = UNAUTHORIZED, "Invalid email or password";
    INVALID_ERROR_CALLBACK_URL = FORBIDDEN, "Invalid errorCallbackURL";
    INVALID_NEW_USER_CALLBACK_URL = FORBIDDEN, "Invalid newUserCallbackURL";
    INVALID_ORIGIN = FORBIDDEN, "Invalid origin";
    INVALID_PASSWORD = BAD_REQUEST, "Invalid password";
    INVALID_REDIRECT_URL = FORBIDDEN, "Invalid redirectURL";
    INVALID_TOKEN = BAD_REQUEST, "Invalid token";
    INVALID_USER = UNAUTHORIZED, "Invalid user";
    METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED = METHOD_NOT_ALLOWED,
        "POST method requires deferSessionRefresh to be enabled in session config";
    MISSING_FIELD = BAD_REQUEST, "Field is required";
    MISSING_OR_NULL_ORIGIN = FORBIDDEN, "Missing or null Origin";
    NOT_FOUND = NOT_FOUND, "Not found";
    PASSWORD_TOO_LONG = BAD_REQUEST, "Password too long";
    PASSWORD_TOO_SHORT = BAD_REQUEST, "Password too short";
    PAYLOAD_TOO_LARGE = PAYLOAD_TOO_LARGE, "Request body is too large";
    RESET_PASSWORD_DISABLED = BAD_REQUEST, "Reset password isn't enabled";
    SERVICE_UNAVAILABLE = SERVICE_UNAVAILABLE, "Too busy. Please try again later.";
    SESSION_EXPIRED = BAD_REQUEST, "Session expired. Re-authenticate to perform this action.";
    SESSION_NOT_FRESH = FORBIDDEN, "Session is not fresh";
    TOKEN_EXPIRED = UNAUTHORIZED, "Token expired";
    UNAUTHORIZED = UNAUTHORIZED, "Unauthorized";
    USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL = UNPROCESSABLE_ENTITY,
        "User already exists. Use another email.";
    USER_NOT_FOUND = BAD_REQUEST, "User not found";
    VERIFICATION_EMAIL_NOT_ENABLED = BAD_REQUEST, "Verification email isn't enabled";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        let codes: Vec<_> = ALL.iter().map(|error| error.code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }
}
