//! Upstream: `src/api/routes/update-user.ts`, and `verifyPassword` of `password.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::change_password;
use crate::flows::session::SignedIn;
use crate::wire;

/// `POST /change-password`: with the current one, and on demand with an end to every session but a
/// new one.
pub(crate) async fn change(
    State(cx): State<Context>,
    call: Call<wire::ChangePassword, SignedIn>,
) -> Result<Response, ApiError> {
    let Call { body, guard: SignedIn(active), mut facts } = call;
    match change_password::change(&cx, &mut facts, &active, body).await {
        Ok(session) => {
            let token = session.as_ref().map(|session| session.token.as_str());
            let answer = wire::ChangedPassword { token, user: (&active.user).into() };
            Ok(facts.reply.json(StatusCode::OK, &answer))
        }
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}

/// `POST /verify-password`: whether it is the user's own, for a page that asks again before
/// something grave.
pub(crate) async fn verify(
    State(cx): State<Context>,
    call: Call<wire::VerifyPassword, SignedIn>,
) -> Result<Response, ApiError> {
    let Call { body, guard: SignedIn(active), facts } = call;
    match change_password::verify(&cx, &facts, &active, body.password).await {
        Ok(()) => Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true })),
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}
