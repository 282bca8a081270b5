//! Sessions: who has one, and the cookies that go with it. Upstream: `src/api/routes/session.ts`, `src/cookies`.

mod find;

use crate::call::{Demand, Facts, Guard};
use crate::context::Context;
use crate::crypto::ID_CHARACTERS;
use crate::error::ApiError;
use crate::error_codes;
use crate::store::{ActiveSession, Session, User};

pub(crate) use find::{FindError, Found, Source, find, read, refresh};

use find::MOST_AHEAD;

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

/// The request comes with a session that is alive: the database says so.
pub(crate) struct SignedIn(pub(crate) ActiveSession);

impl Guard for SignedIn {
    const DEMAND: Demand = Demand::Session;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        admit(cx, facts, Source::Store).await.map(Self)
    }
}

/// As [`SignedIn`], and a cookie cache that agrees is left as it is. Better Auth believes the cookie
/// where we ask the database: one request that writes a new cookie before the old one has ended,
/// and then another, would keep a session alive for ever that was ended long ago.
pub(crate) struct Confirmed(pub(crate) ActiveSession);

impl Guard for Confirmed {
    const DEMAND: Demand = Demand::Session;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        admit(cx, facts, Source::Confirmed).await.map(Self)
    }
}

/// The request comes with a session that is alive, or was when it was last put into the cookie
/// cache. Only for what reads, and gives no new way in.
pub(crate) struct SignedInOrCached(pub(crate) ActiveSession);

impl Guard for SignedInOrCached {
    const DEMAND: Demand = Demand::Session;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        admit(cx, facts, Source::CacheOrStore).await.map(Self)
    }
}

async fn admit(cx: &Context, facts: &mut Facts, source: Source) -> Result<ActiveSession, ApiError> {
    // What goes wrong while a session is extended reads as no session here.
    let found = match find(cx, facts, source).await {
        Ok(found) => found,
        Err(FindError::LostRace) => None,
        Err(FindError::Failed(error)) => return Err(error),
    };
    found.ok_or_else(|| {
        ApiError::known(&error_codes::UNAUTHORIZED).with_reply(std::mem::take(&mut facts.reply))
    })
}

/// The request comes with a session that was started a short while ago. It is [`Confirmed`]: it is
/// asked for where an ended session could do harm, as where it would read the others' tokens.
pub(crate) struct Fresh(pub(crate) ActiveSession);

impl Guard for Fresh {
    const DEMAND: Demand = Demand::FreshSession;

    async fn admit(cx: &Context, facts: &mut Facts) -> Result<Self, ApiError> {
        let Confirmed(active) = Confirmed::admit(cx, facts).await?;
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
    let now = cx.clock.now();
    // Of a session from the future nobody knows how old it is: the clock was set back.
    let is_from_the_future = session.created_at > now.plus_seconds(MOST_AHEAD);
    fresh_age == 0 || (now < session.created_at.plus_seconds(fresh_age) && !is_from_the_future)
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
        additional: cx.options.session.additional_fields.defaults(now),
    }
}

/// Gives the client the cookies of its session once more, remembered or not as it was before.
pub(crate) fn renew_cookies(cx: &Context, facts: &mut Facts, session: &Session, user: &User) {
    let ends_with_browser = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    set_cookies(cx, facts, session, user, Remember::from(!ends_with_browser));
}

/// Gives the client the cookies of a session. `user` is as the database has them now.
pub(crate) fn set_cookies(
    cx: &Context,
    facts: &mut Facts,
    session: &Session,
    user: &User,
    remember: Remember,
) {
    let max_age = match remember {
        Remember::Yes => Some(cx.options.session.expires_in),
        Remember::No => None,
    };
    let had_mark = facts.signed_cookie(cx, &cx.cookies.dont_remember).is_some();
    facts.reply.set_session(&cx.cookies, &cx.options.secret, &session.token, max_age);
    if remember == Remember::Yes && had_mark {
        facts.reply.expire(&cx.cookies.dont_remember);
    }
    cache(cx, facts, session, user, remember);
}

/// Gives the client the cookie cache, where there is to be one. Both rows come from the database:
/// what came from such a cookie must not become one, or it would never end.
fn cache(cx: &Context, facts: &mut Facts, session: &Session, user: &User, remember: Remember) {
    let Some(cache) = &cx.cookie_cache else { return };
    // Without a cookie everything works, only slower.
    let value = cache.write(session, user, remember, cx.clock.now()).unwrap_or_else(|error| {
        tracing::error!(%error, "a session is not cached");
        None
    });
    let max_age = cache.max_age(remember);
    let cookie = &cx.cookies.session_data;
    facts.reply.set_session_data(cookie, &facts.headers, value.as_deref(), max_age);
}
