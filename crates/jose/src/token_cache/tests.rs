use std::collections::HashSet;

use serde_json::json;

use super::*;
use crate::{Algorithm, Policy, SigningKey, VerifyingKey};

const EXP: i64 = 1_000;

fn at(seconds: i64) -> UnixTime {
    UnixTime::new(seconds)
}

/// A signer, its keys, and what verifies its tokens with ten seconds of leeway.
struct Issuer {
    key: SigningKey,
    keys: Arc<KeySet>,
    policy: Policy,
}

impl Issuer {
    fn new() -> Self {
        let key = SigningKey::hmac(Algorithm::HS256, &[b'k'; 32]).unwrap();
        let keys = Arc::new(KeySet::from(key.verifying_key()));
        let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
        Self { key, keys, policy }
    }

    fn token(&self, subject: &str) -> String {
        self.key.sign(&json!({ "sub": subject, "exp": EXP })).unwrap()
    }

    /// As a guard does it: asks the cache, else verifies and remembers.
    fn pass(&self, cache: &mut TokenCache, token: &str, now: i64) -> bool {
        if cache.lookup(token, &self.keys, at(now)).is_some() {
            return true;
        }
        let verified = self.policy.verify(token, &self.keys, at(now)).unwrap();
        cache.insert(token, &self.keys, &verified, at(now));
        false
    }
}

#[test]
fn it_returns_the_proof_of_exactly_this_token() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let (alice, bob) = (issuer.token("alice"), issuer.token("bob"));
    assert!(!issuer.pass(&mut cache, &alice, 1));
    assert!(!issuer.pass(&mut cache, &bob, 1));
    for (token, subject) in [(&alice, "alice"), (&bob, "bob")] {
        let verified = cache.lookup(token, &issuer.keys, at(2)).unwrap();
        assert_eq!(verified.subject(), subject);
    }
}

/// The hash covers the signature alone; a token with another payload and that signature is another.
#[test]
fn a_known_signature_under_another_payload_is_not_taken_for_it() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let alice = issuer.token("alice");
    issuer.pass(&mut cache, &alice, 1);
    let (input, signature) = alice.rsplit_once('.').unwrap();
    let bob = issuer.token("bob");
    let (bobs_input, _) = bob.rsplit_once('.').unwrap();
    let spliced = format!("{bobs_input}.{signature}");
    assert_eq!(cache.hash(&spliced), cache.hash(&alice), "else this test shows nothing");
    for token in [&spliced, signature, &format!("x{alice}"), &format!("{input}..{signature}"), ""] {
        assert!(cache.lookup(token, &issuer.keys, at(1)).is_none(), "{token}");
    }
    assert!(cache.lookup(&alice, &issuer.keys, at(1)).is_some());
}

#[test]
fn it_never_holds_more_than_its_capacity_and_never_fewer_than_half_of_the_latest() {
    let issuer = Issuer::new();
    for capacity in [1, 2, 3, 10, 17] {
        let mut cache = TokenCache::new(capacity);
        let tokens: Vec<_> = (0..100).map(|i| issuer.token(&i.to_string())).collect();
        for (i, token) in tokens.iter().enumerate() {
            issuer.pass(&mut cache, token, 1);
            assert!(cache.len() <= capacity + capacity % 2, "{} of {capacity}", cache.len());
            let latest = tokens.iter().take(i + 1).rev().take(capacity.div_ceil(2));
            let mut seen = latest.filter(|token| !cache.contains(token));
            assert_eq!(seen.next(), None, "one of the latest was forgotten");
        }
    }
}

impl TokenCache {
    /// Whether it is there; unlike a look-up, this does not count as use.
    fn contains(&self, token: &str) -> bool {
        let hash = self.hash(token);
        self.young.contains_key(&hash) || self.old.contains_key(&hash)
    }
}

#[test]
fn a_capacity_of_zero_keeps_nothing() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(0));
    let token = issuer.token("alice");
    assert!(!issuer.pass(&mut cache, &token, 1));
    assert!(cache.is_empty() && !issuer.pass(&mut cache, &token, 1));
}

#[test]
fn what_is_used_stays_while_others_come_and_go() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(10));
    let used = issuer.token("used");
    issuer.pass(&mut cache, &used, 1);
    let unused = issuer.token("unused");
    issuer.pass(&mut cache, &unused, 1);
    for i in 0..1_000 {
        issuer.pass(&mut cache, &issuer.token(&i.to_string()), 1);
        assert!(issuer.pass(&mut cache, &used, 1), "it was pushed out after {i} others");
    }
    assert!(cache.lookup(&unused, &issuer.keys, at(1)).is_none());
}

#[test]
fn another_key_set_forgets_everything_even_an_equal_one() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token("alice");
    issuer.pass(&mut cache, &token, 1);
    let fetched_again = Arc::new(KeySet::from(issuer.key.verifying_key()));
    assert!(cache.lookup(&token, &fetched_again, at(1)).is_none());
    // Asking with another set forgets nothing: only what is verified with it does.
    assert!(cache.lookup(&token, &issuer.keys, at(1)).is_some());
    let other = issuer.token("bob");
    let verified = issuer.policy.verify(&other, &fetched_again, at(1)).unwrap();
    cache.insert(&other, &fetched_again, &verified, at(1));
    assert_eq!(cache.len(), 1);
    assert!(cache.lookup(&token, &issuer.keys, at(1)).is_none());
    assert!(cache.lookup(&token, &fetched_again, at(1)).is_none());
    assert!(cache.lookup(&other, &fetched_again, at(1)).is_some());
}

/// A key that was withdrawn: its set is gone, and so are its tokens.
#[test]
fn a_token_of_a_removed_key_is_not_served() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token("alice");
    issuer.pass(&mut cache, &token, 1);
    let without =
        Arc::new(KeySet::from(VerifyingKey::hmac(Algorithm::HS256, &[b'n'; 32]).unwrap()));
    assert!(cache.lookup(&token, &without, at(1)).is_none());
}

#[test]
fn nothing_is_returned_from_the_second_on_in_which_it_is_refused() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token("alice");
    issuer.pass(&mut cache, &token, 1);
    let last = EXP + i64::from(Policy::DEFAULT_LEEWAY_SECONDS) - 1;
    assert!(cache.lookup(&token, &issuer.keys, at(last)).is_some());
    assert!(issuer.policy.verify::<()>(&token, &issuer.keys, at(last)).is_ok());
    assert!(cache.lookup(&token, &issuer.keys, at(last + 1)).is_none());
    assert!(issuer.policy.verify::<()>(&token, &issuer.keys, at(last + 1)).is_err());
    assert!(cache.is_empty(), "it is of no use any more");
}

#[test]
fn a_bound_on_the_age_holds_in_the_cache_too() {
    let issuer = Issuer::new();
    let policy = Policy::builder().any_issuer().any_audience().any_algorithm().max_age_seconds(60);
    let policy = policy.leeway_seconds(0).build();
    let token = issuer.key.sign(&json!({ "sub": "a", "iat": 100, "exp": EXP })).unwrap();
    let mut cache = TokenCache::new(8);
    let verified = policy.verify(&token, &issuer.keys, at(100)).unwrap();
    cache.insert(&token, &issuer.keys, &verified, at(100));
    assert!(cache.lookup(&token, &issuer.keys, at(159)).is_some());
    assert!(cache.lookup(&token, &issuer.keys, at(160)).is_none());
}

#[test]
fn before_the_time_it_was_verified_at_it_is_verified_again() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token("alice");
    issuer.pass(&mut cache, &token, 500);
    assert!(cache.lookup(&token, &issuer.keys, at(499)).is_none());
    assert!(cache.lookup(&token, &issuer.keys, at(i64::MIN)).is_none());
    assert!(cache.lookup(&token, &issuer.keys, at(500)).is_some());
    // Verified at the earlier time, it is good from then on.
    issuer.pass(&mut cache, &token, 400);
    assert!(cache.lookup(&token, &issuer.keys, at(450)).is_some());
}

#[test]
fn long_tokens_are_not_kept() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token(&"a".repeat(MAX_CACHED_BYTES));
    assert!(!issuer.pass(&mut cache, &token, 1));
    assert!(!issuer.pass(&mut cache, &token, 1));
    assert!(cache.is_empty());
}

#[test]
fn the_same_token_twice_takes_one_place() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(2));
    let (alice, bob) = (issuer.token("alice"), issuer.token("bob"));
    issuer.pass(&mut cache, &bob, 1);
    let verified = issuer.policy.verify(&alice, &issuer.keys, at(1)).unwrap();
    for _ in 0..10 {
        cache.insert(&alice, &issuer.keys, &verified, at(1));
    }
    assert_eq!(cache.len(), 2);
    assert!(cache.lookup(&bob, &issuer.keys, at(1)).is_some(), "it was pushed out by one token");
}

#[test]
fn clearing_forgets() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token("alice");
    issuer.pass(&mut cache, &token, 1);
    cache.clear();
    assert!(cache.is_empty() && cache.lookup(&token, &issuer.keys, at(1)).is_none());
}

#[test]
fn shards_are_stable_and_spread_evenly() {
    let issuer = Issuer::new();
    let tokens: Vec<_> = (0..4_000).map(|i| issuer.token(&i.to_string())).collect();
    for count in [1, 2, 3, 8, 16] {
        let mut held = vec![0_usize; count];
        for token in &tokens {
            let shard = TokenCache::shard(token, count);
            assert_eq!(shard, TokenCache::shard(token, count));
            held[shard] += 1;
        }
        let fair = tokens.len() / count;
        let uneven = held.iter().filter(|held| held.abs_diff(fair) > fair / 3).count();
        assert_eq!(uneven, 0, "{count} shards hold {held:?}");
    }
    for token in ["", "a", "é", "..."] {
        assert_eq!(TokenCache::shard(token, 0), 0);
        assert!(TokenCache::shard(token, 7) < 7);
    }
}

/// Two caches hash differently, so that nobody can prepare tokens that collide.
#[test]
fn each_cache_hashes_in_its_own_way() {
    let token = Issuer::new().token("alice");
    let hashes: HashSet<_> = (0..8).map(|_| TokenCache::new(8).hash(&token)).collect();
    assert_eq!(hashes.len(), 8);
}

#[test]
fn debug_shows_no_token() {
    let (issuer, mut cache) = (Issuer::new(), TokenCache::new(8));
    let token = issuer.token("alice");
    issuer.pass(&mut cache, &token, 1);
    assert!(!format!("{cache:?}").contains(&token));
}
