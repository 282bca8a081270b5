//! Upstream: `src/api/routes/session.ts`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::{CACHE_CONTROL, PRAGMA};

use crate::audit::{AuditEntry, AuditEvent};
use crate::call::{Call, Facts, Unread};
use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes;
use crate::flows::session::{self, FindError, Found, Fresh, SignedIn};
use crate::flows::token;
use crate::reply::SET_AUTH_JWT;
use crate::store::ActiveSession;
use crate::wire;

/// A JWT holds the user's name and image, and clients refuse a response with long headers (Node
/// from 16 KiB on): rather than lock such a user out, the header stays away. `/token` has no limit.
const MOST_HEADER_BYTES: usize = 8 * 1024;

/// `GET /get-session`: the session and its user with a fresh JWT in a header, or `null`.
pub(crate) async fn get(
    State(cx): State<Context>,
    call: Call<Unread>,
) -> Result<Response, ApiError> {
    let mut facts = call.facts;
    never_store(&mut facts);
    let found = session::read(&cx, &mut facts).await;
    answer(&cx, facts, found).await
}

/// `POST /get-session`: extends the session, where reads don't.
pub(crate) async fn post(
    State(cx): State<Context>,
    call: Call<Unread>,
) -> Result<Response, ApiError> {
    let mut facts = call.facts;
    never_store(&mut facts);
    if !cx.options.session.defer_session_refresh {
        let error = ApiError::known(&error_codes::METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED);
        return Err(error.with_reply(facts.reply));
    }
    let found = session::refresh(&cx, &mut facts).await;
    answer(&cx, facts, found).await
}

async fn answer(
    cx: &Context,
    mut facts: Facts,
    found: Result<Option<Found>, FindError>,
) -> Result<Response, ApiError> {
    let found = match found {
        Ok(found) => found,
        Err(FindError::Failed(error)) => return Err(error),
        Err(FindError::LostRace) => {
            let error = ApiError::known(&error_codes::FAILED_TO_GET_SESSION);
            return Err(error.with_reply(facts.reply));
        }
    };
    let Some(Found { active, needs_refresh }) = found else {
        return Ok(facts.reply.json(StatusCode::OK, &()));
    };
    let jwt = token::issue(cx, &mut facts, &active.user).await?;
    if jwt.len() <= MOST_HEADER_BYTES {
        facts.reply.exposed_header(SET_AUTH_JWT, jwt);
    }
    let answer = wire::CurrentSession {
        session: (&active.session).into(),
        user: (&active.user).into(),
        needs_refresh,
    };
    Ok(facts.reply.json(StatusCode::OK, &answer))
}

/// `GET /list-sessions`
pub(crate) async fn list(
    State(cx): State<Context>,
    call: Call<(), Fresh>,
) -> Result<Response, ApiError> {
    let Fresh(active) = call.guard;
    let sessions = cx.store.list_sessions(&active.user.id, cx.clock.now()).await?;
    let answer: Vec<wire::Session<'_>> = sessions.iter().map(Into::into).collect();
    Ok(call.facts.reply.json(StatusCode::OK, &answer))
}

/// `POST /revoke-session`: says yes whether or not the token was one of the user's.
pub(crate) async fn revoke(
    State(cx): State<Context>,
    call: Call<wire::RevokeSession, SignedIn>,
) -> Result<Response, ApiError> {
    let Call { body, guard: SignedIn(active), mut facts } = call;
    let is_current = body.token == active.session.token;
    let count = cx.store.delete_own_session(&body.token, &active.user.id).await?;
    record(&cx, &facts, &active, "one", count).await;
    if is_current {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
    }
    Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true }))
}

/// `POST /revoke-sessions`: all of them, the current one too.
pub(crate) async fn revoke_all(
    State(cx): State<Context>,
    call: Call<(), SignedIn>,
) -> Result<Response, ApiError> {
    let Call { guard: SignedIn(active), mut facts, .. } = call;
    let count = cx.store.delete_sessions(&active.user.id).await?;
    record(&cx, &facts, &active, "all", count).await;
    facts.reply.clear_session(&cx.cookies, &facts.headers);
    Ok(facts.reply.json(StatusCode::OK, &wire::Status { status: true }))
}

/// `POST /revoke-other-sessions`: all but the current one.
pub(crate) async fn revoke_others(
    State(cx): State<Context>,
    call: Call<(), SignedIn>,
) -> Result<Response, ApiError> {
    let SignedIn(active) = call.guard;
    let now = cx.clock.now();
    let count = cx.store.delete_other_sessions(&active.user.id, &active.session.token, now).await?;
    record(&cx, &call.facts, &active, "others", count).await;
    Ok(call.facts.reply.json(StatusCode::OK, &wire::Status { status: true }))
}

async fn record(cx: &Context, facts: &Facts, active: &ActiveSession, which: &str, count: u64) {
    let entry = AuditEntry::of(cx, facts, AuditEvent::SessionsRevoke).user(&active.user.id);
    let entry = entry.session(&active.session.id).detail("which", which);
    cx.audit.record(entry.detail("count", count)).await;
}

fn never_store(facts: &mut Facts) {
    facts.reply.header(CACHE_CONTROL, "no-store".to_owned());
    facts.reply.header(PRAGMA, "no-cache".to_owned());
}
