//! The isolation of users by the query.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{UserId, UserNames, UserRejection, log, user};
use crate::require::user::is_user_of_query;

/// As [`UserPath`](crate::UserPath), for addresses such as `/tasks?user_id=…`: the parameter must be
/// there exactly once and equal the token's subject, else the answer is 403.
///
/// ```
/// use gatewright_guard::UserQuery;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Page { page: Option<u32> }
///
/// // on the route "/tasks", as /tasks?user_id=…&page=2
/// async fn list(UserQuery(user, Page { page }): UserQuery<Page>) -> String {
///     format!("page {} of {user}", page.unwrap_or(1))
/// }
/// # let _ = axum::Router::<()>::new().route("/tasks", axum::routing::get(list));
/// ```
///
/// Other parameters that don't fit are 400. Another name than `user_id` is set by
/// [`Guard::user_parameter`](crate::Guard::user_parameter).
#[derive(Debug, Clone)]
pub struct UserQuery<T = ()>(pub UserId, pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for UserQuery<T> {
    type Rejection = UserRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, UserRejection> {
        let user = user(parts)?;
        let names = UserNames::of(&parts.extensions);
        is_user_of_query(user.as_str(), &parts.uri, &names.parameter).map_err(log)?;
        let query = Query::try_from_uri(&parts.uri);
        let Query(query) = query.map_err(|_| UserRejection::MalformedQuery)?;
        Ok(Self(user, query))
    }
}
