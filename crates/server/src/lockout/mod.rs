//! Wrong passwords: after some, a delay that grows, for each account and for each address.
//!
//! The verdict is counted, not the try: whoever signs in with the right password many times at once
//! is not slowed down. A verdict that comes during a delay is not told, so that of any number of
//! tries at once no more are answered than the limit allows. An account that does not exist is
//! locked as one that does.

mod counter;

pub(crate) use counter::{Counter, Rule};

use crate::audit::AuditOutcome;
use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::every::remove_in_parts;
use crate::options::LockoutLimit;
use crate::rate_limit::TooMany;
use crate::store::{Failures, Lock};

/// Seconds between two removals of what is forgotten.
const REMOVAL_EVERY: i64 = 60;

/// Whose password is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account<'a> {
    /// That of the user with this address (in lower case), if there is one.
    Email(&'a str),
    /// The own one, by a user who is signed in: strangers do not lock them out of that.
    User(&'a str),
}

impl Account<'_> {
    /// Names the account, and tells nobody without the secret whose it is.
    pub(crate) fn id(self, cx: &Context) -> String {
        let text = match self {
            Self::Email(email) => format!("gatewright lockout email {email}"),
            Self::User(id) => format!("gatewright lockout user {id}"),
        };
        cx.options.secret.sign(&text)
    }
}

/// A try whose verdict is to come.
#[must_use]
pub(crate) struct Attempt(Option<Failures>);

/// Begins a try, unless there is a delay.
pub(crate) async fn begin(
    cx: &Context,
    facts: &Facts,
    account: Account<'_>,
) -> Result<Attempt, ApiError> {
    let options = &cx.options.lockout;
    if !options.enabled {
        return Ok(Attempt(None));
    }
    let address = format!("gatewright lockout address {}", facts.ip(cx));
    let address = cx.options.secret.sign(&address);
    let rule =
        |limit: LockoutLimit| Rule { limit, delay: options.delay, max_delay: options.max_delay };
    let failures =
        Failures([(account.id(cx), rule(options.account)), (address, rule(options.address))]);
    match cx.store.find_lock(&failures, cx.clock.now()).await? {
        Lock::Until(until) => Err(refused(cx, until)),
        Lock::None { .. } => Ok(Attempt(Some(failures))),
    }
}

impl Attempt {
    /// The password was wrong; says whether that was one too many.
    pub(crate) async fn failed(self, cx: &Context) -> Result<AuditOutcome, ApiError> {
        let Some(failures) = self.0 else { return Ok(AuditOutcome::Failed) };
        let now = cx.clock.now();
        remove_now_and_then(cx);
        match cx.store.count_failure(failures, now).await? {
            Lock::Until(until) => Err(refused(cx, until)),
            Lock::None { begins: [false, false], .. } => Ok(AuditOutcome::Failed),
            Lock::None { begins: [account, address], .. } => {
                let counts = &cx.metrics.lockouts;
                counts.account.inc_by(account.into());
                counts.address.inc_by(address.into());
                Ok(AuditOutcome::Locked)
            }
        }
    }

    /// It was right: the account's failures are forgotten. The address's are not: whoever guesses may
    /// have an account of their own.
    pub(crate) async fn succeeded(self, cx: &Context) -> Result<(), ApiError> {
        let Some(failures) = self.0 else { return Ok(()) };
        match cx.store.find_lock(&failures, cx.clock.now()).await? {
            Lock::Until(until) => Err(refused(cx, until)),
            Lock::None { has_failures: true, .. } => {
                let Failures([(account, _), _]) = failures;
                Ok(cx.store.forget_failures(&[account]).await?)
            }
            Lock::None { .. } => Ok(()),
        }
    }
}

/// Forgets the failures of a user who has shown otherwise who they are.
pub(crate) async fn forget(cx: &Context, email: &str, user_id: &str) -> Result<(), ApiError> {
    if !cx.options.lockout.enabled {
        return Ok(());
    }
    let email = email.to_lowercase();
    let ids = [Account::Email(&email), Account::User(user_id)].map(|account| account.id(cx));
    Ok(cx.store.forget_failures(&ids).await?)
}

/// As any other request that comes too soon.
fn refused(cx: &Context, until: crate::clock::Date) -> ApiError {
    cx.metrics.lockouts.refused.inc();
    ApiError::too_many(TooMany::until(until, cx.clock.now()).retry_after.max(1))
}

/// Removes what is forgotten.
fn remove_now_and_then(cx: &Context) {
    let now = cx.clock.now();
    if !cx.lockout_removal.is_due(REMOVAL_EVERY, now) {
        return;
    }
    let options = &cx.options.lockout;
    let longest = options.account.forget_after.max(options.address.forget_after);
    let before = now.plus_seconds(longest.saturating_add(options.max_delay).saturating_neg());
    let store = cx.store.clone();
    remove_in_parts("failures that are forgotten", move || {
        let store = store.clone();
        async move { store.remove_failures(before).await }
    });
}
