//! Finding a session, and extending it when that is due. Upstream: `getSession` of
//! `src/api/routes/session.ts`.

use super::{Remember, cache, set_cookies};
use crate::call::Facts;
use crate::clock::Date;
use crate::context::Context;
use crate::cookies;
use crate::error::ApiError;
use crate::store::{ActiveSession, Session};

/// Seconds that another server's clock may be ahead of ours. A session that was used further in
/// the future was used before a clock was set back.
pub(super) const MOST_AHEAD: i64 = 60;

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

/// What may say that there is a session, where sessions are cached in cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The cookie: a session that was ended a moment ago still counts. For reading what the same
    /// client could read that moment ago, and nothing else.
    CacheOrStore,
    /// The database. A cookie that agrees with it is left as it is.
    Confirmed,
    /// The database, and the cookie is written anew.
    Store,
}

/// A session that is alive.
pub(crate) struct Found {
    pub(crate) active: ActiveSession,
    /// Whether `POST /get-session` is to extend it; said where that is deferred.
    pub(crate) needs_refresh: Option<bool>,
}

/// The session that the request's cookie or bearer token names, if it is alive; extended when that
/// is due, unless that is deferred. The cookies that follow from it go to `facts.reply`.
pub(crate) async fn find(
    cx: &Context,
    facts: &mut Facts,
    source: Source,
) -> Result<Option<ActiveSession>, FindError> {
    let deferred = cx.options.session.defer_session_refresh;
    let found = look(cx, facts, source, deferred).await?;
    Ok(found.map(|found| found.active))
}

/// [`find`] for `GET /get-session`.
pub(crate) async fn read(cx: &Context, facts: &mut Facts) -> Result<Option<Found>, FindError> {
    let deferred = cx.options.session.defer_session_refresh;
    look(cx, facts, Source::CacheOrStore, deferred).await
}

/// [`find`] for `POST /get-session`, which is there to extend the session: the database is asked.
pub(crate) async fn refresh(cx: &Context, facts: &mut Facts) -> Result<Option<Found>, FindError> {
    look(cx, facts, Source::Store, false).await
}

async fn look(
    cx: &Context,
    facts: &mut Facts,
    source: Source,
    deferred: bool,
) -> Result<Option<Found>, FindError> {
    if cx.cookie_cache.is_none() {
        facts.reply.clear_session_data(&cx.cookies, &facts.headers);
    }
    let Some(token) = facts.session_token(cx) else { return Ok(None) };
    let now = cx.clock.now();
    let cached = if source == Source::Store { None } else { in_cookie(cx, facts, &token, now) };
    let found = |active| Ok(Some(Found { active, needs_refresh: None }));
    let is_cached = match cached {
        Some(active) if source == Source::CacheOrStore => return found(active),
        cached => cached.is_some(),
    };
    // Who may read from a cookie is about to get a JWT, mostly.
    let with_keys = source == Source::CacheOrStore && cx.keys.are_stored();
    let found_row = if with_keys {
        let (found, keys) = cx.store.find_session_and_keys(&token).await?;
        facts.keys = Some(keys);
        found
    } else {
        cx.store.find_session(&token).await?
    };
    let Some(active) = found_row else {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        return Ok(None);
    };
    if active.session.expires_at < now {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        if !deferred {
            cx.store.delete_session(&token).await?;
        }
        return Ok(None);
    }
    if is_cached {
        return found(active);
    }
    let ends_with_browser = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    let active = cut(cx, active, now).await?;
    if ends_with_browser || facts.flag("disableRefresh") {
        return found(active);
    }
    let is_due = is_due(cx, &active.session, now);
    if is_due && !deferred {
        return extend(cx, facts, active, now).await;
    }
    cache(cx, facts, &active.session, &active.user, Remember::Yes);
    Ok(Some(Found { active, needs_refresh: deferred.then_some(is_due) }))
}

/// The session in the request's cookie cache, if it may be believed. One that may not is cleared.
fn in_cookie(cx: &Context, facts: &mut Facts, token: &str, now: Date) -> Option<ActiveSession> {
    let cache = cx.cookie_cache.as_ref().filter(|_| !facts.flag("disableCookieCache"))?;
    let text = cookies::find_chunked(&facts.headers, &cx.cookies.session_data.name)?;
    let cached = cache.read(&text, token, now);
    if cached.is_none() {
        facts.reply.expire(&cx.cookies.session_data);
    }
    cached
}

async fn extend(
    cx: &Context,
    facts: &mut Facts,
    active: ActiveSession,
    now: Date,
) -> Result<Option<Found>, FindError> {
    let expires_at = now.plus_seconds(cx.options.session.expires_in);
    let token = active.session.token;
    let Some(session) = cx.store.extend_session(token, expires_at, now).await? else {
        facts.reply.clear_session(&cx.cookies, &facts.headers);
        return Err(FindError::LostRace);
    };
    let active = ActiveSession { session, user: active.user };
    set_cookies(cx, facts, &active.session, &active.user, Remember::Yes);
    Ok(Some(Found { active, needs_refresh: None }))
}

/// Cuts a session that was started or used while the clock was ahead: it gets the time that was
/// meant from now on, which is later than it was meant from, and no more.
async fn cut(cx: &Context, active: ActiveSession, now: Date) -> Result<ActiveSession, FindError> {
    let ActiveSession { session, user } = active;
    if session.updated_at <= now.plus_seconds(MOST_AHEAD) {
        return Ok(ActiveSession { session, user });
    }
    let lasts = session.expires_at.milliseconds().saturating_sub(session.updated_at.milliseconds());
    let meant = Date::from_milliseconds(now.milliseconds().saturating_add(lasts.max(0)));
    let expires_at = meant.min(session.expires_at);
    match cx.store.extend_session(session.token, expires_at, now).await? {
        Some(session) => Ok(ActiveSession { session, user }),
        None => Err(FindError::LostRace),
    }
}

/// A session is extended once it has been used for longer than the update age.
fn is_due(cx: &Context, session: &Session, now: Date) -> bool {
    let options = &cx.options.session;
    let is_old = session.expires_at.plus_seconds(options.update_age - options.expires_in) <= now;
    is_old && !options.disable_session_refresh
}
