//! Tokens that were verified before, kept apart so that threads don't wait for each other.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use gatewright_jose::{KeySet, TokenCache, UnixTime, Verified};

use crate::keys::Keys;

/// More than the cores of most machines: two threads seldom want the same.
const SHARDS: usize = 32;

/// Of a shard's tokens, how many are known to have come once: more would be of little use.
const MAX_ONCE: usize = 1_024;

/// So much of a signature tells verified tokens apart: 96 bits.
const END_BYTES: usize = 16;

/// So many ends share a place, the one that came last first: a line of the processor's cache. With
/// one each, two tokens that take turns would make each other unknown for ever.
const WAYS: usize = 4;

/// As many caches as [`SHARDS`], each with its lock, for the tokens of one policy.
pub(crate) struct SeenTokens(Box<[Mutex<Shard>]>);

struct Shard {
    tokens: TokenCache,
    /// The ends of tokens that were verified once. Where verifying costs less than remembering, a
    /// token is remembered from its second use on: those that come once push nobody out.
    once: Box<[[[u8; END_BYTES]; WAYS]]>,
    /// The set under which they were verified. Kept here, so that a hit touches nothing that all
    /// threads write to.
    keys: Option<Keys>,
}

impl SeenTokens {
    /// Room for about so many tokens; `None` if there is to be none.
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        let each = capacity.div_ceil(SHARDS);
        let shard = || {
            let places = each.min(MAX_ONCE).div_ceil(WAYS);
            let once = vec![[[0; END_BYTES]; WAYS]; places].into_boxed_slice();
            Mutex::new(Shard { tokens: TokenCache::new(each), once, keys: None })
        };
        (capacity > 0).then(|| Self((0..SHARDS).map(|_| shard()).collect()))
    }

    /// The proof of a token that was seen with the set of this generation, and holds still.
    pub(crate) fn find(&self, token: &str, generation: u64, now: UnixTime) -> Option<Verified> {
        // A shard whose lock is poisoned remembers nothing: its tokens are verified each time.
        let mut shard = self.shard(token)?.lock().ok()?;
        let Shard { tokens, keys, .. } = &mut *shard;
        let keys = keys.as_ref().filter(|keys| keys.generation == generation)?;
        tokens.lookup(token, &keys.set, now)
    }

    pub(crate) fn remember(&self, token: &str, keys: &Keys, verified: &Verified, now: UnixTime) {
        let Some(Ok(mut shard)) = self.shard(token).map(Mutex::lock) else { return };
        if verified.algorithm().is_symmetric() && !shard.was_seen(token) {
            return;
        }
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

impl Shard {
    /// Whether this token came before, as far as is known; notes that it came.
    fn was_seen(&mut self, token: &str) -> bool {
        let Some(end) = token.as_bytes().last_chunk::<END_BYTES>() else { return false };
        // Evenly spread already; multiplied, so that tokens of one shard don't share their places.
        let spread =
            u128::from_le_bytes(*end).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let place = usize::try_from(spread >> 96).unwrap_or_default();
        let Some(place) = place.checked_rem(self.once.len()) else { return false };
        let Some(ends) = self.once.get_mut(place) else { return false };
        if ends.contains(end) {
            return true;
        }
        ends.rotate_right(1);
        let [first, ..] = ends;
        *first = *end;
        false
    }
}

impl fmt::Debug for SeenTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeenTokens")
    }
}
