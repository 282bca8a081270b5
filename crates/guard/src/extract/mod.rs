//! What an axum handler asks for: who is calling, and that what is asked for is theirs.

mod header;
mod path;
mod query;
mod user_id;

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use gatewright_jose::{NoClaims, Verified};
use http::{Extensions, HeaderName, StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::json;

pub use self::{header::UserHeader, path::UserPath, query::UserQuery, user_id::UserId};
use crate::Denial;

/// The name of the parameter that says whose something is, as in `/api/{user_id}/tasks`, unless
/// [`Guard::user_parameter`](crate::Guard::user_parameter) says otherwise.
pub const USER_PARAMETER: &str = "user_id";

/// Left in the extensions by a guard that let a request without credential pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nobody;

/// How the user is called in paths, queries and headers behind a guard.
#[derive(Debug, Clone)]
pub(crate) struct UserNames {
    pub(crate) parameter: Arc<str>,
    pub(crate) header: HeaderName,
}

impl Default for UserNames {
    fn default() -> Self {
        Self { parameter: USER_PARAMETER.into(), header: HeaderName::from_static("x-user-id") }
    }
}

impl UserNames {
    fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }
}

/// Who is calling, as the [`Guard`](crate::Guard) in front found out. `C` is what else the handler
/// wants of the claims; claims of another shape are answered 401.
///
/// `Option<Authenticated>` is `None` for a request without credential behind
/// [`Guard::permitting_anonymous`](crate::Guard::permitting_anonymous). Without any guard in front
/// both are answered 500: a route that forgot its guard must not look open.
///
/// ```
/// use gatewright_guard::Authenticated;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Profile { email: String }
///
/// async fn show(Authenticated(caller): Authenticated<Profile>) -> String {
///     format!("{} <{}>", caller.subject(), caller.claims().email)
/// }
/// # let _ = axum::Router::<()>::new().route("/me", axum::routing::get(show));
/// ```
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

/// The caller, as somebody's id that is now proven.
fn user(parts: &Parts) -> Result<UserId, Denial> {
    let caller = caller::<NoClaims>(parts)?.ok_or(Denial::NoCredential)?;
    Ok(UserId::from(&caller.0))
}

fn log(denial: Denial) -> Denial {
    tracing::debug!(code = denial.code(), has_subject = true, "request denied");
    denial
}

/// Why a handler that asks for the user's own things is not reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserRejection {
    /// The caller may not be here.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The query is the caller's, and is not of the handler's shape (400).
    #[error("the query is malformed")]
    MalformedQuery,
    /// The path is the caller's, and names nothing (404).
    #[error("the path names nothing")]
    NotFound,
}

impl IntoResponse for UserRejection {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Denied(denial) => return denial.into_response(),
            Self::MalformedQuery => (StatusCode::BAD_REQUEST, "Malformed query"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        };
        (status, Json(json!({ "detail": detail }))).into_response()
    }
}

pub(crate) fn misconfigured(why: &'static str) -> Denial {
    tracing::error!(why, "the route is misconfigured, hence closed");
    Denial::Misconfigured
}
