//! Tokens that were verified before, so that a client's next request costs a look-up.

use std::{
    collections::{HashMap, hash_map::RandomState},
    fmt,
    hash::{BuildHasher as _, BuildHasherDefault, Hasher},
    mem,
    sync::Arc,
};

use crate::{KeySet, UnixTime, Verified};

/// Longer tokens are verified each time: they would make the cache's memory the sender's choice.
const MAX_CACHED_BYTES: usize = 4096;

/// The end of a token is its signature, which nobody can guess; so its hash tells tokens apart, and
/// cannot be steered. Hashing all of a token would cost as much as verifying it with HMAC.
const HASHED_BYTES: usize = 43;

/// A bounded cache of verified tokens, for one policy.
///
/// Only tokens that were verified get in, so a stranger cannot push out others with garbage. A hit
/// is checked against the clock, and everything is forgotten when the key set is another one: a
/// token is never accepted longer than without the cache. The caller owns the lock, if there is
/// one; several caches, chosen by [`TokenCache::shard`], keep threads apart.
///
/// It holds between half of its capacity and all of it: when the younger half is full, the older
/// one goes. `Debug` shows how many, and no token.
pub struct TokenCache {
    generation: usize,
    young: Entries,
    old: Entries,
    hasher: RandomState,
    keys: Option<Arc<KeySet>>,
}

/// By the hash of each token's end, which is not hashed again.
type Entries = HashMap<u64, Entry, BuildHasherDefault<Given>>;

struct Entry {
    token: Box<str>,
    verified: Verified,
    /// A clock that stands before this was set back: `nbf` and `iat` would have to be checked again.
    verified_at: UnixTime,
}

impl TokenCache {
    /// A cache for so many tokens, an odd number counting as one more; 0 caches nothing. A usual
    /// token takes about 1.2 kB, the longest that is kept 10 kB.
    pub fn new(capacity: usize) -> Self {
        Self {
            generation: capacity.div_ceil(2),
            young: Entries::default(),
            old: Entries::default(),
            hasher: RandomState::new(),
            keys: None,
        }
    }

    /// Which of `count` caches a token belongs to.
    pub fn shard(token: &str, count: usize) -> usize {
        // A signature's last characters are evenly spread; the very last holds two bits only.
        let bytes = token.as_bytes().iter().rev().skip(1).take(4);
        bytes.fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()))
            % count.max(1)
    }

    /// The proof of a token that was verified with these very keys and holds still. `None` is a token
    /// to verify.
    pub fn lookup(&mut self, token: &str, keys: &Arc<KeySet>, now: UnixTime) -> Option<Verified> {
        if !self.keys.as_ref().is_some_and(|known| Arc::ptr_eq(known, keys)) {
            return None;
        }
        let hash = self.hash(token);
        let (entry, is_old) = match self.young.get(&hash) {
            Some(entry) => (entry, false),
            None => (self.old.get(&hash)?, true),
        };
        if *entry.token != *token || now < entry.verified_at {
            return None;
        }
        if now >= entry.verified.refused_from() {
            // Verified again, it is refused for the right reason.
            self.young.remove(&hash);
            self.old.remove(&hash);
            return None;
        }
        let verified = entry.verified.clone();
        if is_old && let Some(entry) = self.old.remove(&hash) {
            self.keep(hash, entry);
        }
        Some(verified)
    }

    /// Remembers a token that was just verified with these keys.
    pub fn insert(&mut self, token: &str, keys: &Arc<KeySet>, verified: &Verified, now: UnixTime) {
        if self.generation == 0 || token.len() > MAX_CACHED_BYTES {
            return;
        }
        if !self.keys.as_ref().is_some_and(|known| Arc::ptr_eq(known, keys)) {
            self.clear();
            self.keys = Some(Arc::clone(keys));
        }
        let entry = Entry { token: token.into(), verified: verified.clone(), verified_at: now };
        let hash = self.hash(token);
        self.old.remove(&hash);
        self.keep(hash, entry);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.keys = None;
    }

    /// How many tokens it holds.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn keep(&mut self, hash: u64, entry: Entry) {
        // Two requests with one new token both insert it: that must not cost another its place.
        if self.young.len() >= self.generation && !self.young.contains_key(&hash) {
            // The memory of the one that goes is the next young one's.
            mem::swap(&mut self.old, &mut self.young);
            self.young.clear();
        }
        self.young.insert(hash, entry);
    }

    fn hash(&self, token: &str) -> u64 {
        let start = token.len().saturating_sub(HASHED_BYTES);
        self.hasher.hash_one(token.as_bytes().get(start..).unwrap_or_default())
    }
}

/// Takes a hash for what it is.
#[derive(Default)]
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Never called: the keys are u64.
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("capacity", &(self.generation * 2))
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
