//! How often an address may call a path. Upstream: `packages/better-auth/src/api/rate-limiter`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Date;
use crate::options::{CustomRule, RateLimit};

/// Address and path pairs that are remembered; beyond it the oldest windows are forgotten.
const MOST_COUNTERS: usize = 100_000;

/// Counters by address and path, in memory.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    general: RateLimit,
    counters: Mutex<HashMap<(String, String), Counter>>,
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    count: u32,
    /// The last allowed request; a refused one changes nothing.
    last_request: Date,
    window: i64,
}

/// A request came too soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds until the window ends.
    pub(crate) retry_after: i64,
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
}

impl RateLimiter {
    pub(crate) fn new(general: RateLimit) -> Self {
        Self { general, counters: Mutex::default() }
    }

    /// Counts a request from `ip` to `path` (without the base path).
    ///
    /// The window slides: it starts again only when no request was allowed for its whole length.
    pub(crate) fn check(&self, ip: String, path: Path<'_>, now: Date) -> Result<(), TooMany> {
        if !self.general.enabled {
            return Ok(());
        }
        let Some(Rule { window, max, name }) = self.rule(path.text()) else { return Ok(()) };
        let path = match path {
            Path::Known(path) => path.to_owned(),
            Path::Unknown(_) => name,
        };
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() >= MOST_COUNTERS {
            forget_ended(&mut counters, now);
        }
        let counter =
            counters.entry((ip, path)).or_insert(Counter { count: 0, last_request: now, window });
        let ends = counter.last_request.plus_seconds(window);
        if ends <= now {
            counter.count = 0;
        }
        if counter.count >= max {
            let milliseconds = ends.milliseconds() - now.milliseconds();
            let retry_after = milliseconds.div_euclid(1000) + i64::from(milliseconds % 1000 != 0);
            return Err(TooMany { retry_after });
        }
        counter.count += 1;
        counter.last_request = now;
        Ok(())
    }

    /// `None` where requests are not counted.
    fn rule(&self, path: &str) -> Option<Rule> {
        const PASSWORDS: [&str; 4] = ["/sign-in", "/sign-up", "/change-password", "/change-email"];
        const MAILS: [&str; 2] = ["/request-password-reset", "/send-verification-email"];
        let rule = |name: &str, window, max| Some(Rule { name: name.to_owned(), window, max });
        if let Some((pattern, custom)) = self.general.custom_rules.of(path) {
            return match custom {
                CustomRule::Limit { window, max } => rule(&format!("rule {pattern}"), window, max),
                CustomRule::Unlimited => None,
            };
        }
        if PASSWORDS.iter().any(|start| path.starts_with(start)) {
            rule("passwords", 10, 3)
        } else if MAILS.contains(&path) {
            rule("mails", 60, 3)
        } else {
            rule("general", self.general.window, self.general.max)
        }
    }
}

/// Forgets the windows that have ended; when that frees too little, everything: a flood of
/// addresses must not fill the memory.
fn forget_ended(counters: &mut HashMap<(String, String), Counter>, now: Date) {
    counters.retain(|_, counter| counter.last_request.plus_seconds(counter.window) > now);
    if counters.len() >= MOST_COUNTERS / 2 {
        tracing::warn!(
            counters = counters.len(),
            "too many addresses to count: rate limits restart"
        );
        counters.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Date = Date::from_milliseconds(1_700_000_000_000);

    fn check(limiter: &RateLimiter, path: &str, seconds: i64) -> Result<(), TooMany> {
        limiter.check("127.0.0.1".to_owned(), Path::Known(path), START.plus_seconds(seconds))
    }

    #[test]
    fn the_window_stays_open_while_requests_are_allowed() {
        let limiter = RateLimiter::new(RateLimit::default());
        assert_eq!(check(&limiter, "/sign-in/email", 0), Ok(()));
        assert_eq!(check(&limiter, "/sign-in/email", 9), Ok(()));
        assert_eq!(check(&limiter, "/sign-in/email", 18), Ok(()));
        assert_eq!(check(&limiter, "/sign-in/email", 20), Err(TooMany { retry_after: 8 }));
        assert_eq!(check(&limiter, "/sign-in/email", 27), Err(TooMany { retry_after: 1 }));
        assert_eq!(check(&limiter, "/sign-in/email", 28), Ok(()));
    }

    #[test]
    fn each_address_and_path_has_its_own_counter() {
        let limiter = RateLimiter::new(RateLimit::default());
        for _ in 0..3 {
            assert_eq!(check(&limiter, "/sign-in/email", 0), Ok(()));
        }
        assert!(check(&limiter, "/sign-in/email", 0).is_err());
        assert_eq!(check(&limiter, "/sign-up/email", 0), Ok(()));
        let other = limiter.check("::1".to_owned(), Path::Known("/sign-in/email"), START);
        assert_eq!(other, Ok(()));
    }

    #[test]
    fn the_general_rule_covers_the_rest_and_can_be_switched_off() {
        let limiter = RateLimiter::new(RateLimit::default());
        for _ in 0..100 {
            assert_eq!(check(&limiter, "/ok", 0), Ok(()));
        }
        assert_eq!(check(&limiter, "/ok", 0), Err(TooMany { retry_after: 10 }));
        let off = RateLimiter::new(RateLimit { enabled: false, ..RateLimit::default() });
        for _ in 0..200 {
            assert_eq!(check(&off, "/sign-in/email", 0), Ok(()));
        }
    }

    #[test]
    fn unknown_paths_are_counted_together_under_their_rule() {
        let limiter = RateLimiter::new(RateLimit::default());
        let check = |path| limiter.check("127.0.0.1".to_owned(), Path::Unknown(path), START);
        for path in ["/sign-in/a", "/sign-in/b", "/sign-up/c"] {
            assert_eq!(check(path), Ok(()));
        }
        assert!(check("/sign-in/d").is_err());
        assert_eq!(check("/elsewhere"), Ok(()));
        let known = limiter.check("127.0.0.1".to_owned(), Path::Known("/sign-in/email"), START);
        assert_eq!(known, Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = RateLimiter::new(RateLimit::default());
        for address in 0..=MOST_COUNTERS {
            limiter.check(address.to_string(), Path::Known("/ok"), START).unwrap();
        }
        assert!(limiter.counters.lock().unwrap().len() <= MOST_COUNTERS);
    }
}
