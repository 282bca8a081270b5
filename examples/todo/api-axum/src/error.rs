//! What goes wrong, as `{"detail": "…"}`.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
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
        let content_type = request.headers().get(CONTENT_TYPE);
        if !content_type.and_then(|value| value.to_str().ok()).is_some_and(is_json) {
            return Err(ApiError::Body {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                detail: "The body must be sent as application/json",
            });
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let (status, detail) = (rejection.status(), "The body is too large");
                ApiError::Body { status, detail }
            } else {
                UNEXPECTED_SHAPE
            }
        })?;
        // The whole must be JSON, also where it is ignored; and Serde would take an array for a
        // struct, member by member.
        let json: &RawValue = serde_json::from_slice(&body).map_err(|_| UNEXPECTED_SHAPE)?;
        if !json.get().starts_with('{') {
            return Err(UNEXPECTED_SHAPE);
        }
        serde_json::from_str(json.get()).map(Self).map_err(|_| UNEXPECTED_SHAPE)
    }
}

/// Parameters mean nothing to JSON (RFC 8259 §11); suffixes are those of RFC 6839. axum's own
/// `Json` takes `application/json+xml`, and no space before a parameter.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    let media_type = media_type.trim_matches([' ', '\t']).to_ascii_lowercase();
    media_type.strip_prefix("application/").is_some_and(|subtype| {
        subtype == "json" || subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty())
    })
}

const UNEXPECTED_SHAPE: ApiError = ApiError::Body {
    status: StatusCode::UNPROCESSABLE_ENTITY,
    detail: "The body is not of the expected shape",
};

pub(crate) fn detail(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}
