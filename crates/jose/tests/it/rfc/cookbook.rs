//! RFC 7520, the cookbook of JOSE: section 4, signatures, with the keys of section 3.

use gatewright_jose::{Algorithm, Rejection, VerifyingKey};

use super::{assert_signed, bound, jwk, payload, signing, token};

pub(super) const PAYLOAD: &str = "It\u{2019}s a dangerous business, Frodo, going out your door. You \
    step onto the road, and if you don't keep your feet, there\u{2019}s no knowing where you might be \
    swept off to.";

#[test]
fn rfc_7520_4_1_rs256() {
    let key = signing(&jwk("RFC 7520 3.4"));
    let public = VerifyingKey::from_jwk(&jwk("RFC 7520 3.3")).unwrap();
    assert_signed(token("RFC 7520 4.1"), &public, PAYLOAD.as_bytes());
    assert_eq!(key.sign_payload(PAYLOAD.as_bytes()).unwrap(), token("RFC 7520 4.1"));
}

#[test]
fn rfc_7520_4_2_ps384() {
    let public = bound(jwk("RFC 7520 3.3"), Algorithm::PS384);
    let public = VerifyingKey::from_jwk(&public).unwrap();
    assert_signed(token("RFC 7520 4.2"), &public, PAYLOAD.as_bytes());
    // The same numbers bound to RS256, which a key without `alg` is for, do not check it.
    let rs256 = VerifyingKey::from_jwk(&jwk("RFC 7520 3.3")).unwrap();
    assert_eq!(payload(token("RFC 7520 4.2"), rs256), Err(Rejection::AlgorithmMismatch));
    let key = signing(&bound(jwk("RFC 7520 3.4"), Algorithm::PS384));
    let ours = key.sign_payload(PAYLOAD.as_bytes()).unwrap();
    assert_signed(&ours, &public, PAYLOAD.as_bytes());
    assert_eq!(ours.rsplit_once('.').unwrap().0, token("RFC 7520 4.2").rsplit_once('.').unwrap().0);
}

#[test]
fn rfc_7520_4_3_es512() {
    let public = VerifyingKey::from_jwk(&jwk("RFC 7520 3.1")).unwrap();
    assert_signed(token("RFC 7520 4.3"), &public, PAYLOAD.as_bytes());
    let ours = signing(&jwk("RFC 7520 3.2")).sign_payload(PAYLOAD.as_bytes()).unwrap();
    assert_signed(&ours, &public, PAYLOAD.as_bytes());
}

#[test]
fn rfc_7520_4_4_hs256() {
    let key = signing(&jwk("RFC 7520 3.5"));
    assert_signed(token("RFC 7520 4.4"), &key.verifying_key(), PAYLOAD.as_bytes());
    assert_eq!(key.sign_payload(PAYLOAD.as_bytes()).unwrap(), token("RFC 7520 4.4"));
}

#[test]
fn rfc_7520_4_5_detached_is_refused_on_purpose() {
    let key = signing(&jwk("RFC 7520 3.5")).verifying_key();
    assert_eq!(payload(token("RFC 7520 4.5"), key), Err(Rejection::MalformedToken));
}

/// Headers that are not signed exist in the JSON serialization alone, and so do several signatures.
#[test]
fn rfc_7520_4_6_to_4_8_json_serializations_are_refused() {
    for section in ["RFC 7520 4.6", "RFC 7520 4.7", "RFC 7520 4.8"] {
        let key = signing(&jwk("RFC 7520 3.5")).verifying_key();
        assert_eq!(payload(token(section), key), Err(Rejection::MalformedToken), "{section}");
    }
}

#[test]
fn rfc_7520_3_6_a_secret_for_encryption_is_none_for_signatures() {
    let refused = VerifyingKey::from_jwk(&jwk("RFC 7520 3.6")).unwrap_err();
    assert_eq!(refused, gatewright_jose::KeyError::NotForSignatures);
}
