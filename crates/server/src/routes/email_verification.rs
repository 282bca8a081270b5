//! Upstream: `src/api/routes/email-verification.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::call::{Call, Unread};
use crate::context::Context;
use crate::error::ApiError;
use crate::flows::verification::{self, Followed, VerifyError};
use crate::redirect::{self, Return};
use crate::reply::Reply;
use crate::wire;

/// `POST /send-verification-email`
pub(crate) async fn send(
    State(cx): State<Context>,
    call: Call<wire::SendVerificationEmail>,
) -> Result<Response, ApiError> {
    let Call { body, mut facts, .. } = call;
    let sent = verification::request(&cx, &mut facts, body).await;
    match sent {
        Ok(()) => Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true })),
        Err(error) => Err(error.with_reply(facts.reply)),
    }
}

/// `GET /verify-email`: where the mail's link leads.
pub(crate) async fn verify(
    State(cx): State<Context>,
    call: Call<Unread>,
) -> Result<Response, ApiError> {
    let mut facts = call.facts;
    let query = wire::VerifyEmail::read(&facts)?;
    let way_back = Return::new(&cx, query.callback_url.clone())?;
    match (verification::follow(&cx, &mut facts, &query).await, way_back) {
        (Err(VerifyError::Failed(error)), _) => Err(error),
        (Err(VerifyError::Refused(code)), Some(way_back)) => {
            Ok(redirect::found(facts.reply, &way_back.with_error(code)?))
        }
        (Err(VerifyError::Refused(code)), None) => {
            Err(ApiError::known(code).with_status(StatusCode::UNAUTHORIZED).with_reply(facts.reply))
        }
        (Ok(_), Some(way_back)) => Ok(redirect::found(facts.reply, way_back.as_str())),
        (Ok(followed), None) => Ok(answer(facts.reply, &followed)),
    }
}

fn answer(reply: Reply, followed: &Followed) -> Response {
    let status = true;
    match followed {
        Followed::Changed(user) => {
            let user = user.as_ref().into();
            reply.json(StatusCode::OK, &wire::EmailChanged { status, user })
        }
        Followed::Confirmed => reply.json(StatusCode::OK, &wire::Status { status }),
        Followed::Verified => reply.json(StatusCode::OK, &wire::EmailVerified::ANSWER),
    }
}
