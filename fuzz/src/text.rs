//! Any text in the place of a token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_jose::{
    Algorithm, PayloadPolicy, Policy, Rejection, UnixTime, dangerous::decode_unverified,
};

use crate::Forger;

/// No text that was not made with the keys passes, none makes anything panic, and what is decoded has
/// one spelling only.
pub fn check(token: &str) {
    let keys = Forger::get().keys();
    let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    let refused = policy.verify::<()>(token, keys, UnixTime::new(0)).err();
    let refused = refused.expect("no fuzzer guesses a signature");
    // The reason has a code that is found again, and says nothing of the token.
    assert!(Rejection::ALL.iter().any(|known| known.code() == refused.code()));
    let payload = PayloadPolicy::new(Algorithm::ALL.iter().copied()).verify(token, keys);
    assert!(payload.is_err(), "no fuzzer guesses a signature");

    let Ok(decoded) = decode_unverified(token) else { return };
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts, no fewer, no more") };
    assert_eq!(decoded.has_signature, !signature.is_empty());
    for (part, object) in [(header, decoded.header), (payload, decoded.claims)] {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("it was decoded a moment ago");
        assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), part, "base64url has one spelling");
        let again: serde_json::Map<_, _> = serde_json::from_slice(&bytes).expect("it was parsed");
        assert_eq!(again, object);
    }
}
