//! A key set that is fetched, kept and renewed: one fetch for all who wait.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use gatewright_jose::{KeyCache, KeyCacheTimes, KeySet, Lookup, UnixTime, UnknownKey};
use tokio::{runtime::Handle, sync::watch};
use tracing::Instrument as _;

use super::{fetch::FetchError, source::Source};
use crate::{Denial, Event, verifier::Surroundings};

/// A set, and a number that another set does not have.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) set: Arc<KeySet>,
    pub(crate) generation: u64,
}

/// The cache of one source, shared by all clones of a verifier.
pub(crate) struct Cached {
    source: Source,
    name: String,
    cache: Mutex<KeyCache>,
    /// Told after every fetch, whatever came of it.
    settled: watch::Sender<()>,
    /// Changes with the set; written under the lock of `cache`.
    generation: AtomicU64,
    /// When the set serves without anything to do: from the first second to before the second. With
    /// these a token that is remembered is judged without the lock.
    quiet: [AtomicI64; 2],
}

impl Cached {
    pub(super) fn new(source: Source, times: KeyCacheTimes) -> Self {
        Self {
            name: source.name(),
            source,
            cache: Mutex::new(KeyCache::new(times)),
            settled: watch::Sender::new(()),
            generation: AtomicU64::new(0),
            quiet: [AtomicI64::new(i64::MAX), AtomicI64::new(i64::MIN)],
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The number of the set at hand, if that may serve now without anything to do.
    pub(crate) fn quiet_generation(&self, now: UnixTime) -> Option<u64> {
        let [from, until] = &self.quiet;
        let (now, until) = (now.get(), until.load(Ordering::Acquire));
        (from.load(Ordering::Acquire) <= now && now < until)
            .then(|| self.generation.load(Ordering::Acquire))
    }

    /// The set to verify with, if there is one now; has an old one renewed on the side.
    pub(crate) fn at_hand(self: &Arc<Self>, now: UnixTime, around: &Surroundings) -> Option<Keys> {
        match self.look(now, around) {
            Look::Found(keys) => Some(keys),
            Look::Coming | Look::Unavailable => None,
        }
    }

    /// Looks once, under one lock: what is found to be coming is told to whoever subscribed before.
    fn look(self: &Arc<Self>, now: UnixTime, around: &Surroundings) -> Look {
        let mut cache = self.cache();
        let looked_up = cache.lookup(now);
        let generation = self.generation.load(Ordering::Relaxed);
        drop(cache);
        match looked_up {
            Lookup::Found(set) => Look::Found(Keys { set, generation }),
            Lookup::FoundStale(set) => {
                self.start_fetch(now, around);
                Look::Found(Keys { set, generation })
            }
            Lookup::Refresh => {
                self.start_fetch(now, around);
                Look::Coming
            }
            Lookup::Wait => Look::Coming,
            _ => Look::Unavailable,
        }
    }

    /// The set to verify with, after a fetch if need be.
    pub(crate) async fn wait_for_keys(
        self: &Arc<Self>,
        around: &Surroundings,
    ) -> Result<Keys, Denial> {
        // Twice: once for a fetch that is under way, and once for one of our own. A source that is
        // down must not hold a request for longer.
        for _ in 0..2 {
            // Subscribed first: a fetch that ends between the look and the wait must be noticed.
            let mut settled = self.settled.subscribe();
            match self.look(around.clock.now(), around) {
                Look::Found(keys) => return Ok(keys),
                Look::Coming => drop(settled.changed().await),
                Look::Unavailable => break,
            }
        }
        let now = around.clock.now();
        self.at_hand(now, around).ok_or_else(|| self.unavailable(now))
    }

    /// A set that is newer than this one, or `None` where there is none to be had now.
    pub(crate) async fn wait_for_newer_than(
        self: &Arc<Self>,
        keys: &Keys,
        around: &Surroundings,
    ) -> Option<Keys> {
        // Twice: a fetch that was under way began before this token was seen, so that it may have
        // missed the key.
        for _ in 0..2 {
            let mut settled = self.settled.subscribe();
            let now = around.clock.now();
            let decision = self.cache().unknown_key(&keys.set, now);
            match decision {
                UnknownKey::Refresh => self.start_fetch(now, around),
                UnknownKey::Retry => {}
                _ => return None,
            }
            if self.cache().is_fetching() {
                settled.changed().await.ok()?;
            }
            let newer = self.at_hand(around.clock.now(), around);
            let newer = newer.filter(|newer| newer.generation != keys.generation);
            if newer.is_some() || decision == UnknownKey::Refresh {
                return newer;
            }
        }
        None
    }

    pub(crate) fn unavailable(&self, now: UnixTime) -> Denial {
        Denial::KeysUnavailable { retry_after_seconds: self.cache().seconds_until_retry(now) }
    }

    /// Has the key of a token looked for on the side; whoever asks does not wait.
    pub(crate) fn look_for_newer_than(
        self: &Arc<Self>,
        keys: &Keys,
        now: UnixTime,
        around: &Surroundings,
    ) {
        let decision = self.cache().unknown_key(&keys.set, now);
        if decision == UnknownKey::Refresh {
            self.start_fetch(now, around);
        }
    }

    /// Fetches in a task of its own: the request that asked first may be dropped by its client, and
    /// the others wait on.
    fn start_fetch(self: &Arc<Self>, now: UnixTime, around: &Surroundings) {
        let settle = Settle(Arc::clone(self));
        // A verifier may be asked from a thread without a runtime, where spawning would panic.
        let Ok(runtime) = Handle::try_current() else {
            tracing::error!(source = %self.name, "keys can only be fetched inside a tokio runtime");
            return; // `settle` says that the fetch brought nothing
        };
        let around = around.clone();
        let span = tracing::debug_span!("fetch_keys", source = %self.name);
        let fetch = async move {
            let settle = settle;
            settle.0.fetch(now, &around).await;
        };
        runtime.spawn(fetch.instrument(span));
    }

    async fn fetch(&self, now: UnixTime, around: &Surroundings) {
        let began = Instant::now();
        let fetched = self.source.fetch().await;
        let outcome = fetched.and_then(|bytes| self.received(&bytes, now));
        let code = match &outcome {
            Ok(Renewed::Changed) => "changed",
            Ok(Renewed::Unchanged) => "unchanged",
            Err(error) => error.code(),
        };
        match outcome {
            Ok(_) => tracing::debug!(source = %self.name, code, "keys fetched"),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(source = %self.name, code, %error, cause, "keys not renewed");
            }
        }
        around.tell(&Event::KeysFetched { source: &self.name, code, took: began.elapsed() });
    }

    fn received(&self, bytes: &[u8], now: UnixTime) -> Result<Renewed, FetchError> {
        let mut cache = self.cache();
        let before = cache.current();
        let set = cache.received_as(bytes, now, |bytes| self.source.parse(bytes))?;
        let is_same = before.is_some_and(|before| Arc::ptr_eq(&before, &set));
        if !is_same {
            self.generation.fetch_add(1, Ordering::Release);
        }
        if let Some(span) = cache.quiet_span() {
            let [from, until] = &self.quiet;
            from.store(span.start.get(), Ordering::Release);
            until.store(span.end.get(), Ordering::Release);
        }
        Ok(if is_same { Renewed::Unchanged } else { Renewed::Changed })
    }

    fn cache(&self) -> MutexGuard<'_, KeyCache> {
        // The cache's methods leave it whole at every step, so a panic elsewhere spoils nothing.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What there is to verify with.
enum Look {
    Found(Keys),
    /// A fetch is under way.
    Coming,
    Unavailable,
}

#[derive(Clone, Copy)]
enum Renewed {
    Changed,
    Unchanged,
}

/// Wakes those who wait, even if the fetch panicked: else they would wait for ever.
struct Settle(Arc<Cached>);

impl Drop for Settle {
    fn drop(&mut self) {
        self.0.cache().failed();
        self.0.settled.send_replace(());
    }
}
