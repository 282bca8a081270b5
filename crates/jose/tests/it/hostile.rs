//! What attackers send, and by which reason it is refused: [`table`] has one row per attack, and is
//! exported for the other languages and for tests over HTTP.

mod export;
mod keys;
mod secret;
mod table;

use gatewright_jose::{
    Algorithm, KeySet, Rejection as R, SigningKey, UnixTime, VerifyingKey, dangerous,
};

use crate::support::{CLAIMS, NOW, ed25519_key, forge, forge_with, policy, verify};

#[test]
fn every_row_of_the_table_is_judged_as_expected() {
    let mut wrong = Vec::new();
    for row in table::rows() {
        let result = policy().verify::<()>(&row.token, &row.keys.set(), UnixTime::new(NOW)).err();
        if result != row.expected {
            wrong.push(format!("{}: {result:?} instead of {:?}", row.name, row.expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Without keys it refuses for the same reasons, and nothing that a key could make good.
#[test]
fn the_form_alone_is_judged_alike() {
    for row in table::rows() {
        if let Err(rejection) = policy().check_form(&row.token) {
            assert_eq!(Some(rejection), row.expected, "{}", row.name);
        }
    }
    for token in ["", "undefined", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30."] {
        assert!(policy().check_form(token).is_err(), "{token}");
    }
}

#[test]
fn every_way_has_a_control_and_no_two_rows_have_one_name() {
    let rows = table::rows();
    for keys in [table::Keys::Jwks, table::Keys::Secret] {
        let controls = rows.iter().filter(|row| row.keys == keys && row.expected.is_none());
        assert!(controls.count() > 0, "{keys:?}");
    }
    let names: std::collections::BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
}

/// The classic confusion: the public key, which everybody has, used as an HMAC secret.
#[test]
fn a_public_key_is_no_secret() {
    let public = ed25519_key().public_jwk().unwrap();
    let x = public.x.clone().unwrap();
    let json = serde_json::to_string(&public).unwrap();
    let only_public = KeySet::from(ed25519_key().verifying_key());
    for secret in [x.as_bytes(), json.as_bytes(), b""] {
        for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"ed"}"#] {
            let token = forge_with(secret, header, CLAIMS);
            let result = policy().verify::<()>(&token, &only_public, UnixTime::new(NOW));
            assert_eq!(result.err(), Some(R::AlgorithmMismatch));
        }
    }
}

#[test]
fn an_empty_key_set_accepts_nothing() {
    let token = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let result = policy().verify::<()>(&token, &KeySet::default(), UnixTime::new(NOW));
    assert_eq!(result.err(), Some(R::UnknownKey));
}

#[test]
fn keys_are_not_tried_in_turn() {
    let one = VerifyingKey::hmac(Algorithm::HS256, crate::support::SECRET).unwrap();
    let other = VerifyingKey::hmac(Algorithm::HS256, &[b'o'; 32]).unwrap();
    let token = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let named = forge(r#"{"alg":"HS256","kid":"one"}"#, CLAIMS);
    let verify = |keys: [VerifyingKey; 2], token: &str| {
        policy().verify::<()>(token, &KeySet::from_iter(keys), UnixTime::new(NOW)).err()
    };
    let (a, b) = (one.clone(), other.clone());
    assert_eq!(verify([a.clone(), b.clone()], &token), Some(R::AmbiguousKey));
    let (a, b) = (a.with_key_id("one"), b.with_key_id("other"));
    assert_eq!(verify([a.clone(), b.clone()], &token), Some(R::AmbiguousKey));
    assert_eq!(verify([a.clone(), b], &named), None);
    assert_eq!(verify([a, other.with_key_id("one")], &named), Some(R::AmbiguousKey));
}

#[test]
fn what_is_said_of_a_rejection_repeats_nothing_of_the_token() {
    let token = forge(r#"{"alg":"HS256","kid":"needle"}"#, r#"{"sub":"needle","exp":"needle"}"#);
    let rejection = verify(&token).unwrap_err();
    let said = format!("{rejection} {rejection:?} {} {:?}", rejection.code(), rejection.blame());
    assert!(!said.contains("needle"), "{said}");
}

#[test]
fn decoding_for_diagnosis_proves_nothing_and_hides_claims_in_debug() {
    let token = forge_with(b"wrong", r#"{"alg":"none"}"#, r#"{"sub":"needle"}"#);
    let unverified = dangerous::decode_unverified(&token).unwrap();
    assert_eq!(unverified.claims["sub"], "needle");
    assert_eq!(unverified.header["alg"], "none");
    assert!(unverified.has_signature);
    assert!(!format!("{unverified:?}").contains("needle"));
    assert_eq!(dangerous::decode_unverified("a.b"), Err(R::MalformedToken));
}

#[test]
fn only_objects_are_signed() {
    let key = SigningKey::ed25519_from_seed(&[7; 32]).unwrap();
    assert!(key.sign(&[1]).is_err());
    assert!(key.sign(&"text").is_err());
    assert!(key.sign(&serde_json::json!({})).is_ok());
}
