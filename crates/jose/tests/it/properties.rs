//! What holds for every token.

use gatewright_jose::{
    Algorithm, KeySet, Policy, SigningKey, UnixTime, dangerous, dangerous::Unverified,
};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{CLAIMS, NOW, ed25519_key, forge, verify};

fn any_key() -> impl Strategy<Value = SigningKey> {
    let secret = prop::collection::vec(any::<u8>(), 64..100);
    let mac = (secret, 0..3_usize).prop_filter_map("a blank secret", |(secret, i)| {
        let algorithm = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512][i];
        SigningKey::hmac(algorithm, &secret).ok()
    });
    let ed25519 = any::<[u8; 32]>().prop_map(|seed| SigningKey::ed25519_from_seed(&seed).unwrap());
    (prop_oneof![mac, ed25519], prop::option::of(".{0,20}")).prop_map(|(key, name)| match name {
        Some(name) => key.with_key_id(name),
        None => key,
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
        let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
        let token = key.sign(&claims).unwrap();
        let keys = KeySet::from(other.verifying_key());
        let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
        prop_assert!(policy.verify::<()>(&token, &keys, UnixTime::new(NOW)).is_err());
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
    fn no_bytes_are_a_key_set_that_panics(json in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = KeySet::from_jwk_set_json(&json);
    }
}

#[test]
fn any_flipped_bit_is_noticed() {
    let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
    for token in [forge(r#"{"alg":"HS256"}"#, CLAIMS), ed25519_key().sign(&claims).unwrap()] {
        assert!(verify(&token).is_ok());
        for index in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                if let Ok(flipped) = String::from_utf8(bytes) {
                    assert!(verify(&flipped).is_err(), "bit {bit} of byte {index}");
                }
            }
        }
    }
}
