//! Finding, extending and starting sessions. Upstream: `src/api/routes/session.ts`, `src/cookies`.

use crate::call::{Demand, Facts, Guard};
use crate::clock::Date;
use crate::context::Context;
use crate::crypto::ID_CHARACTERS;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{ActiveSession, Session};

/// Seconds that a session lasts which is not to be remembered.
const UNREMEMBERED_LASTS: i64 = 86_400;

/// Whether the session outlives the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remember {
    Yes,
    No,
}

impl From<bool> for Remember {
    fn from(remember_me: bool) -> Self {
        if remember_me { Self::Yes } else { Self::No }
    }
}

/// The request comes with a session that is alive.
pub(crate) struct SignedIn(pub(crate) ActiveSession);

impl Guard for SignedIn {
    const DEMAND: Demand = Demand::Session;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        // What goes wrong while a session is extended reads as no session here.
        let found = match find(cx, facts).await {
            Ok(found) => found,
            Err(FindError::LostRace) => None,
            Err(FindError::Failed(error)) => return Err(error),
        };
        match found {
            Some(active) => Ok(Self(active)),
            None => Err(ApiError::known(&error_codes::UNAUTHORIZED)
                .with_reply(std::mem::take(&mut facts.reply))),
        }
    }
}

/// The request comes with a session that was started a short while ago.
pub(crate) struct Fresh(pub(crate) ActiveSession);

impl Guard for Fresh {
    const DEMAND: Demand = Demand::FreshSession;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        let SignedIn(active) = SignedIn::admit(cx, facts).await?;
        if is_fresh(cx, &active.session) {
            return Ok(Self(active));
        }
        Err(ApiError::known(&error_codes::SESSION_NOT_FRESH)
            .with_reply(std::mem::take(&mut facts.reply)))
    }
}

/// Whether a session was started a short while ago; being used does not make it fresh again.
pub(crate) fn is_fresh(cx: &Context, session: &Session) -> bool {
    let fresh_age = cx.options.session.fresh_age;
    fresh_age == 0 || cx.clock.now() < session.created_at.plus_seconds(fresh_age)
}

/// Why no session could be looked for.
pub(crate) enum FindError {
    /// The session was deleted while it was being extended.
    LostRace,
    Failed(ApiError),
}

impl<E: Into<ApiError>> From<E> for FindError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The session that the request's cookie or bearer token names, if it is alive; extended when that
/// is due. The cookies that follow from it go to `facts.reply`.
pub(crate) async fn find(
    cx: &Context,
    facts: &mut Facts,
) -> Result<Option<ActiveSession>, FindError> {
    facts.reply.clear_session_data(&cx.cookies, &facts.headers);
    let Some(token) = facts.session_token(cx) else { return Ok(None) };
    let now = cx.clock.now();
    let found = cx.store.find_session(&token)?;
    let Some(active) = found else {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        return Ok(None);
    };
    if active.session.expires_at < now {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        cx.store.delete_session(token).await?;
        return Ok(None);
    }
    let ends_with_browser = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    if ends_with_browser || facts.flag("disableRefresh") || !is_due(cx, &active.session, now) {
        return Ok(Some(active));
    }
    let expires_at = now.plus_seconds(cx.options.session.expires_in);
    let Some(session) = cx.store.extend_session(token, expires_at, now).await? else {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        return Err(FindError::LostRace);
    };
    set_cookies(cx, facts, &session, Remember::Yes);
    Ok(Some(ActiveSession { session, user: active.user }))
}

/// A session is extended once it has been used for longer than the update age.
fn is_due(cx: &Context, session: &Session, now: Date) -> bool {
    let options = &cx.options.session;
    session.expires_at.plus_seconds(options.update_age - options.expires_in) <= now
}

/// A new session for `user_id`, not yet stored.
pub(crate) fn begin(cx: &Context, facts: &Facts, user_id: &str, remember: Remember) -> Session {
    let now = cx.clock.now();
    let lasts = match remember {
        Remember::Yes => cx.options.session.expires_in,
        Remember::No => UNREMEMBERED_LASTS,
    };
    Session {
        id: cx.random.id(ID_CHARACTERS),
        expires_at: now.plus_seconds(lasts),
        token: cx.random.id(ID_CHARACTERS),
        created_at: now,
        updated_at: now,
        ip_address: Some(facts.ip(cx)),
        user_agent: Some(facts.user_agent()),
        user_id: user_id.to_owned(),
    }
}

/// Gives the client the cookies of its session once more, remembered or not as it was before.
pub(crate) fn renew_cookies(cx: &Context, facts: &mut Facts, session: &Session) {
    let ends_with_browser = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    set_cookies(cx, facts, session, Remember::from(!ends_with_browser));
}

/// Gives the client the cookies of a session.
pub(crate) fn set_cookies(cx: &Context, facts: &mut Facts, session: &Session, remember: Remember) {
    let max_age = match remember {
        Remember::Yes => Some(cx.options.session.expires_in),
        Remember::No => None,
    };
    let had_mark = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    facts.reply.set_session(&cx.cookies, &cx.options.secret, &session.token, max_age);
    if remember == Remember::Yes && had_mark {
        facts.reply.expire(&cx.cookies, &cx.cookies.dont_remember);
    }
}
