//! Upstream: `src/api/routes/update-user.ts`, `update-session.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::profile;
use crate::flows::session::Confirmed;
use crate::wire;

/// `POST /update-user`: the user's own name and picture.
pub(crate) async fn user(
    State(cx): State<Context>,
    call: Call<wire::UpdateUser, Confirmed>,
) -> Result<Response, ApiError> {
    let Call { body, guard: Confirmed(active), mut facts } = call;
    match profile::update(&cx, &mut facts, active, body).await {
        Ok(()) => Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true })),
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}

/// `POST /update-session`: additional fields of the session that asks.
pub(crate) async fn session(
    State(cx): State<Context>,
    call: Call<wire::UpdateSession, Confirmed>,
) -> Result<Response, ApiError> {
    let Call { body, guard: Confirmed(active), mut facts } = call;
    match profile::update_session(&cx, &mut facts, active, body).await {
        Ok(session) => {
            let answer = wire::UpdatedSession { session: (&session).into() };
            Ok(facts.reply.json(StatusCode::OK, &answer))
        }
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}
