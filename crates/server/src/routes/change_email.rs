//! Upstream: `src/api/routes/update-user.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::change_email;
use crate::flows::session::SignedIn;
use crate::wire;

/// `POST /change-email`: says the same whether or not the address is taken.
pub(crate) async fn change(
    State(cx): State<Context>,
    call: Call<wire::ChangeEmail, SignedIn>,
) -> Result<Response, ApiError> {
    let Call { body, guard: SignedIn(active), mut facts } = call;
    match change_email::request(&cx, &mut facts, active, body).await {
        Ok(()) => Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true })),
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}
