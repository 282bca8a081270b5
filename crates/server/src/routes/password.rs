//! Upstream: `src/api/routes/password.ts`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use crate::call::{Call, Unread};
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::password_reset;
use crate::redirect::{self, Destination};
use crate::wire;

/// `POST /request-password-reset`: says the same whether or not there is such a user.
pub(crate) async fn request_reset(
    State(cx): State<Context>,
    call: Call<wire::RequestPasswordReset>,
) -> Result<Response, ApiError> {
    password_reset::request(&cx, &call.facts, call.body).await?;
    Ok(call.facts.reply.json(StatusCode::OK, &wire::PasswordResetRequested::ANSWER))
}

/// `GET /reset-password/:token`: where the mail's link leads; on to the front end's own page, which
/// asks for the new password.
pub(crate) async fn reset_callback(
    State(cx): State<Context>,
    token: Result<Path<String>, PathRejection>,
    call: Call<Unread>,
) -> Result<Response, ApiError> {
    // A token that is no text is none of ours.
    let token = token.map(|Path(token)| token).unwrap_or_default();
    let query = wire::ResetPasswordCallback::read(&call.facts)?;
    let destination = Destination::new(&cx, &query.callback_url)?;
    let is_good = !query.callback_url.is_empty() && password_reset::is_good(&cx, &token).await?;
    let (name, value) = if is_good { ("token", &*token) } else { ("error", "INVALID_TOKEN") };
    Ok(redirect::found(call.facts.reply, &destination.with(name, value)))
}

/// `POST /reset-password`
pub(crate) async fn reset(
    State(cx): State<Context>,
    call: Call<wire::ResetPassword>,
) -> Result<Response, ApiError> {
    let Call { body, facts, .. } = call;
    let in_query = wire::token_in_query(&facts)?;
    let token = body.token.filter(|token| !token.is_empty()).or(in_query).unwrap_or_default();
    password_reset::reset(&cx, &facts, &token, body.new_password).await?;
    Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true }))
}
