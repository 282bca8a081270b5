//! What holds for every token.

use gatewright_jose::{
    Algorithm, Jwk, KeySet, PayloadPolicy, Policy, SigningKey, UnixTime, VerifyingKey, dangerous,
    dangerous::Unverified,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    keys::material::{ALL, SIGNERS, pem},
    support::{CLAIMS, NOW, ed25519_key, forge, verify},
};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn any_key() -> impl Strategy<Value = SigningKey> {
    let secret = prop::collection::vec(any::<u8>(), 64..100);
    let mac = (secret, 0..3_usize).prop_filter_map("a blank secret", |(secret, i)| {
        let algorithm = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512][i];
        SigningKey::hmac(algorithm, &secret).ok()
    });
    let ed25519 = any::<[u8; 32]>().prop_map(|seed| SigningKey::ed25519_from_seed(&seed).unwrap());
    // RSA and EC keys take too long to make; each algorithm has one.
    let made_once = (0..SIGNERS.len()).prop_map(|i| SIGNERS[i].clone());
    let key = prop_oneof![1 => mac, 1 => ed25519, 3 => made_once];
    (key, prop::option::of(".{0,20}")).prop_map(|(key, name)| match name {
        Some(name) => key.with_key_id(name),
        None => key,
    })
}

fn anything() -> Policy {
    Policy::builder().any_issuer().any_audience().any_algorithm().build()
}

/// A key in DER with some of its bytes changed, taken out or put in.
fn damaged_der() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let forms: Vec<_> = ALL.iter().flat_map(|key| key.private.iter().chain(&key.public)).collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6);
    (prop::sample::select(forms), edits).prop_map(|((label, der), edits)| {
        let mut der = der.clone();
        for (index, byte, kind) in edits {
            let index = index.index(der.len());
            match kind {
                0 => der[index] = byte,
                1 => der[index] ^= 1 << (byte % 8),
                2 => der.insert(index, byte),
                _ => drop(der.remove(index)),
            }
        }
        (*label, der)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_verifies(
        key in any_key(), subject in ".{1,30}", issuer in ".{0,30}", audience in ".{0,30}",
    ) {
        let policy = Policy::builder()
            .issuer(issuer.clone())
            .audience(audience.clone())
            .algorithms([key.algorithm()])
            .build();
        let claims = json!({ "iss": issuer, "aud": audience, "sub": subject, "exp": NOW + 60 });
        let token = key.sign(&claims).unwrap();
        let keys = KeySet::from(key.verifying_key());
        let verified = policy.verify::<()>(&token, &keys, UnixTime::new(NOW)).unwrap();
        prop_assert_eq!(verified.subject(), subject);
        let Unverified { claims: decoded, .. } = dangerous::decode_unverified(&token).unwrap();
        prop_assert_eq!(serde_json::Value::from(decoded), claims);
    }

    #[test]
    fn another_key_does_not_verify(key in any_key(), other in any_key()) {
        let numbers = |key: &SigningKey| (key.algorithm(), key.private_jwk().d, key.private_jwk().k);
        prop_assume!(numbers(&key) != numbers(&other));
        let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
        let token = key.sign(&claims).unwrap();
        let keys = KeySet::from(other.verifying_key());
        let result = anything().verify::<()>(&token, &keys, UnixTime::new(NOW));
        prop_assert!(result.is_err());
    }

    #[test]
    fn no_text_makes_it_panic_or_pass(token in ".{0,300}") {
        prop_assert!(verify(&token).is_err());
        let _ = dangerous::decode_unverified(&token);
    }

    #[test]
    fn no_text_of_the_right_alphabet_does(
        token in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}",
    ) {
        prop_assert!(verify(&token).is_err());
    }

    #[test]
    fn no_header_and_payload_panic_though_rightly_signed(header in ".{0,80}", payload in ".{0,80}") {
        prop_assert!(verify(&forge(&header, &payload)).is_err());
        let with_good_header = verify(&forge(r#"{"alg":"HS256"}"#, &payload));
        prop_assert!(with_good_header.is_err());
    }

    #[test]
    fn any_payload_comes_back(key in any_key(), payload in prop::collection::vec(any::<u8>(), 1..300)) {
        let token = key.sign_payload(&payload).unwrap();
        let keys = KeySet::from(key.verifying_key());
        let verified = PayloadPolicy::new([key.algorithm()]).verify(&token, &keys).unwrap();
        prop_assert_eq!(verified.as_bytes(), payload);
    }

    #[test]
    fn a_key_survives_json(key in any_key()) {
        let text = serde_json::to_string(&key.private_jwk()).unwrap();
        let jwk: Jwk = serde_json::from_str(&text).unwrap();
        let again = SigningKey::from_jwk(&jwk).unwrap();
        prop_assert_eq!(again.private_jwk(), key.private_jwk());
        let token = again.sign_payload(b"payload").unwrap();
        let keys = KeySet::from(key.verifying_key());
        prop_assert!(PayloadPolicy::new([key.algorithm()]).verify(&token, &keys).is_ok());
        if let Some(public) = key.public_jwk() {
            prop_assert_eq!(public.thumbprint(), jwk.thumbprint());
            let read = VerifyingKey::from_jwk(&public).unwrap();
            prop_assert_eq!(read.public_jwk(), Some(public));
        }
    }

    #[test]
    fn every_other_spelling_of_a_token_is_refused(
        part in 0..3_usize, at in any::<prop::sample::Index>(), more in "[=+/. \\t\\n\\r,~%\\x00é]{1,3}",
    ) {
        let good = forge(r#"{"alg":"HS256"}"#, CLAIMS);
        let mut parts: Vec<_> = good.split('.').map(String::from).collect();
        let index = at.index(parts[part].len() + 1);
        parts[part].insert_str(index, &more);
        prop_assert!(verify(&parts.join(".")).is_err());
    }

    /// The last character of base64url may hold bits that mean nothing: they are zero.
    #[test]
    fn bits_that_mean_nothing_are_zero(payload in prop::collection::vec(any::<u8>(), 1..100), add in 1..63_u8) {
        let token = ed25519_key().sign_payload(&payload).unwrap();
        let keys = KeySet::from(ed25519_key().verifying_key());
        let policy = PayloadPolicy::new([Algorithm::EdDSA]);
        prop_assert!(policy.verify(&token, &keys).is_ok());
        let last = ALPHABET.find(&token[token.len() - 1..]).unwrap();
        let other = (last + usize::from(add)) % 64;
        let other = &ALPHABET[other..=other];
        let respelled = format!("{}{other}", &token[..token.len() - 1]);
        prop_assert!(policy.verify(&respelled, &keys).is_err());
    }

    #[test]
    fn base64url_in_keys_has_one_spelling_too(seed in any::<[u8; 32]>(), stray in 1..4_u8) {
        let jwk = SigningKey::ed25519_from_seed(&seed).unwrap().public_jwk().unwrap();
        let x = jwk.x.clone().unwrap();
        // 32 bytes leave the last character four bits of them and two that are zero, so the characters
        // after it in the alphabet are the same bytes to a lenient reader.
        let last = ALPHABET.find(&x[42..]).unwrap() + usize::from(stray);
        let tail = &ALPHABET[last..=last];
        for x in [format!("{x}="), format!("{x}A"), format!("{x}\n"), format!("{}{tail}", &x[..42])] {
            let respelled = Jwk { x: Some(x), ..jwk.clone() };
            prop_assert!(VerifyingKey::from_jwk(&respelled).is_err());
        }
    }

    #[test]
    fn no_damage_to_a_key_makes_anything_panic((label, der) in damaged_der()) {
        let pem = pem(label, &der);
        for key in [SigningKey::from_der(&der, None), SigningKey::from_pem(&pem, None)] {
            let Ok(key) = key else { continue };
            let token = key.sign_payload(b"payload").unwrap();
            let keys = KeySet::from(key.verifying_key());
            prop_assert!(PayloadPolicy::new([key.algorithm()]).verify(&token, &keys).is_ok());
        }
        for key in [VerifyingKey::from_der(&der, None), VerifyingKey::from_pem(&pem, None)] {
            let Ok(key) = key else { continue };
            let jwk = key.public_jwk().unwrap();
            prop_assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap().public_jwk(), Some(jwk));
        }
    }

    #[test]
    fn no_text_is_a_key_that_panics(
        begin in "(-----BEGIN [A-Z ]{0,20}-----\\n)?", body in "[A-Za-z0-9+/=\\n -]{0,200}",
        end in "(-----END [A-Z ]{0,20}-----\\n?)?", bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let text = format!("{begin}{body}{end}");
        prop_assert!(SigningKey::from_pem(&text, None).is_err());
        prop_assert!(VerifyingKey::from_pem(&text, None).is_err());
        prop_assert!(SigningKey::from_der(&bytes, None).is_err());
        prop_assert!(VerifyingKey::from_der(&bytes, None).is_err());
    }

    #[test]
    fn no_member_of_a_jwk_panics(
        kty in "EC|OKP|RSA|oct|.{0,5}", crv in prop::option::of("P-256|P-384|P-521|Ed25519|.{0,9}"),
        numbers in prop::collection::vec(prop::option::of("[A-Za-z0-9_-]{0,100}"), 10),
        alg in prop::option::of("RS256|ES256|EdDSA|HS256|.{0,9}"),
    ) {
        let mut numbers = numbers.into_iter();
        let mut next = || numbers.next().flatten();
        let jwk = Jwk {
            kty, crv, alg, x: next(), y: next(), n: next(), e: next(), d: next(), p: next(),
            q: next(), dp: next(), dq: next(), k: next(), ..Jwk::default()
        };
        let _ = jwk.thumbprint();
        let _ = VerifyingKey::from_jwk(&jwk);
        let _ = SigningKey::from_jwk(&jwk);
    }

    #[test]
    fn no_bytes_are_a_key_set_that_panics(json in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = KeySet::from_jwk_set_json(&json);
    }
}

/// Every bit of the fast algorithms' tokens, one bit of every byte of the others'.
#[test]
fn any_flipped_bit_is_noticed() {
    let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
    for key in &*SIGNERS {
        let token = key.sign(&claims).unwrap();
        let keys = KeySet::from(key.verifying_key());
        let verify = |token: &str| anything().verify::<()>(token, &keys, UnixTime::new(NOW));
        assert!(verify(&token).is_ok());
        let is_fast = matches!(key.algorithm().as_str(), "HS256" | "EdDSA" | "ES256" | "RS256");
        for index in 0..token.len() {
            let one = u8::try_from(index % 7).unwrap();
            for bit in if is_fast { 0..8 } else { one..one + 1 } {
                let mut bytes = token.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                if let Ok(flipped) = String::from_utf8(bytes) {
                    assert!(verify(&flipped).is_err(), "{}: bit {bit} of {index}", key.algorithm());
                }
            }
        }
    }
}
