//! Tokens that were verified before: quicker, and never longer.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use gatewright_guard::{Clock, Rejection, UnixTime, Verified, Verifier};

use crate::support::{NOW, SECRET, policy, secret_key, token};

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
    verifier.verify_now(&token).unwrap();
    for at in 0..token.len() {
        let mut other = token.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        assert!(verifier.verify_now(&other).is_err(), "{at}");
    }
    verifier.verify_now(&token).unwrap();
}

#[test]
fn a_seen_token_is_the_same_proof_and_a_refused_one_is_not_seen() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let verifier = verifier(&clock);
    let token = token(&secret_key(), "alice", NOW + 60);
    let first = verifier.verify_now(&token).unwrap();
    let again = verifier.verify_now(&token).unwrap();
    // By address: nothing was parsed twice.
    assert!(std::ptr::eq(first.subject(), again.subject()));
    let apart = verifier.token_cache(0);
    let third = apart.verify_now(&token).unwrap();
    assert!(!std::ptr::eq(first.subject(), third.subject()));
    assert!(!std::ptr::eq(apart.verify_now(&token).unwrap().subject(), third.subject()));
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
