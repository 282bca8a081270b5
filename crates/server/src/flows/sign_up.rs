//! New users. Upstream: `src/api/routes/sign-up.ts`.

use super::session::{self, Remember};
use crate::call::Facts;
use crate::context::Context;
use crate::crypto::ID_CHARACTERS;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{CreateUserError, NewUser, Session, User};
use crate::wire;

/// Makes a user with a password and signs them in.
pub(crate) async fn with_password(
    cx: &Context,
    facts: &mut Facts,
    body: wire::SignUpEmail,
) -> Result<(User, Session), ApiError> {
    let options = &cx.options.email_and_password;
    if !options.enabled || options.disable_sign_up {
        return Err(ApiError::known(&error_codes::EMAIL_PASSWORD_SIGN_UP_DISABLED));
    }
    // JavaScript's length: UTF-16 code units.
    let length = body.password.encode_utf16().count();
    if length < options.min_password_length {
        return Err(ApiError::known(&error_codes::PASSWORD_TOO_SHORT));
    }
    if length > options.max_password_length {
        return Err(ApiError::known(&error_codes::PASSWORD_TOO_LONG));
    }
    let email = body.email.to_lowercase();
    if cx.store.has_email(&email)? {
        return Err(ApiError::known(&error_codes::USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL));
    }
    let password = cx.passwords.hash(body.password).await?;

    let now = cx.clock.now();
    let user = User {
        id: cx.random.id(ID_CHARACTERS),
        name: body.name,
        email,
        email_verified: false,
        image: body.image,
        created_at: now,
        updated_at: now,
    };
    let remember = Remember::from(body.remember_me);
    let session = session::begin(cx, facts, &user.id, remember);
    let new = NewUser {
        user: user.clone(),
        account_id: cx.random.id(ID_CHARACTERS),
        password,
        session: session.clone(),
    };
    cx.store.create_user(new).await.map_err(|error| match error {
        CreateUserError::EmailTaken => {
            ApiError::known(&error_codes::USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)
        }
        CreateUserError::Store(error) => error.into(),
    })?;
    session::set_cookies(cx, facts, &session, remember);
    Ok((user, session))
}
