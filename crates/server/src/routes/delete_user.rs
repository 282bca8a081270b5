//! Upstream: `src/api/routes/update-user.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::delete_user;
use crate::flows::session::SignedIn;
use crate::wire;

/// `POST /delete-user`: 404 unless it is enabled. How fresh the session must be depends on whether
/// a password is given, and is for the flow to say.
pub(crate) async fn delete(
    State(cx): State<Context>,
    call: Call<wire::DeleteUser, SignedIn>,
) -> Result<Response, ApiError> {
    let Call { body, guard: SignedIn(active), mut facts } = call;
    if !cx.options.user.delete_user_enabled {
        return Ok(facts.reply.empty(StatusCode::NOT_FOUND));
    }
    match delete_user::delete(&cx, &mut facts, active, body).await {
        Ok(()) => {
            let answer = wire::Deleted { success: true, message: "User deleted" };
            Ok(facts.reply.json(StatusCode::OK, &answer))
        }
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}
