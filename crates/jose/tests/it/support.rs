//! A forger that can write what the crate refuses to write.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_jose::{
    Algorithm, KeySet, Policy, Rejection, SigningKey, UnixTime, Verified, VerifyingKey,
};

pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const SECRET: &[u8] = b"a shared secret of more than 32 bytes";
pub(crate) const ISSUER: &str = "https://i.example";
pub(crate) const AUDIENCE: &str = "https://a.example";
/// Good until the year 2100, so that they are good under the real clock too.
pub(crate) const CLAIMS: &str =
    r#"{"iss":"https://i.example","aud":"https://a.example","sub":"alice","exp":4102444800}"#;

/// The claims of a good token with some replaced; `null` takes one out.
pub(crate) fn claims_with(replacements: &str) -> String {
    let mut claims: serde_json::Map<_, _> = serde_json::from_str(CLAIMS).unwrap();
    let replacements: serde_json::Map<_, _> = serde_json::from_str(replacements).unwrap();
    for (name, value) in replacements {
        claims.remove(&name);
        if !value.is_null() {
            claims.insert(name, value);
        }
    }
    serde_json::to_string(&claims).unwrap()
}

/// Fails if a generated file is not as it should be; with `UPDATE` set, writes it.
pub(crate) fn is_up_to_date(path: &str, text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == text, "{path} is not up to date: `cargo xtask docs` writes it");
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A token with any header and payload, rightly signed with any bytes as an HS256 secret.
pub(crate) fn forge_with(secret: &[u8], header: &str, payload: &str) -> String {
    let signing_input = format!("{}.{}", base64url(header), base64url(payload));
    let tag = mac(secret, &signing_input);
    format!("{signing_input}.{tag}")
}

pub(crate) fn mac(secret: &[u8], input: &str) -> String {
    base64url(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes()))
}

pub(crate) fn forge(header: &str, payload: &str) -> String {
    forge_with(SECRET, header, payload)
}

pub(crate) fn policy() -> Policy {
    Policy::builder().issuer(ISSUER).audience(AUDIENCE).any_algorithm().build()
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
