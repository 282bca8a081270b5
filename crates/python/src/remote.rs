//! A key set that Python fetches when it is told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatewright_jose::{KeyCache, KeySet, Lookup, UnixTime};
use pyo3::prelude::*;

use crate::core::Core;

/// What is known of the source; each decision is made under the lock, and nothing else is.
pub(crate) struct Remote {
    pub(crate) cache: Mutex<KeyCache>,
    pub(crate) start_fetch: Py<PyAny>,
}

/// What there is to verify with.
pub(crate) enum AtHand {
    Keys(Arc<KeySet>),
    /// A fetch is under way, or was, until a moment ago: it may have ended already.
    Coming,
    /// Nothing, and it is too early for another attempt.
    Nothing,
}

impl Remote {
    pub(crate) fn cache(&self) -> MutexGuard<'_, KeyCache> {
        lock(&self.cache)
    }

    /// The set to verify with, if there is one now; has an old one renewed on the side.
    pub(crate) fn at_hand(&self, core: &Bound<'_, Core>, now: UnixTime) -> PyResult<AtHand> {
        // In a statement of its own, so that the lock is not held for longer.
        let looked_up = self.cache().lookup(now);
        Ok(match looked_up {
            Lookup::Found(keys) => AtHand::Keys(keys),
            Lookup::FoundStale(keys) => {
                self.fetch(core, now)?;
                AtHand::Keys(keys)
            }
            Lookup::Refresh => {
                self.fetch(core, now)?;
                AtHand::Coming
            }
            Lookup::Wait => AtHand::Coming,
            _ => AtHand::Nothing,
        })
    }

    /// Has Python fetch, on a thread of its own.
    pub(crate) fn fetch(&self, core: &Bound<'_, Core>, began: UnixTime) -> PyResult<()> {
        let started = self.start_fetch.call1(core.py(), (core, began.get()));
        started.map(drop).inspect_err(|_| self.cache().failed())
    }
}

pub(crate) fn lock<T>(cache: &Mutex<T>) -> MutexGuard<'_, T> {
    // The caches' methods leave them whole at every step, so a panic elsewhere spoils nothing.
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}
