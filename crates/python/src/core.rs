//! The verifier itself: which keys, what time, and what to do when a key set has to be fetched.

use std::sync::{Arc, Mutex};

use gatewright_jose::{
    Algorithm, KeyCache, KeyCacheTimes, KeySet, Policy, Rejection, TokenCache, UnixTime,
    UnknownKey, Verified, VerifyingKey,
};
use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};

use crate::{
    clock::Clock,
    credential::{self, Credential},
    errors,
    remote::{AtHand, Remote, lock},
    settings::Settings,
    token::VerifiedToken,
};

/// One policy with the source of its keys.
#[pyclass(frozen, module = "gatewright._native")]
pub(crate) struct Core {
    clock: Clock,
    policy: Policy,
    seen: Mutex<TokenCache>,
    source: Source,
}

enum Source {
    /// Keys that never change.
    Fixed { keys: Arc<KeySet>, is_slow: bool },
    /// Keys that Python fetches.
    Remote(Remote),
}

/// A token that waits for a fetch. Python hands it back to [`Core::resume`] when that has ended.
#[pyclass(frozen, module = "gatewright._native")]
pub(crate) struct Pending {
    token: String,
    detaches: bool,
    /// `None` where there was no set to verify with.
    lacking: Option<Lacking>,
    waits: u8,
}

/// A set in which the token's key is not.
struct Lacking {
    keys: Arc<KeySet>,
    /// Whether the fetch that is waited for began because of this token.
    is_ours: bool,
}

/// A token and how it is to be verified.
#[derive(Clone, Copy)]
struct Call<'t> {
    token: &'t str,
    /// Whether other threads of Python may run while a signature of tens of microseconds is checked.
    /// That pays among threads. On an event loop it does not: a thread that computes gives the
    /// interpreter back after milliseconds, and until then all requests of the loop would stand still.
    detaches: bool,
    /// How often the token has waited for a fetch.
    waits: u8,
}

/// What came of a token.
enum Verdict {
    Verified(Verified),
    Pending(Pending),
}

impl Verdict {
    fn pending(call: Call<'_>, lacking: Option<Lacking>) -> Self {
        let Call { token, detaches, waits } = call;
        Self::Pending(Pending { token: token.to_owned(), detaches, lacking, waits })
    }
}

/// A source that is down must not hold a request for longer than a fetch that is under way and one
/// of our own.
const MAX_WAITS_FOR_FIRST_KEYS: u8 = 2;

/// The set may change twice while a token waits, each time by a fetch that began too early for it.
const MAX_WAITS_FOR_NEWER_KEYS: u8 = 4;

#[pymethods]
impl Core {
    /// A shared secret, for each of the algorithms that were named, else for HS256.
    #[staticmethod]
    fn with_secret(py: Python<'_>, settings: Settings, secret: &[u8]) -> PyResult<Self> {
        let algorithms = settings.algorithms(py)?.unwrap_or_else(|| vec![Algorithm::HS256]);
        let key = |algorithm: &Algorithm| {
            VerifyingKey::hmac(*algorithm, secret).map_err(|error| {
                errors::configuration(py, format_args!("secret, for {algorithm}: {error}"))
            })
        };
        let keys = algorithms.iter().map(key).collect::<PyResult<KeySet>>()?;
        Self::fixed(py, settings, keys)
    }

    /// A public key in PEM, for each of the algorithms that were named.
    #[staticmethod]
    fn with_pem(py: Python<'_>, settings: Settings, pem: &str) -> PyResult<Self> {
        let key = |algorithm: Option<Algorithm>| {
            VerifyingKey::from_pem(pem, algorithm)
                .map_err(|error| errors::configuration(py, format_args!("public_key: {error}")))
        };
        let keys = match settings.algorithms(py)? {
            None => KeySet::from(key(None)?),
            Some(algorithms) => {
                algorithms.into_iter().map(|one| key(Some(one))).collect::<PyResult<KeySet>>()?
            }
        };
        Self::fixed(py, settings, keys)
    }

    /// Published keys that are at hand.
    #[staticmethod]
    fn with_jwks(py: Python<'_>, settings: Settings, json: &[u8]) -> PyResult<Self> {
        let keys = KeySet::from_jwk_set_json(json)
            .map_err(|error| errors::configuration(py, format_args!("jwks: {error}")))?;
        if keys.is_empty() {
            return Err(errors::configuration(py, "jwks: it has no key that can be used here"));
        }
        Self::fixed(py, settings, keys)
    }

    /// Keys that Python fetches: `times` are fresh, stale and cooldown, in seconds.
    #[staticmethod]
    fn with_fetch(
        py: Python<'_>,
        settings: Settings,
        times: (u32, u32, u32),
        start_fetch: Py<PyAny>,
    ) -> PyResult<Self> {
        let (fresh_seconds, stale_seconds, cooldown_seconds) = times;
        let times = KeyCacheTimes { fresh_seconds, stale_seconds, cooldown_seconds };
        let cache = Mutex::new(KeyCache::new(times));
        Self::new(py, settings, Source::Remote(Remote { cache, start_fetch }))
    }

    /// A [`VerifiedToken`], or a [`Pending`]; raises otherwise.
    fn verify<'py>(
        slf: &Bound<'py, Self>,
        token: &Bound<'py, PyString>,
        on_event_loop: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        // A text that is not UTF-8 has a lone surrogate, and is no token.
        let Ok(token) = token.to_cow() else {
            return Err(errors::invalid_token(py, Rejection::MalformedToken));
        };
        Self::start(slf, &token, !on_event_loop)
    }

    /// The same, on an event loop, for the token in the headers of an ASGI scope; `None` if there is
    /// no attempt to authenticate with one.
    fn verify_headers<'py>(
        slf: &Bound<'py, Self>,
        headers: &Bound<'py, PyAny>,
        is_websocket: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match credential::read(headers, is_websocket)? {
            Credential::Absent => Ok(None),
            Credential::Malformed => Err(errors::malformed_credential(slf.py())),
            Credential::Token(token) => Self::start(slf, &token, false).map(Some),
        }
    }

    /// Goes on with a token after a fetch; the same results as [`verify`](Self::verify).
    fn resume<'py>(
        slf: &Bound<'py, Self>,
        pending: &Bound<'py, Pending>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Pending { token, detaches, lacking, waits } = pending.get();
        let call = Call { token, detaches: *detaches, waits: waits.saturating_add(1) };
        let verdict = match lacking {
            None => Self::judge(slf, call)?,
            Some(lacking) => Self::judge_with_newer(slf, call, lacking)?,
        };
        given(slf.py(), verdict)
    }

    /// The fetch that began then brought these bytes. Returns what is wrong with them, if they are
    /// no key set.
    fn received(&self, began: i64, json: &Bound<'_, PyBytes>) -> Option<String> {
        let Source::Remote(remote) = &self.source else { return None };
        // Not detached: a process that forks meanwhile would inherit a lock that nobody opens.
        let received = remote.cache().received(json.as_bytes(), UnixTime::new(began));
        received.err().map(|error| error.to_string())
    }

    /// A fetch brought nothing, or was given up.
    fn failed(&self) {
        if let Source::Remote(remote) = &self.source {
            remote.cache().failed();
        }
    }

    /// Whether there is a fetch to wait for.
    fn is_fetching(&self) -> bool {
        match &self.source {
            Source::Fixed { .. } => false,
            Source::Remote(remote) => remote.cache().is_fetching(),
        }
    }
}

impl Core {
    fn new(py: Python<'_>, settings: Settings, source: Source) -> PyResult<Self> {
        let seen = Mutex::new(TokenCache::new(settings.cache_size));
        let (policy, clock) = settings.decide(py)?;
        Ok(Self { clock, policy, seen, source })
    }

    fn fixed(py: Python<'_>, settings: Settings, keys: KeySet) -> PyResult<Self> {
        let is_slow = keys.keys().iter().any(|key| !key.algorithm().is_symmetric());
        Self::new(py, settings, Source::Fixed { keys: Arc::new(keys), is_slow })
    }

    fn start<'py>(
        slf: &Bound<'py, Self>,
        token: &str,
        detaches: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        given(slf.py(), Self::judge(slf, Call { token, detaches, waits: 0 })?)
    }

    /// Verifies with the keys at hand.
    fn judge(slf: &Bound<'_, Self>, call: Call<'_>) -> PyResult<Verdict> {
        let (py, core) = (slf.py(), slf.get());
        let now = core.clock.now(py)?;
        let remote = match &core.source {
            Source::Fixed { keys, is_slow } => {
                let result = core.find_or_verify(py, call, keys, now, *is_slow);
                return verdict(py, result).map(Verdict::Verified);
            }
            Source::Remote(remote) => remote,
        };
        let at_hand = remote.at_hand(slf, now)?;
        if !matches!(at_hand, AtHand::Keys(_)) {
            // What no key could make good is the token's fault, and waits for none.
            core.policy.check_form(call.token).map_err(|why| errors::invalid_token(py, why))?;
        }
        let keys = match at_hand {
            AtHand::Keys(keys) => keys,
            AtHand::Coming if call.waits < MAX_WAITS_FOR_FIRST_KEYS => {
                return Ok(Verdict::pending(call, None));
            }
            AtHand::Coming | AtHand::Nothing => {
                let seconds = remote.cache().seconds_until_retry(now);
                return Err(errors::keys_unavailable(py, seconds));
            }
        };
        match core.find_or_verify(py, call, &keys, now, true) {
            // Whoever waited for a fetch takes what it brought as the answer: else a crowd with
            // invented keys would cause one more.
            Err(Rejection::UnknownKey) if call.waits == 0 => {
                Self::look_for_newer(slf, remote, call, keys)
            }
            result => verdict(py, result).map(Verdict::Verified),
        }
    }

    /// The issuer may have a new key since: asked once, and once more at most per cooldown.
    fn look_for_newer(
        slf: &Bound<'_, Self>,
        remote: &Remote,
        call: Call<'_>,
        keys: Arc<KeySet>,
    ) -> PyResult<Verdict> {
        let now = slf.get().clock.now(slf.py())?;
        let decision = remote.cache().unknown_key(&keys, now);
        let is_ours = match decision {
            _ if call.waits >= MAX_WAITS_FOR_NEWER_KEYS => return Err(unknown_key(slf.py())),
            UnknownKey::Refresh => {
                remote.fetch(slf, now)?;
                true
            }
            UnknownKey::Retry => false,
            _ => return Err(unknown_key(slf.py())),
        };
        Ok(Verdict::pending(call, Some(Lacking { keys, is_ours })))
    }

    /// Verifies with a set that is newer than the one that lacks the token's key.
    fn judge_with_newer(
        slf: &Bound<'_, Self>,
        call: Call<'_>,
        lacking: &Lacking,
    ) -> PyResult<Verdict> {
        let (py, core) = (slf.py(), slf.get());
        let Source::Remote(remote) = &core.source else { return Err(unknown_key(py)) };
        let now = core.clock.now(py)?;
        let newer = match remote.at_hand(slf, now)? {
            AtHand::Keys(keys) if !Arc::ptr_eq(&keys, &lacking.keys) => Some(keys),
            _ => None,
        };
        let Some(newer) = newer else {
            if lacking.is_ours {
                return Err(unknown_key(py));
            }
            // A fetch that was under way began before this token was seen, and may have missed it.
            return Self::look_for_newer(slf, remote, call, Arc::clone(&lacking.keys));
        };
        match core.find_or_verify(py, call, &newer, now, true) {
            Err(Rejection::UnknownKey) => Self::look_for_newer(slf, remote, call, newer),
            result => verdict(py, result).map(Verdict::Verified),
        }
    }

    fn find_or_verify(
        &self,
        py: Python<'_>,
        call: Call<'_>,
        keys: &Arc<KeySet>,
        now: UnixTime,
        is_slow: bool,
    ) -> Result<Verified, Rejection> {
        let Call { token, detaches, .. } = call;
        let seen = lock(&self.seen).lookup(token, keys, now);
        if let Some(verified) = seen {
            return Ok(verified);
        }
        let verified = if is_slow && detaches {
            py.detach(|| self.policy.verify(token, keys, now))?
        } else {
            self.policy.verify(token, keys, now)?
        };
        lock(&self.seen).insert(token, keys, &verified, now);
        Ok(verified)
    }
}

fn unknown_key(py: Python<'_>) -> PyErr {
    errors::invalid_token(py, Rejection::UnknownKey)
}

fn verdict(py: Python<'_>, result: Result<Verified, Rejection>) -> PyResult<Verified> {
    result.map_err(|rejection| errors::invalid_token(py, rejection))
}

fn given(py: Python<'_>, verdict: Verdict) -> PyResult<Bound<'_, PyAny>> {
    Ok(match verdict {
        Verdict::Verified(verified) => Bound::new(py, VerifiedToken::from(verified))?.into_any(),
        Verdict::Pending(pending) => Bound::new(py, pending)?.into_any(),
    })
}
