//! The isolation of users by the path.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{UserId, UserNames, UserRejection, log, misconfigured, user};
use crate::require::user::is_user_of_route;

/// The isolation of users: a path below `/{user_id}/` is served to that user alone.
///
/// The path's `user_id`, percent-decoded, must equal the token's subject exactly, else the answer
/// is 403. The handler receives the id as proof, and the other path parameters in a struct with
/// their names; `()` if there are none. It gets the id from nowhere else, so it cannot be written
/// without the check.
///
/// ```
/// use gatewright_guard::UserPath;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct TaskPath { id: i64 }
///
/// // on the route "/api/{user_id}/tasks/{id}"
/// async fn show(UserPath(user, TaskPath { id }): UserPath<TaskPath>) -> String {
///     format!("task {id} of {user}")
/// }
/// # let _ = axum::Router::<()>::new()
/// #     .route("/api/{user_id}/tasks/{id}", axum::routing::get(show));
/// ```
///
/// On a route without a `user_id` it answers 500, since there is nothing to compare. Other
/// parameters that don't fit, such as a text for a number, name nothing: 404. Another name than
/// `user_id` is set by [`Guard::user_parameter`](crate::Guard::user_parameter).
#[derive(Debug, Clone)]
pub struct UserPath<T = ()>(pub UserId, pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for UserPath<T> {
    type Rejection = UserRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, UserRejection> {
        let user = user(parts)?;
        let names = UserNames::of(&parts.extensions);
        is_user_of_route(user.as_str(), parts, &names.parameter).map_err(log)?;
        let path = <Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let Path(path) = path.map_err(|error| {
            if error.status().is_client_error() {
                UserRejection::NotFound
            } else {
                misconfigured("the path parameters do not fit the handler's type").into()
            }
        })?;
        Ok(Self(user, path))
    }
}
