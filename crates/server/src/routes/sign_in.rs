//! Upstream: `src/api/routes/sign-in.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::{CONTROLS, utf8_percent_encode};

use crate::call::Call;
use crate::context::Context;
use crate::csrf::SameSite;
use crate::error::ApiError;
use crate::{flows, wire};

/// `POST /sign-in/email`
pub(crate) async fn email(
    State(cx): State<Context>,
    call: Call<wire::SignInEmail, SameSite>,
) -> Result<Response, ApiError> {
    let Call { body, mut facts, .. } = call;
    let url = body.callback_url.clone();
    let (user, session) = flows::sign_in::with_password(&cx, &mut facts, body).await?;
    let url = url.as_deref();
    // An empty address is echoed, but leads nowhere.
    let destination = url.filter(|url| !url.is_empty());
    if let Some(destination) = destination {
        // A header is ASCII; a browser would write the rest as percent-encoded UTF-8 itself.
        facts.reply.header(LOCATION, utf8_percent_encode(destination, CONTROLS).to_string());
    }
    let answer = wire::SignedIn {
        redirect: destination.is_some(),
        token: &session.token,
        url,
        user: (&user).into(),
    };
    Ok(facts.reply.json(StatusCode::OK, &answer))
}
