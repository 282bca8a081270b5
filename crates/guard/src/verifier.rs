//! A policy, the keys and a clock: all that is needed to judge a token.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use gatewright_jose::{
    Algorithm, JwkSet, KeyError, KeySet, Policy, Rejection, UnixTime, Verified, VerifyingKey,
};

use crate::{
    Clock, Denial, Event, FileKeys, Observer, RemoteKeys,
    keys::{Cached, Keys},
    token_cache::SeenTokens,
};

/// How many verified tokens are remembered if nothing else is said.
const TOKEN_CACHE: usize = 4096;

/// Judges tokens. Cheap to clone; make one at start-up and share it.
///
/// ```
/// use gatewright_guard::{Algorithm, Policy, Verifier};
///
/// let policy = Policy::builder()
///     .issuer("https://app.example")
///     .audience("https://app.example")
///     .algorithms([Algorithm::HS256])
///     .build();
/// let verifier = Verifier::from_secret(policy, b"a shared secret of 32 bytes or more")?;
/// assert_eq!(verifier.verify_now("a.b.c").unwrap_err().code(), "malformed-token");
/// # Ok::<(), gatewright_guard::KeyError>(())
/// ```
///
/// # Tokens seen before
///
/// The last 4096 verified tokens or so are remembered, so that a client's next request costs a
/// look-up: about 5 MB for usual tokens, 40 MB for the longest that are kept. `exp` is checked at
/// each hit, and everything is forgotten when the keys change; a token is never accepted for longer
/// than without. HMAC tokens are remembered from their second use on: to verify one again costs less
/// than to remember it, so tokens that come once are not to push out others. [`token_cache`](Self::token_cache) takes another number, or 0 to verify each time.
#[derive(Debug, Clone)]
pub struct Verifier {
    policy: Arc<Policy>,
    source: Source,
    seen: Option<Arc<SeenTokens>>,
    around: Surroundings,
}

/// What a verifier takes from outside.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) clock: Clock,
    pub(crate) observer: Option<Observer>,
}

impl Surroundings {
    pub(crate) fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.observer {
            observer.tell(event);
        }
    }
}

#[derive(Clone)]
enum Source {
    Changing(Arc<Cached>),
    Static(Arc<Keys>),
}

/// A verdict, or the way to one that leads over the network.
pub(crate) enum Verdict {
    Ready(Result<Verified, Denial>),
    Pending(Pin<Box<dyn Future<Output = Result<Verified, Denial>> + Send>>),
}

/// What can be said without waiting.
enum AtHand {
    Judged(Result<Verified, Denial>),
    /// The token's key is in no set at hand; the set if there is one.
    NoKey(Arc<Cached>, Option<Keys>),
}

impl Verifier {
    /// With a secret that the issuer shares, for HS256.
    pub fn from_secret(policy: Policy, secret: &[u8]) -> Result<Self, KeyError> {
        Self::from_secret_for(policy, Algorithm::HS256, secret)
    }

    /// With a shared secret for another of the HMAC algorithms.
    ///
    /// ```
    /// use gatewright_guard::{Algorithm, Policy, Verifier};
    ///
    /// # let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    /// let secret = [7; 64]; // as many bytes as the hash puts out, or more
    /// let verifier = Verifier::from_secret_for(policy, Algorithm::HS512, &secret)?;
    /// # let _ = verifier;
    /// # Ok::<(), gatewright_guard::KeyError>(())
    /// ```
    pub fn from_secret_for(
        policy: Policy,
        algorithm: Algorithm,
        secret: &[u8],
    ) -> Result<Self, KeyError> {
        let key = VerifyingKey::hmac(algorithm, secret)?;
        Ok(Self::from_keys(policy, KeySet::from(key)))
    }

    /// With public keys that don't change while the service runs.
    pub fn from_jwk_set(policy: Policy, set: &JwkSet) -> Self {
        Self::from_keys(policy, KeySet::from_jwk_set(set))
    }

    /// With any set of keys.
    pub fn from_keys(policy: Policy, keys: KeySet) -> Self {
        let keys = Keys { set: Arc::new(keys), generation: 0 };
        Self::new(policy, Source::Static(Arc::new(keys)))
    }

    /// With keys from a file, which may change.
    pub fn from_file(policy: Policy, keys: FileKeys) -> Self {
        Self::new(policy, Source::Changing(keys.into()))
    }

    /// With the keys that the issuer publishes.
    pub fn from_remote(policy: Policy, keys: RemoteKeys) -> Self {
        Self::new(policy, Source::Changing(keys.into()))
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.around.clock = clock;
        self
    }

    /// The same, telling an observer what happens.
    #[must_use]
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.around.observer = Some(observer);
        self
    }

    /// The same, remembering about so many verified tokens; 0 verifies each token each time.
    #[must_use]
    pub fn token_cache(mut self, capacity: usize) -> Self {
        self.seen = SeenTokens::new(capacity).map(Arc::new);
        self
    }

    /// Judges one token; waits only where keys have to be fetched first.
    pub async fn verify(&self, token: &str) -> Result<Verified, Denial> {
        match self.judge(token) {
            Verdict::Ready(result) => result,
            Verdict::Pending(result) => result.await,
        }
    }

    /// Judges one token with the keys at hand, without waiting: for code that is not async. Where
    /// keys are wanting they are fetched on the side if this is inside a tokio runtime, and the
    /// answer is [`Denial::KeysUnavailable`] if there never were any.
    pub fn verify_now(&self, token: &str) -> Result<Verified, Denial> {
        let now = self.around.clock.now();
        match self.judge_at_hand(token, now) {
            AtHand::Judged(result) => result,
            AtHand::NoKey(cached, Some(keys)) => {
                cached.look_for_newer_than(&keys, now, &self.around);
                Err(Rejection::UnknownKey.into())
            }
            AtHand::NoKey(cached, None) => Err(cached.unavailable(now)),
        }
    }

    fn new(policy: Policy, source: Source) -> Self {
        Self {
            policy: Arc::new(policy),
            source,
            seen: SeenTokens::new(TOKEN_CACHE).map(Arc::new),
            around: Surroundings { clock: Clock::system(), observer: None },
        }
    }

    pub(crate) fn around(&self) -> &Surroundings {
        &self.around
    }

    /// Judges at once where the keys are at hand, which is nearly always, so that a request costs
    /// no boxed future.
    pub(crate) fn judge(&self, token: &str) -> Verdict {
        match self.judge_at_hand(token, self.around.clock.now()) {
            AtHand::Judged(result) => Verdict::Ready(result),
            AtHand::NoKey(cached, keys) => {
                let (verifier, token) = (self.clone(), token.to_owned());
                Verdict::Pending(Box::pin(async move {
                    verifier.judge_with_fetched(&cached, keys, &token).await
                }))
            }
        }
    }

    fn judge_at_hand(&self, token: &str, now: UnixTime) -> AtHand {
        let generation = match &self.source {
            Source::Static(keys) => Some(keys.generation),
            Source::Changing(cached) => cached.quiet_generation(now),
        };
        if let (Some(seen), Some(generation)) = (&self.seen, generation)
            && let Some(verified) = seen.find(token, generation, now)
        {
            return AtHand::Judged(Ok(verified));
        }
        let (cached, keys) = match &self.source {
            Source::Static(keys) => {
                return AtHand::Judged(self.check(token, keys, now).map_err(Denial::from));
            }
            Source::Changing(cached) => (cached, cached.at_hand(now, &self.around)),
        };
        if let Some(keys) = &keys {
            match self.check(token, keys, now) {
                Err(Rejection::UnknownKey) => {}
                result => return AtHand::Judged(result.map_err(Denial::from)),
            }
        } else if let Err(rejection) = self.policy.check_form(token) {
            // Keys would not help it: 401, not 503.
            return AtHand::Judged(Err(rejection.into()));
        }
        AtHand::NoKey(Arc::clone(cached), keys)
    }

    /// Verifies with keys that have to be fetched, or fetched again, first.
    async fn judge_with_fetched(
        &self,
        cached: &Arc<Cached>,
        checked_with: Option<Keys>,
        token: &str,
    ) -> Result<Verified, Denial> {
        let Some(mut keys) = checked_with else {
            // Whoever waited for a fetch takes what it brought as the answer: else a crowd with
            // invented keys would cause one more.
            let keys = cached.wait_for_keys(&self.around).await?;
            return Ok(self.check(token, &keys, self.around.clock.now())?);
        };
        // The issuer may have a new key since. Twice: another fetch may have changed the set, and
        // still have begun too early for this key.
        for _ in 0..2 {
            let Some(newer) = cached.wait_for_newer_than(&keys, &self.around).await else { break };
            match self.check(token, &newer, self.around.clock.now()) {
                Err(Rejection::UnknownKey) => keys = newer,
                result => return Ok(result?),
            }
        }
        Err(Rejection::UnknownKey.into())
    }

    fn check(&self, token: &str, keys: &Keys, now: UnixTime) -> Result<Verified, Rejection> {
        let verified = self.policy.verify(token, &keys.set, now)?;
        if let Some(seen) = &self.seen {
            seen.remember(token, keys, &verified, now);
        }
        Ok(verified)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changing(cached) => f.debug_tuple("Changing").field(&cached.name()).finish(),
            Self::Static(keys) => f.debug_tuple("Static").field(&keys.set.keys().len()).finish(),
        }
    }
}
