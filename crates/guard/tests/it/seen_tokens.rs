//! Tokens that were verified before: quicker, and never longer.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use gatewright_guard::{Clock, KeySet, Rejection, UnixTime, Verified, Verifier};
use gatewright_jose::SigningKey;

use crate::support::{NOW, SECRET, fixed_clock, policy, secret_key, token};

fn verifier(clock: &Arc<AtomicI64>) -> Verifier {
    let now = Arc::clone(clock);
    Verifier::from_secret(policy(), SECRET)
        .unwrap()
        .with_clock(Clock::new(move || UnixTime::new(now.load(Ordering::SeqCst))))
}

#[test]
fn a_token_seen_before_expires_to_the_second() {
    let clock = Arc::new(AtomicI64::new(NOW));
    for verifier in [verifier(&clock), verifier(&clock).token_cache(0)] {
        let token = token(&secret_key(), "alice", NOW + 60);
        for (seconds, expected) in [
            (0, Ok("alice")),
            (59, Ok("alice")),
            (69, Ok("alice")), // the policy's leeway
            (70, Err(Rejection::Expired)),
            (71, Err(Rejection::Expired)),
        ] {
            clock.store(NOW + seconds, Ordering::SeqCst);
            let result = verifier.verify_now(&token);
            let subject = result.as_ref().map(Verified::subject);
            assert_eq!(subject.map_err(Clone::clone), expected.map_err(Into::into), "{seconds}");
        }
    }
}

#[test]
fn a_token_that_differs_from_a_seen_one_in_any_character_is_refused() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let verifier = verifier(&clock);
    let token = token(&secret_key(), "alice", NOW + 60);
    for _ in 0..2 {
        verifier.verify_now(&token).unwrap();
    }
    for at in 0..token.len() {
        let mut other = token.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        assert!(verifier.verify_now(&other).is_err(), "{at}");
    }
    verifier.verify_now(&token).unwrap();
}

/// By address: what was remembered was not parsed again.
fn is_same(one: &Verified, other: &Verified) -> bool {
    std::ptr::eq(one.subject(), other.subject())
}

#[test]
fn a_seen_token_is_the_same_proof_if_its_algorithm_is_worth_it() {
    let seen = |verifier: &Verifier, key: &SigningKey| {
        let token = token(key, "alice", NOW + 60);
        let uses = [(); 3].map(|()| verifier.verify_now(&token).unwrap());
        [is_same(&uses[0], &uses[1]), is_same(&uses[1], &uses[2])]
    };
    let key = SigningKey::ed25519_from_seed(&[7; 32]).unwrap();
    let slow =
        Verifier::from_keys(policy(), KeySet::from(key.verifying_key())).with_clock(fixed_clock());
    let quick = verifier(&Arc::new(AtomicI64::new(NOW)));
    assert_eq!(seen(&slow, &key), [true, true]);
    assert_eq!(seen(&quick, &secret_key()), [false, true]);
    assert_eq!(seen(&slow.token_cache(0), &key), [false, false]);
    assert_eq!(seen(&quick.token_cache(usize::MAX), &secret_key()), [false, true]);
}

/// Tokens that take turns must not make each other unknown: the cache has room for all of them.
#[test]
fn a_crowd_that_takes_turns_is_remembered() {
    let verifier = verifier(&Arc::new(AtomicI64::new(NOW)));
    let key = secret_key();
    let tokens: Vec<String> =
        (0..500).map(|i| token(&key, &format!("user-{i}"), NOW + 60)).collect();
    let round = || tokens.iter().map(|token| verifier.verify_now(token).unwrap());
    let rounds: Vec<Vec<Verified>> = (0..4).map(|_| round().collect()).collect();
    let remembered = rounds[2].iter().zip(&rounds[3]).filter(|(one, other)| is_same(one, other));
    assert!(remembered.count() > 490, "of 500, in room for 4096");
}

#[test]
fn threads_find_each_others_tokens() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let verifier = verifier(&clock);
    let tokens: Vec<String> =
        (0..100).map(|i| token(&secret_key(), &format!("user-{i}"), NOW + 60)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    for (i, token) in tokens.iter().enumerate() {
                        let caller = verifier.verify_now(token).unwrap();
                        assert_eq!(caller.subject(), format!("user-{i}"));
                    }
                }
            });
        }
    });
}
