//! Tokens that were verified before, kept apart so that threads don't wait for each other.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use gatewright_jose::{KeySet, TokenCache, UnixTime, Verified};

use crate::keys::Keys;

/// More than the cores of most machines: two threads seldom want the same.
const SHARDS: usize = 32;

/// As many caches as [`SHARDS`], each with its lock, for the tokens of one policy.
pub(crate) struct SeenTokens(Box<[Mutex<Shard>]>);

struct Shard {
    tokens: TokenCache,
    /// The set under which they were verified. Kept here, so that a hit touches nothing that all
    /// threads write to.
    keys: Option<Keys>,
}

impl SeenTokens {
    /// Room for about so many tokens; `None` if there is to be none.
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        let shard =
            || Mutex::new(Shard { tokens: TokenCache::new(capacity.div_ceil(SHARDS)), keys: None });
        (capacity > 0).then(|| Self((0..SHARDS).map(|_| shard()).collect()))
    }

    /// The proof of a token that was seen with the set of this generation, and holds still.
    pub(crate) fn find(&self, token: &str, generation: u64, now: UnixTime) -> Option<Verified> {
        // A shard whose lock is poisoned remembers nothing: its tokens are verified each time.
        let mut shard = self.shard(token)?.lock().ok()?;
        let Shard { tokens, keys } = &mut *shard;
        let keys = keys.as_ref().filter(|keys| keys.generation == generation)?;
        tokens.lookup(token, &keys.set, now)
    }

    pub(crate) fn remember(&self, token: &str, keys: &Keys, verified: &Verified, now: UnixTime) {
        let Some(Ok(mut shard)) = self.shard(token).map(Mutex::lock) else { return };
        if shard.keys.as_ref().is_none_or(|known| known.generation < keys.generation) {
            shard.keys = Some(keys.clone());
        }
        // A set that was replaced while the token was verified must not come back.
        if shard.keys.as_ref().is_some_and(|known| known.generation == keys.generation) {
            let set: &Arc<KeySet> = &keys.set;
            shard.tokens.insert(token, set, verified, now);
        }
    }

    fn shard(&self, token: &str) -> Option<&Mutex<Shard>> {
        self.0.get(TokenCache::shard(token, self.0.len()))
    }
}

impl fmt::Debug for SeenTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeenTokens")
    }
}
