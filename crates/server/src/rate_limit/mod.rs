//! How often an address may call a path. Upstream: `packages/better-auth/src/api/rate-limiter`.

mod memory;
mod shared;

use memory::Counters;
use shared::Shared;

use crate::clock::Date;
use crate::crypto::Random;
use crate::options::{CustomRule, RateLimit, RateLimitStorage};
use crate::store::{Counted, Store, StoreError};

/// Counts requests by address and path: in this process, or in the database for all servers on it.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    general: RateLimit,
    memory: Counters,
    shared: Option<Shared>,
}

/// A request came too soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds until the window ends.
    pub(crate) retry_after: i64,
}

impl TooMany {
    /// Nothing is allowed before `until`.
    pub(crate) fn until(until: Date, now: Date) -> Self {
        let milliseconds = until.milliseconds().saturating_sub(now.milliseconds());
        let retry_after = milliseconds.div_euclid(1000) + i64::from(milliseconds % 1000 != 0);
        Self { retry_after }
    }
}

/// Why a request does not pass.
#[derive(Debug)]
pub(crate) enum Refusal {
    TooMany(TooMany),
    /// It could not be counted, and may not pass uncounted.
    Failed(StoreError),
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path<'a> {
    /// An endpoint: counted by itself.
    Known(&'a str),
    /// Nothing that there is: counted together with the others under the same rule. Upstream
    /// counts each by itself, which gives a stranger a way to fill the memory.
    Unknown(&'a str),
}

impl<'a> Path<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Known(path) | Self::Unknown(path) => path,
        }
    }
}

struct Rule {
    /// What unknown paths under this rule are counted as; never the path of an endpoint.
    name: String,
    /// Seconds.
    window: i64,
    max: u32,
    /// Whether nobody passes uncounted: passwords could be guessed, or mails sent, without end.
    is_strict: bool,
}

/// Seconds of the longest window that is built in.
const LONGEST_WINDOW: i64 = 60;

impl RateLimiter {
    pub(crate) fn new(general: RateLimit, store: Store, random: Random) -> Self {
        let longest = general.window.max(LONGEST_WINDOW);
        let by_default = if store.is_on_a_server() {
            RateLimitStorage::Database
        } else {
            RateLimitStorage::Memory
        };
        let is_shared = match general.storage.unwrap_or(by_default) {
            RateLimitStorage::Memory => false,
            RateLimitStorage::Database if store.shares_rate_limits() => true,
            RateLimitStorage::Database => {
                tracing::warn!(
                    "the database has no table rateLimit in which a key is there once: \
                     each server counts requests by itself"
                );
                false
            }
        };
        let shared = (is_shared && general.enabled).then(|| Shared::new(store, random, longest));
        Self { general, memory: Counters::default(), shared }
    }

    /// Counts a request from `ip` to `path` (without the base path).
    ///
    /// Where the database can't count it, a request under a strict rule is refused; others are
    /// counted in this process.
    pub(crate) async fn check(&self, ip: &str, path: Path<'_>, now: Date) -> Result<(), Refusal> {
        if !self.general.enabled {
            return Ok(());
        }
        let Some(Rule { window, max, name, is_strict }) = self.rule(path.text()) else {
            return Ok(());
        };
        let path = match path {
            Path::Known(path) => path,
            Path::Unknown(_) => &name,
        };
        let request = Counted { key: format!("{ip}|{path}"), window, max, now };
        let in_memory = |request| self.memory.count(request).map_err(Refusal::TooMany);
        let Some(shared) = &self.shared else { return in_memory(request) };
        if !is_strict && shared.rests(now) {
            return in_memory(request);
        }
        match shared.count(request.clone()).await {
            Ok(counted) => counted.map_err(Refusal::TooMany),
            Err(error) if is_strict => Err(Refusal::Failed(error)),
            Err(error) => {
                tracing::warn!(%error, "requests are counted in this process alone for a while");
                in_memory(request)
            }
        }
    }

    /// `None` where requests are not counted.
    fn rule(&self, path: &str) -> Option<Rule> {
        const PASSWORDS: [&str; 4] = ["/sign-in", "/sign-up", "/change-password", "/change-email"];
        const MAILS: [&str; 2] = ["/request-password-reset", "/send-verification-email"];
        let is_password = PASSWORDS.iter().any(|start| path.starts_with(start));
        let is_strict = is_password || MAILS.contains(&path);
        let rule =
            |name: &str, window, max| Some(Rule { name: name.to_owned(), window, max, is_strict });
        if let Some((pattern, custom)) = self.general.custom_rules.of(path) {
            return match custom {
                CustomRule::Limit { window, max } => rule(&format!("rule {pattern}"), window, max),
                CustomRule::Unlimited => None,
            };
        }
        if is_password {
            rule("passwords", 10, 3)
        } else if is_strict {
            rule("mails", LONGEST_WINDOW, 3)
        } else {
            rule("general", self.general.window, self.general.max)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::memory::MOST_COUNTERS;
    use super::*;
    use crate::store::testing::Database;

    const START: Date = Date::from_milliseconds(1_700_000_000_000);

    fn in_memory(general: RateLimit) -> RateLimiter {
        RateLimiter { general, memory: Counters::default(), shared: None }
    }

    async fn ask(limiter: &RateLimiter, ip: &str, path: Path<'_>, now: Date) -> Result<(), i64> {
        limiter.check(ip, path, now).await.map_err(|refusal| match refusal {
            Refusal::TooMany(TooMany { retry_after }) => retry_after,
            Refusal::Failed(error) => panic!("{error}"),
        })
    }

    async fn check(limiter: &RateLimiter, path: &str, seconds: i64) -> Result<(), i64> {
        ask(limiter, "127.0.0.1", Path::Known(path), START.plus_seconds(seconds)).await
    }

    #[tokio::test]
    async fn the_window_stays_open_while_requests_are_allowed() {
        let limiter = in_memory(RateLimit::default());
        assert_eq!(check(&limiter, "/sign-in/email", 0).await, Ok(()));
        assert_eq!(check(&limiter, "/sign-in/email", 9).await, Ok(()));
        assert_eq!(check(&limiter, "/sign-in/email", 18).await, Ok(()));
        assert_eq!(check(&limiter, "/sign-in/email", 20).await, Err(8));
        assert_eq!(check(&limiter, "/sign-in/email", 27).await, Err(1));
        assert_eq!(check(&limiter, "/sign-in/email", 28).await, Ok(()));
    }

    #[tokio::test]
    async fn each_address_and_path_has_its_own_counter() {
        let limiter = in_memory(RateLimit::default());
        for _ in 0..3 {
            assert_eq!(check(&limiter, "/sign-in/email", 0).await, Ok(()));
        }
        assert!(check(&limiter, "/sign-in/email", 0).await.is_err());
        assert_eq!(check(&limiter, "/sign-up/email", 0).await, Ok(()));
        let other = ask(&limiter, "::1", Path::Known("/sign-in/email"), START).await;
        assert_eq!(other, Ok(()));
    }

    #[tokio::test]
    async fn the_general_rule_covers_the_rest_and_can_be_switched_off() {
        let limiter = in_memory(RateLimit::default());
        for _ in 0..100 {
            assert_eq!(check(&limiter, "/ok", 0).await, Ok(()));
        }
        assert_eq!(check(&limiter, "/ok", 0).await, Err(10));
        let off = in_memory(RateLimit { enabled: false, ..RateLimit::default() });
        for _ in 0..200 {
            assert_eq!(check(&off, "/sign-in/email", 0).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn unknown_paths_are_counted_together_under_their_rule() {
        let limiter = in_memory(RateLimit::default());
        let check = |path| ask(&limiter, "127.0.0.1", Path::Unknown(path), START);
        for path in ["/sign-in/a", "/sign-in/b", "/sign-up/c"] {
            assert_eq!(check(path).await, Ok(()));
        }
        assert!(check("/sign-in/d").await.is_err());
        assert_eq!(check("/elsewhere").await, Ok(()));
        let known = ask(&limiter, "127.0.0.1", Path::Known("/sign-in/email"), START).await;
        assert_eq!(known, Ok(()));
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let limiter = in_memory(RateLimit::default());
        for address in 0..=MOST_COUNTERS {
            ask(&limiter, &address.to_string(), Path::Known("/ok"), START).await.unwrap();
        }
        assert!(limiter.memory.0.lock().unwrap().len() <= MOST_COUNTERS);
    }

    #[tokio::test]
    async fn two_servers_on_one_database_share_what_they_count() {
        for database in Database::both().await {
            let storage = Some(RateLimitStorage::Database);
            let general = RateLimit { storage, ..RateLimit::default() };
            let (one, two) = (database.open().await, database.open().await);
            let limiters = [&one, &two]
                .map(|store| RateLimiter::new(general.clone(), store.clone(), Random::system()));
            for (turn, limiter) in [0, 1, 0].map(|which| (which, &limiters[which])) {
                assert_eq!(check(limiter, "/sign-in/email", 0).await, Ok(()), "server {turn}");
            }
            for limiter in [&limiters[1], &limiters[0], &limiters[1]] {
                assert_eq!(check(limiter, "/sign-in/email", 1).await, Err(9));
            }
            assert_eq!(check(&limiters[1], "/sign-in/email", 10).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn without_the_database_nobody_signs_in_and_the_rest_is_counted_here() {
        for database in Database::both().await {
            let storage = Some(RateLimitStorage::Database);
            let general = RateLimit { storage, max: 2, ..RateLimit::default() };
            let store = database.open().await;
            let limiter = RateLimiter::new(general, store.clone(), Random::system());
            store.close().await;
            let sign_in = Path::Known("/sign-in/email");
            for _ in 0..2 {
                let refusal = limiter.check("127.0.0.1", sign_in, START).await;
                assert!(matches!(refusal, Err(Refusal::Failed(_))), "{refusal:?}");
                assert_eq!(check(&limiter, "/get-session", 0).await, Ok(()));
            }
            assert_eq!(check(&limiter, "/get-session", 0).await, Err(10));
        }
    }

    #[tokio::test]
    async fn what_is_refused_is_known_without_the_database() {
        for database in Database::both().await {
            let storage = Some(RateLimitStorage::Database);
            let store = database.open().await;
            let general = RateLimit { storage, ..RateLimit::default() };
            let limiter = RateLimiter::new(general, store.clone(), Random::system());
            for seconds in 0..3 {
                assert_eq!(check(&limiter, "/sign-up/email", seconds).await, Ok(()));
            }
            assert_eq!(check(&limiter, "/sign-up/email", 3).await, Err(9));
            store.close().await;
            assert_eq!(check(&limiter, "/sign-up/email", 4).await, Err(8));
        }
    }
}
