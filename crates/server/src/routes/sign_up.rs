//! Upstream: `src/api/routes/sign-up.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::Call;
use crate::context::Context;
use crate::csrf::SameSite;
use crate::error::ApiError;
use crate::{flows, wire};

/// `POST /sign-up/email`
pub(crate) async fn email(
    State(cx): State<Context>,
    call: Call<wire::SignUpEmail, SameSite>,
) -> Result<Response, ApiError> {
    let Call { body, mut facts, .. } = call;
    let (user, session) = flows::sign_up::with_password(&cx, &mut facts, body).await?;
    let answer = wire::SignedUp {
        token: session.as_ref().map(|session| session.token.as_str()),
        user: (&user).into(),
    };
    Ok(facts.reply.json(StatusCode::OK, &answer))
}
