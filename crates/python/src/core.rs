//! The verifier itself: which keys, what time, and what to do when a key set has to be fetched.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatewright_jose::{
    Algorithm, KeyCache, KeyCacheTimes, KeySet, Lookup, Policy, Rejection, TokenCache, UnixTime,
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
    /// Keys that Python fetches when `start_fetch` is called.
    Remote { cache: Mutex<KeyCache>, start_fetch: Py<PyAny> },
}

/// A token that waits for a fetch. Python hands it back to [`Core::resume`] when that has ended.
#[pyclass(frozen, module = "gatewright._native")]
pub(crate) struct Pending {
    token: String,
    detaches: bool,
    /// The set in which the token's key is not; `None` where there was no set at all.
    checked_with: Option<Arc<KeySet>>,
    waits: u8,
}

/// A token and how it is to be verified.
#[derive(Clone, Copy)]
struct Call<'t> {
    token: &'t str,
    /// Whether other threads of Python may run while a signature of tens of microseconds is checked.
    /// That pays among threads. On an event loop it does not: a thread that computes gives the
    /// interpreter back after milliseconds, and until then all requests of the loop would stand still.
    detaches: bool,
    /// How often the token has waited for a first set.
    waits: u8,
}

/// What came of a token.
enum Verdict {
    Verified(Verified),
    Pending(Pending),
}

impl Verdict {
    fn pending(call: Call<'_>, checked_with: Option<Arc<KeySet>>) -> Self {
        let Call { token, detaches, waits } = call;
        Self::Pending(Pending { token: token.to_owned(), detaches, checked_with, waits })
    }
}

/// A source that is down must not hold a request for longer than a fetch that is under way and one
/// of our own.
const MAX_WAITS_FOR_FIRST_KEYS: u8 = 2;

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
        Self::new(py, settings, Source::Remote { cache, start_fetch })
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

    /// The same, on an event loop, for the token in the headers of an ASGI scope; `None` if there is no attempt to
    /// authenticate with one.
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
        let Pending { token, detaches, checked_with, waits } = pending.get();
        let call = Call { token, detaches: *detaches, waits: waits.saturating_add(1) };
        let verdict = match checked_with {
            None => Self::judge(slf, call),
            Some(older) => Self::judge_once_more(slf, call, older).map(Verdict::Verified),
        };
        given(slf.py(), verdict?)
    }

    /// A fetch brought these bytes. Returns what is wrong with them, if they are no key set.
    fn received(&self, py: Python<'_>, json: &Bound<'_, PyBytes>) -> PyResult<Option<String>> {
        let Source::Remote { cache, .. } = &self.source else { return Ok(None) };
        let now = self.clock.now(py)?;
        // Not detached: a process that forks meanwhile would inherit a lock that nobody opens.
        let received = lock(cache).received(json.as_bytes(), now);
        Ok(received.err().map(|error| error.to_string()))
    }

    /// A fetch brought nothing, or was given up.
    fn failed(&self) {
        if let Source::Remote { cache, .. } = &self.source {
            lock(cache).failed();
        }
    }

    /// Whether there is a fetch to wait for.
    fn is_fetching(&self) -> bool {
        match &self.source {
            Source::Fixed { .. } => false,
            Source::Remote { cache, .. } => lock(cache).is_fetching(),
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
        let (cache, start_fetch) = match &core.source {
            Source::Fixed { keys, is_slow } => {
                let result = core.find_or_verify(py, call, keys, now, *is_slow);
                return verdict(py, result).map(Verdict::Verified);
            }
            Source::Remote { cache, start_fetch } => (cache, start_fetch),
        };
        // Each decision in a statement of its own, so that the lock is not held for longer.
        let lookup = lock(cache).lookup(now);
        let keys = match lookup {
            Lookup::Found(keys) => keys,
            Lookup::FoundStale(keys) => {
                fetch(slf, cache, start_fetch)?;
                keys
            }
            Lookup::Refresh | Lookup::Wait if call.waits < MAX_WAITS_FOR_FIRST_KEYS => {
                if matches!(lookup, Lookup::Refresh) {
                    fetch(slf, cache, start_fetch)?;
                }
                return Ok(Verdict::pending(call, None));
            }
            Lookup::Refresh => {
                // The others still want it.
                fetch(slf, cache, start_fetch)?;
                return Err(unavailable(py, cache, now));
            }
            _ => return Err(unavailable(py, cache, now)),
        };
        match core.find_or_verify(py, call, &keys, now, true) {
            Err(Rejection::UnknownKey) => {}
            result => return verdict(py, result).map(Verdict::Verified),
        }
        // The issuer may have a new key since. Asked once, and once more at most per cooldown.
        let unknown = lock(cache).unknown_key(&keys, now);
        match unknown {
            UnknownKey::Refresh => fetch(slf, cache, start_fetch)?,
            UnknownKey::Retry => {}
            _ => return Err(errors::invalid_token(py, Rejection::UnknownKey)),
        }
        Ok(Verdict::pending(call, Some(keys)))
    }

    /// Verifies with a set that is newer than the one that lacked the token's key.
    fn judge_once_more(
        slf: &Bound<'_, Self>,
        call: Call<'_>,
        older: &Arc<KeySet>,
    ) -> PyResult<Verified> {
        let (py, core) = (slf.py(), slf.get());
        let Source::Remote { cache, start_fetch } = &core.source else {
            return Err(errors::invalid_token(py, Rejection::UnknownKey));
        };
        let now = core.clock.now(py)?;
        let lookup = lock(cache).lookup(now);
        let newer = match lookup {
            Lookup::Found(keys) => Some(keys),
            Lookup::FoundStale(keys) => {
                fetch(slf, cache, start_fetch)?;
                Some(keys)
            }
            Lookup::Refresh => {
                fetch(slf, cache, start_fetch)?;
                None
            }
            _ => None,
        };
        match newer.filter(|newer| !Arc::ptr_eq(newer, older)) {
            Some(newer) => verdict(py, core.find_or_verify(py, call, &newer, now, true)),
            None => Err(errors::invalid_token(py, Rejection::UnknownKey)),
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

/// Has Python fetch; it does so on a thread of its own.
fn fetch(core: &Bound<'_, Core>, cache: &Mutex<KeyCache>, start_fetch: &Py<PyAny>) -> PyResult<()> {
    start_fetch.call1(core.py(), (core,)).map(drop).inspect_err(|_| lock(cache).failed())
}

fn unavailable(py: Python<'_>, cache: &Mutex<KeyCache>, now: UnixTime) -> PyErr {
    let seconds = lock(cache).seconds_until_retry(now);
    errors::keys_unavailable(py, seconds)
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

fn lock<T>(cache: &Mutex<T>) -> MutexGuard<'_, T> {
    // The caches' methods leave them whole at every step, so a panic elsewhere spoils nothing.
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}
