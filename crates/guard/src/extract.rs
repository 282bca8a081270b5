//! What a handler asks for: who is calling, and that the path is theirs.

use std::fmt;

use axum::{
    Json,
    extract::{FromRequestParts, OptionalFromRequestParts, Path, RawPathParams},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use gatewright_jose::{NoClaims, Verified};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::Denial;

/// The name of the path parameter that says whose a path is, as in `/api/{user_id}/tasks`.
pub const USER_PARAMETER: &str = "user_id";

/// Left in the extensions by a guard that let a request without credential pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nobody;

/// Who is calling, as the [`Guard`](crate::Guard) in front found out. `C` is what else the handler
/// wants of the claims; claims of another shape are answered 401.
///
/// `Option<Authenticated>` is `None` for a request without credential behind
/// [`Guard::permitting_anonymous`](crate::Guard::permitting_anonymous). Without any guard in front
/// both are answered 500: a route that forgot its guard must not look open.
#[derive(Debug, Clone)]
pub struct Authenticated<C = NoClaims>(pub Verified<C>);

impl<S: Send + Sync, C: DeserializeOwned> FromRequestParts<S> for Authenticated<C> {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denial> {
        caller(parts)?.ok_or(Denial::NoCredential)
    }
}

impl<S: Send + Sync, C: DeserializeOwned> OptionalFromRequestParts<S> for Authenticated<C> {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Denial> {
        caller(parts)
    }
}

fn caller<C: DeserializeOwned>(parts: &Parts) -> Result<Option<Authenticated<C>>, Denial> {
    match parts.extensions.get::<Verified>() {
        Some(verified) => Ok(Some(Authenticated(verified.with_claims()?))),
        None if parts.extensions.get::<Nobody>().is_some() => Ok(None),
        None => Err(misconfigured("no guard in front of a route that asks who is calling")),
    }
}

/// A user id that was proven: it is the subject of a verified token. Code that reads or writes a
/// user's rows should take one, for there is no way to make one from a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Box<str>);

impl UserId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<C> From<&Verified<C>> for UserId {
    fn from(verified: &Verified<C>) -> Self {
        Self(verified.subject().into())
    }
}

impl AsRef<str> for UserId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
/// parameters that don't fit, such as a text for a number, name nothing: 404.
#[derive(Debug, Clone)]
pub struct UserPath<T = ()>(pub UserId, pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for UserPath<T> {
    type Rejection = UserPathRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, UserPathRejection> {
        let caller = caller::<NoClaims>(parts)?.ok_or(Denial::NoCredential)?;
        let user = UserId::from(&caller.0);
        let parameters =
            RawPathParams::from_request_parts(parts, state).await.map_err(|error| {
                // What is not UTF-8 after decoding equals no subject.
                if error.status().is_client_error() {
                    Denial::WrongUser
                } else {
                    misconfigured("no path parameters")
                }
            })?;
        let mut owners = parameters.iter().filter(|(name, _)| *name == USER_PARAMETER);
        let (Some((_, owner)), None) = (owners.next(), owners.next()) else {
            return Err(misconfigured("the route has no single user_id parameter").into());
        };
        if owner != user.as_str() {
            tracing::debug!(code = Denial::WrongUser.code(), "request denied");
            return Err(Denial::WrongUser.into());
        }
        let path = <Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let Path(path) = path.map_err(|error| {
            if error.status().is_client_error() {
                UserPathRejection::NotFound
            } else {
                misconfigured("the path parameters do not fit the handler's type").into()
            }
        })?;
        Ok(Self(user, path))
    }
}

/// Why a handler with a [`UserPath`] is not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserPathRejection {
    /// The caller may not be here.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The path is the caller's, and names nothing.
    #[error("the path names nothing")]
    NotFound,
}

impl IntoResponse for UserPathRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Denied(denial) => denial.into_response(),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not found" }))).into_response()
            }
        }
    }
}

fn misconfigured(why: &'static str) -> Denial {
    tracing::error!(why, "the route is misconfigured, hence closed");
    Denial::Misconfigured
}
