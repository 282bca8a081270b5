//! A forger that can write what the crate refuses to write.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_jose::{
    Algorithm, KeySet, Policy, Rejection, SigningKey, UnixTime, Verified, VerifyingKey,
};

pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const SECRET: &[u8] = b"a shared secret of more than 32 bytes";
pub(crate) const CLAIMS: &str =
    r#"{"iss":"https://i.example","aud":"https://a.example","sub":"alice","exp":1700000060}"#;

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with any header and payload, rightly signed with any bytes as an HS256 secret.
pub(crate) fn forge_with(secret: &[u8], header: &str, payload: &str) -> String {
    let signing_input = format!("{}.{}", base64url(header), base64url(payload));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signing_input.as_bytes());
    format!("{signing_input}.{}", base64url(tag))
}

pub(crate) fn forge(header: &str, payload: &str) -> String {
    forge_with(SECRET, header, payload)
}

pub(crate) fn policy() -> Policy {
    Policy::builder()
        .issuer("https://i.example")
        .audience("https://a.example")
        .any_algorithm()
        .build()
}

pub(crate) fn ed25519_key() -> SigningKey {
    SigningKey::ed25519_from_seed(&[7; 32]).unwrap().with_key_id("ed")
}

/// A shared secret without a name, and an Ed25519 key called `ed`.
pub(crate) fn keys() -> KeySet {
    let secret = VerifyingKey::hmac(Algorithm::HS256, SECRET).unwrap();
    KeySet::from_iter([secret, ed25519_key().verifying_key()])
}

pub(crate) fn verify(token: &str) -> Result<Verified, Rejection> {
    policy().verify(token, &keys(), UnixTime::new(NOW))
}

/// Verifies a payload under a plain HS256 header, at another time if need be.
pub(crate) fn verify_claims(policy: &Policy, payload: &str, now: i64) -> Option<Rejection> {
    let token = forge(r#"{"alg":"HS256"}"#, payload);
    policy.verify::<()>(&token, &keys(), UnixTime::new(now)).err()
}
