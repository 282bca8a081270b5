//! Upstream: `src/api/routes/error.ts`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

use crate::call::{Call, Unread};
use crate::context::Context;
use crate::error::ApiError;
use crate::{error_page, redirect};

/// `GET /error`: says what went wrong, or leads on to a page that does.
pub(crate) async fn page(
    State(cx): State<Context>,
    call: Call<Unread>,
) -> Result<Response, ApiError> {
    let facts = call.facts;
    let first = |name: &str| {
        let value = facts.query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        value.map(String::as_str).filter(|value| !value.is_empty())
    };
    let (code, description) = (first("error"), first("error_description"));
    if let Some(url) = &cx.options.on_api_error.error_url {
        let code = [("error", error_page::shown_code(code))].into_iter();
        let pairs = code.chain(description.map(|text| ("error_description", text)));
        let location = redirect::with_query(url.as_str(), pairs)?;
        // Upstream says no media type here, as it does of every other answer.
        return Ok((StatusCode::FOUND, [(LOCATION, location)]).into_response());
    }
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, error_page::POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::OK, headers, error_page::html(code, description)).into_response())
}
