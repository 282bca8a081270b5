//! A policy, the keys and a clock: all that is needed to judge a token.

use std::{future::Future, pin::Pin, sync::Arc};

use gatewright_jose::{
    Algorithm, JwkSet, KeyError, KeySet, Policy, Rejection, Verified, VerifyingKey,
};

use crate::{Clock, Denial, RemoteKeys};

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
/// # let _ = verifier;
/// # Ok::<(), gatewright_guard::KeyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    policy: Arc<Policy>,
    source: Source,
    clock: Clock,
}

#[derive(Debug, Clone)]
enum Source {
    Remote(RemoteKeys),
    Static(Arc<KeySet>),
}

/// A verdict, or the way to one that leads over the network.
pub(crate) enum Verdict {
    Ready(Result<Verified, Denial>),
    Pending(Pin<Box<dyn Future<Output = Result<Verified, Denial>> + Send>>),
}

impl Verifier {
    /// With a secret that the issuer shares, for HS256.
    pub fn from_secret(policy: Policy, secret: &[u8]) -> Result<Self, KeyError> {
        let key = VerifyingKey::hmac(Algorithm::HS256, secret)?;
        Ok(Self::from_keys(policy, KeySet::from(key)))
    }

    /// With public keys that don't change while the service runs.
    pub fn from_jwk_set(policy: Policy, set: &JwkSet) -> Self {
        Self::from_keys(policy, KeySet::from_jwk_set(set))
    }

    /// With any set of keys.
    pub fn from_keys(policy: Policy, keys: KeySet) -> Self {
        Self::new(policy, Source::Static(Arc::new(keys)))
    }

    /// With the keys that the issuer publishes.
    pub fn from_remote(policy: Policy, keys: RemoteKeys) -> Self {
        Self::new(policy, Source::Remote(keys))
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Judges one token; waits only where keys have to be fetched first.
    pub async fn verify(&self, token: &str) -> Result<Verified, Denial> {
        match self.judge(token) {
            Verdict::Ready(result) => result,
            Verdict::Pending(result) => result.await,
        }
    }

    fn new(policy: Policy, source: Source) -> Self {
        Self { policy: Arc::new(policy), source, clock: Clock::system() }
    }

    /// Judges at once where the keys are at hand, which is nearly always, so that a request costs
    /// no boxed future.
    pub(crate) fn judge(&self, token: &str) -> Verdict {
        let now = self.clock.now();
        match &self.source {
            Source::Static(keys) => {
                Verdict::Ready(self.policy.verify(token, keys, now).map_err(Denial::from))
            }
            Source::Remote(remote) => {
                let at_hand = remote.at_hand(now);
                if let Some(keys) = &at_hand {
                    match self.policy.verify(token, keys, now) {
                        Err(Rejection::UnknownKey) => {}
                        result => return Verdict::Ready(result.map_err(Denial::from)),
                    }
                }
                Verdict::Pending(Box::pin(verify_remote(
                    Arc::clone(&self.policy),
                    remote.clone(),
                    self.clock.clone(),
                    token.to_owned(),
                    at_hand,
                )))
            }
        }
    }
}

/// Verifies with keys that have to be fetched, or fetched again, first.
async fn verify_remote(
    policy: Arc<Policy>,
    remote: RemoteKeys,
    clock: Clock,
    token: String,
    checked_with: Option<Arc<KeySet>>,
) -> Result<Verified, Denial> {
    let keys = if let Some(keys) = checked_with {
        keys
    } else {
        let keys = remote.wait_for_keys(&clock).await?;
        match policy.verify(&token, &keys, clock.now()) {
            Err(Rejection::UnknownKey) => keys,
            result => return Ok(result?),
        }
    };
    // The issuer may have a new key since. Asked once, and once more at most per cooldown.
    match remote.wait_for_newer_than(&keys, &clock).await {
        Some(newer) => Ok(policy.verify(&token, &newer, clock.now())?),
        None => Err(Rejection::UnknownKey.into()),
    }
}
