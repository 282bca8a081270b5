//! Keys and key sets, from JSON and back.

mod encodings;
pub(crate) mod material;
mod numbers;
mod payloads;
mod secrets;

use gatewright_jose::{
    Algorithm, Jwk, KeyError, KeySet, KeySetError, SigningKey, UnixTime, VerifyingKey,
};
use serde_json::json;

use crate::support::{NOW, ed25519_key, policy};

#[test]
fn secrets_are_as_long_as_the_hash_and_never_shorter_than_32_bytes() {
    for (algorithm, least) in
        [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)]
    {
        let secret = vec![b'k'; least];
        assert!(SigningKey::hmac(algorithm, &secret).is_ok());
        let short = VerifyingKey::hmac(algorithm, &secret[1..]);
        assert_eq!(short.unwrap_err(), KeyError::SecretTooShort { least_bytes: least });
    }
    assert_eq!(
        VerifyingKey::hmac(Algorithm::HS256, &[b' '; 40]).unwrap_err(),
        KeyError::SecretBlank
    );
    assert_eq!(
        VerifyingKey::hmac(Algorithm::EdDSA, &[b'k'; 64]).unwrap_err(),
        KeyError::WrongAlgorithm
    );
}

#[test]
fn private_keys_survive_a_round_trip() {
    let claims = json!({ "sub": "alice" });
    let secret = SigningKey::hmac(Algorithm::HS512, &[b'k'; 64]).unwrap().with_key_id("mac");
    for key in [ed25519_key(), secret] {
        let jwk = key.private_jwk();
        let text = serde_json::to_string(&jwk).unwrap();
        let again = SigningKey::from_jwk(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again.key_id(), key.key_id());
        assert_eq!(again.algorithm(), key.algorithm());
        assert_eq!(again.sign(&claims).unwrap(), key.sign(&claims).unwrap());
    }
}

#[test]
fn a_shared_secret_has_no_public_form() {
    let key = SigningKey::hmac(Algorithm::HS256, &[b'k'; 32]).unwrap();
    assert_eq!(key.public_jwk(), None);
    assert_eq!(key.verifying_key().public_jwk(), None);
}

#[test]
fn debug_shows_no_secret() {
    let key = SigningKey::hmac(Algorithm::HS256, &[b'k'; 32]).unwrap();
    let shown = format!("{key:?} {:?} {:?}", key.verifying_key(), key.private_jwk());
    assert!(!shown.contains("kkk") && !shown.contains("a2tr") && !shown.contains("107"), "{shown}");
}

#[test]
fn the_published_form_is_that_of_better_auth() {
    let jwk = serde_json::to_value(ed25519_key().public_jwk().unwrap()).unwrap();
    let members: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "x"]);
}

#[test]
fn entries_of_no_use_are_passed_over_and_counted() {
    let good = serde_json::to_value(ed25519_key().public_jwk().unwrap()).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut entry = good.clone();
        entry[name] = value;
        entry
    };
    let entries = [
        good.clone(),
        json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "oct", "alg": "HS256", "k": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s" }),
        json!("no object"),
        json!({}),
        with("use", json!("enc")),
        with("key_ops", json!(["sign"])),
        with("key_ops", json!("verify")),
        with("alg", json!("RS256")),
        with("crv", json!("X25519")),
        with("x", json!("AAAA")),
        with("x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), // a point of low order
        with("x", json!(1)),
        with("d", json!("AAAA")), // a private key that everybody can read
    ];
    let json = json!({ "keys": entries, "extra": 1 }).to_string();
    let set = KeySet::from_jwk_set_json(json.as_bytes()).unwrap();
    assert_eq!((set.keys().len(), set.skipped()), (1, 13));
}

#[test]
fn no_key_set_at_all() {
    for json in ["", "null", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
        let error = KeySet::from_jwk_set_json(json.as_bytes()).unwrap_err();
        assert_eq!(error, KeySetError::NotAJwkSet, "{json}");
    }
}

#[test]
fn a_key_without_a_name_stands_in_for_any_name() {
    let set = KeySet::from(SigningKey::ed25519_from_seed(&[7; 32]).unwrap().verifying_key());
    let claims = json!({ "iss": "https://i.example", "aud": "https://a.example", "sub": "alice",
        "exp": NOW + 60 });
    let token = ed25519_key().sign(&claims).unwrap();
    assert!(policy().verify::<()>(&token, &set, UnixTime::new(NOW)).is_ok());
}

#[test]
fn keys_that_are_not_for_this_are_refused() {
    let jwk = ed25519_key().private_jwk();
    let refused = |jwk: Jwk| SigningKey::from_jwk(&jwk).unwrap_err();
    assert_eq!(
        refused(Jwk { use_: Some("enc".into()), ..jwk.clone() }),
        KeyError::NotForSignatures
    );
    assert_eq!(refused(Jwk { d: None, ..jwk.clone() }), KeyError::Malformed);
    assert_eq!(refused(Jwk { kty: "EC".into(), ..jwk.clone() }), KeyError::Unsupported);
    assert_eq!(refused(Jwk { alg: Some("HS256".into()), ..jwk }), KeyError::WrongAlgorithm);
}

#[test]
fn new_keys_are_new_and_sign() {
    let claims = json!({ "sub": "alice", "exp": NOW + 60, "iss": "https://i.example",
        "aud": "https://a.example" });
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::PS384] {
        let [one, other] = [(); 2].map(|()| SigningKey::generate(algorithm).unwrap());
        assert_ne!(one.public_jwk(), other.public_jwk(), "{algorithm}");
        let token = one.sign(&claims).unwrap();
        for (key, expected) in [(&one, true), (&other, false)] {
            let keys = KeySet::from(key.verifying_key());
            let verified = policy().verify::<()>(&token, &keys, UnixTime::new(NOW));
            assert_eq!(verified.is_ok(), expected, "{algorithm}");
        }
        let again = SigningKey::from_jwk(&one.private_jwk()).unwrap();
        assert_eq!((again.algorithm(), again.public_jwk()), (algorithm, one.public_jwk()));
    }
    for algorithm in [Algorithm::EdDSA, Algorithm::HS256] {
        assert_eq!(SigningKey::generate(algorithm).unwrap_err(), KeyError::WrongAlgorithm);
    }
}
