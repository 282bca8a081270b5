//! Upstream: `src/api/routes/update-user.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::{Call, Unread};
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::flows::delete_user::{self, Outcome};
use crate::flows::session::SignedIn;
use crate::flows::verification;
use crate::redirect::{self, Return};
use crate::wire;

/// `POST /delete-user`: 404 unless it is enabled. How fresh the session must be depends on whether
/// a password is given, and is for the flow to say.
pub(crate) async fn delete(
    State(cx): State<Context>,
    call: Call<wire::DeleteUser, SignedIn>,
) -> Result<Response, ApiError> {
    let Call { body, guard: SignedIn(active), mut facts } = call;
    if !cx.options.user.delete_user.enabled {
        return Ok(facts.reply.empty(StatusCode::NOT_FOUND));
    }
    match delete_user::delete(&cx, &mut facts, active, body).await {
        Ok(Outcome::Deleted) => Ok(facts.reply.json(StatusCode::OK, &wire::Deleted::DONE)),
        Ok(Outcome::Mailed) => Ok(facts.reply.json(StatusCode::OK, &wire::Deleted::MAILED)),
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}

/// `GET /delete-user/callback`: where the mail's link leads. It deletes nobody but who is signed in.
pub(crate) async fn callback(
    State(cx): State<Context>,
    call: Call<Unread>,
) -> Result<Response, ApiError> {
    let mut facts = call.facts;
    let query = wire::DeleteUserCallback::read(&facts)?;
    let way_back = Return::new(&cx, query.callback_url)?;
    if !cx.options.user.delete_user.enabled {
        return Err(ApiError::known(&error_codes::NOT_FOUND));
    }
    let nobody = &error_codes::FAILED_TO_GET_USER_INFO;
    let Some(active) = verification::current(&cx, &mut facts).await? else {
        return Err(ApiError::known(nobody).with_reply(facts.reply));
    };
    match delete_user::with_token(&cx, &mut facts, active, &query.token, nobody).await {
        Err(error) => Err(error.with_reply(facts.reply)),
        Ok(()) => Ok(match way_back {
            Some(way_back) => redirect::found(facts.reply, way_back.as_str()),
            None => facts.reply.json(StatusCode::OK, &wire::Deleted::DONE),
        }),
    }
}
