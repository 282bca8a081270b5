//! An answer that is not the one hoped for, and what to log about it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderName, StatusCode};
use serde::Serialize;

use crate::error_codes::{self, ErrorCode};
use crate::password::PasswordError;
use crate::reply::Reply;
use crate::signing_keys::KeysError;
use crate::store::StoreError;

const X_RETRY_AFTER: HeaderName = HeaderName::from_static("x-retry-after");

/// Seconds after which a client that was turned away may try again.
const RETRY_AFTER_SECONDS: u32 = 5;

/// An error of the wire: a status, mostly a body, and the cookies set on the way to it.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Answer>);

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    body: Option<Body>,
    reply: Reply,
    /// What went wrong inside; logged where the answer is made, never shown.
    source: Option<Box<dyn Error + Send + Sync>>,
    cause: Option<Cause>,
}

/// What kept the server from doing what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Too many writes wait for the database.
    DatabaseBusy,
    /// The database said no, or is closed.
    DatabaseFailed,
}

/// How a request ended that did not end well: for figures, beside the answer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The code in the answer's body.
    pub(crate) code: Option<&'static str>,
    pub(crate) cause: Option<Cause>,
}

#[derive(Debug, Serialize)]
struct Body {
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl ApiError {
    /// An error of the table.
    pub(crate) fn known(error: &ErrorCode) -> Self {
        Self::with_body(error.status, Some(error.code), Cow::Borrowed(error.message))
    }

    /// An error of the table that says which field is meant.
    pub(crate) fn about_field(error: &ErrorCode, message: String) -> Self {
        Self::with_body(error.status, Some(error.code), Cow::Owned(message))
    }

    /// `VALIDATION_ERROR`: the body or query has not the shape that the endpoint wants.
    pub(crate) fn validation(message: String) -> Self {
        Self::with_body(StatusCode::BAD_REQUEST, Some("VALIDATION_ERROR"), Cow::Owned(message))
    }

    /// `UNSUPPORTED_MEDIA_TYPE`, naming what is allowed.
    pub(crate) fn unsupported_media_type(message: String) -> Self {
        let code = Some("UNSUPPORTED_MEDIA_TYPE");
        Self::with_body(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, Cow::Owned(message))
    }

    /// A 400 that upstream sends without a code.
    pub(crate) fn without_code(message: String) -> Self {
        Self::with_body(StatusCode::BAD_REQUEST, None, Cow::Owned(message))
    }

    /// 404 without a body.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, None, None)
    }

    /// 500 without a body; `source` goes to the log.
    pub(crate) fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, Some(source.into()))
    }

    /// 503: more work is waiting than can be done soon.
    pub(crate) fn busy() -> Self {
        let mut reply = Reply::default();
        reply.header(RETRY_AFTER, RETRY_AFTER_SECONDS.to_string());
        Self::known(&error_codes::SERVICE_UNAVAILABLE).with_reply(reply)
    }

    /// 429: nothing is allowed before so many seconds have passed.
    pub(crate) fn too_many(retry_after: i64) -> Self {
        let mut reply = Reply::default();
        reply.header(X_RETRY_AFTER, retry_after.to_string());
        let message = Cow::Borrowed("Too many requests. Please try again later.");
        Self::with_body(StatusCode::TOO_MANY_REQUESTS, None, message).with_reply(reply)
    }

    /// 503: it could not be counted, and may not pass uncounted.
    pub(crate) fn uncounted(error: StoreError) -> Self {
        Self::busy().because(error)
    }

    /// The same error, with what goes to the log.
    fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, with the cookies and headers of `reply`.
    pub(crate) fn with_reply(mut self, reply: Reply) -> Self {
        self.0.reply = reply;
        self
    }

    /// The same error with another status: upstream gives some codes more than one.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    fn because_of(mut self, cause: Cause) -> Self {
        self.0.cause = Some(cause);
        self
    }

    fn with_body(
        status: StatusCode,
        code: Option<&'static str>,
        message: Cow<'static, str>,
    ) -> Self {
        Self::new(status, Some(Body { message, code }), None)
    }

    fn new(
        status: StatusCode,
        body: Option<Body>,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Answer { status, body, reply: Reply::default(), source, cause: None }))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Answer { status, body, reply, source, cause } = *self.0;
        if let Some(source) = source {
            tracing::error!(error = %Chain(source.as_ref()), "the request failed inside");
        }
        let outcome = Outcome { code: body.as_ref().and_then(|body| body.code), cause };
        let mut response = match body {
            Some(body) => reply.json(status, &body),
            None => status.into_response(),
        };
        response.extensions_mut().insert(outcome);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::busy().because_of(Cause::DatabaseBusy),
            // It may be back in a moment; what is wrong is for the log.
            error @ (StoreError::Unavailable(_) | StoreError::Closed) => {
                Self::busy().because(error).because_of(Cause::DatabaseFailed)
            }
            error => Self::internal(error).because_of(Cause::DatabaseFailed),
        }
    }
}

impl From<KeysError> for ApiError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Store(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::QueueFull | PasswordError::Stopped => Self::busy(),
            error @ PasswordError::Hash => Self::internal(error),
        }
    }
}

/// An error with its causes, on one line.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
