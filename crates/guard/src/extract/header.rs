//! The isolation of users by a header field.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{UserId, UserNames, log, user};
use crate::{Denial, require::user::is_user_of_header};

/// As [`UserPath`](crate::UserPath), for services whose clients say in a header field whose things
/// they want: `x-user-id` must be there exactly once and equal the token's subject, else the answer
/// is 403.
///
/// ```
/// use gatewright_guard::UserHeader;
///
/// async fn list(UserHeader(user): UserHeader) -> String {
///     format!("the tasks of {user}")
/// }
/// # let _ = axum::Router::<()>::new().route("/tasks", axum::routing::get(list));
/// ```
///
/// Another name than `x-user-id` is set by [`Guard::user_header`](crate::Guard::user_header).
#[derive(Debug, Clone)]
pub struct UserHeader(pub UserId);

impl<S: Send + Sync> FromRequestParts<S> for UserHeader {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denial> {
        let user = user(parts)?;
        let names = UserNames::of(&parts.extensions);
        is_user_of_header(user.as_str(), &parts.headers, &names.header).map_err(log)?;
        Ok(Self(user))
    }
}
