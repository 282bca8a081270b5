//! Any bytes in the place of a key.

use gatewright_jose::{Jwk, KeySet, PayloadPolicy, SignError, SigningKey, VerifyingKey};

/// Reads the bytes as every form of a key there is. What is accepted survives a round trip.
pub fn check(bytes: &[u8]) {
    if let Ok(set) = KeySet::from_jwk_set_json(bytes) {
        for key in set.keys() {
            check_public(key);
            let jwk = key.public_jwk().expect("a published set holds no shared secret");
            assert!(!jwk.has_private_part());
        }
    }
    if let Ok(jwk) = serde_json::from_slice::<Jwk>(bytes) {
        let _ = jwk.thumbprint();
        if let Ok(key) = VerifyingKey::from_jwk(&jwk) {
            check_public(&key);
            assert_eq!(key.key_id(), jwk.kid.as_deref());
        }
        if let Ok(key) = SigningKey::from_jwk(&jwk) {
            check_private(&key);
        }
    }
    if let Ok(key) = VerifyingKey::from_der(bytes, None) {
        check_public(&key);
        assert!(SigningKey::from_der(bytes, None).is_err(), "one DER is one of the two");
    }
    if let Ok(key) = SigningKey::from_der(bytes, None) {
        check_private(&key);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = VerifyingKey::from_pem(text, None) {
        check_public(&key);
        assert!(SigningKey::from_pem(text, None).is_err(), "one PEM is one of the two");
    }
    if let Ok(key) = SigningKey::from_pem(text, None) {
        check_private(&key);
    }
}

/// What is published reads back as the same key.
fn check_public(key: &VerifyingKey) {
    let Some(jwk) = key.public_jwk() else { return };
    let again = VerifyingKey::from_jwk(&jwk).expect("what we publish, we read");
    assert_eq!(again.public_jwk().as_ref(), Some(&jwk));
    assert_eq!(again.algorithm(), key.algorithm());
    jwk.thumbprint().expect("every public key has one");
}

/// What is stored reads back as the same key, and its signatures are found good.
fn check_private(key: &SigningKey) {
    let stored = key.private_jwk();
    let again = SigningKey::from_jwk(&stored).expect("what we store, we read");
    assert!(again.private_jwk() == stored, "a private key changed on its way");
    check_public(&key.verifying_key());
    let token = match again.sign_payload(b"payload") {
        Err(SignError::HeaderTooLong) => return,
        token => token.expect("a key that was accepted signs"),
    };
    let policy = PayloadPolicy::new([key.algorithm()]);
    let verified = policy.verify(&token, &KeySet::from(key.verifying_key()));
    assert_eq!(verified.expect("what it signs is good").as_bytes(), b"payload");
}
