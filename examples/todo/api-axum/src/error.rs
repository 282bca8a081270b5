//! What goes wrong, as `{"detail": "…"}`.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{json, value::RawValue};

use crate::{store::StoreError, task::InvalidTitle};

/// Why a request of a user on their own path fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{detail}")]
    Body { status: StatusCode, detail: &'static str },
    #[error("Task not found")]
    NoSuchTask,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Title(#[from] InvalidTitle),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Body { status, .. } => *status,
            Self::NoSuchTask => StatusCode::NOT_FOUND,
            Self::Title(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => {
                tracing::error!(%error, cause = ?std::error::Error::source(error), "store failed");
                return detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
            }
        };
        detail(status, &self.to_string())
    }
}

/// A JSON object as body, whose faults are answered in our own form and without quoting it.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = <Json<Box<RawValue>> as FromRequest<S>>::from_request(request, state).await;
        let Json(body) = body.map_err(|rejection| match rejection {
            JsonRejection::MissingJsonContentType(_) => ApiError::Body {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                detail: "The body must be sent as application/json",
            },
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => ApiError::Body {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                detail: "The body is too large",
            },
            _ => UNEXPECTED_SHAPE,
        })?;
        // Serde would take an array for a struct, member by member.
        if !body.get().starts_with('{') {
            return Err(UNEXPECTED_SHAPE);
        }
        let value = serde_json::from_str(body.get()).map_err(|_| UNEXPECTED_SHAPE)?;
        Ok(Self(value))
    }
}

const UNEXPECTED_SHAPE: ApiError = ApiError::Body {
    status: StatusCode::UNPROCESSABLE_ENTITY,
    detail: "The body is not of the expected shape",
};

pub(crate) fn detail(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}
