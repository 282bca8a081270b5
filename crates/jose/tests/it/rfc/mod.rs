//! The standards' own examples and rules, a test for each section.
//!
//! Keys and tokens are in `tests/rfc.json` as the standards print them, with line breaks taken out.
//! Most examples are no claims sets with `sub` and `exp`, so they are verified as payloads; where a
//! [`Policy`](gatewright_jose::Policy) refuses one for its claims, its signature was found good.

mod bcp;
mod cookbook;
mod eddsa;
mod jwa;
mod jwk;
mod jws;
mod jwt;

use std::sync::LazyLock;

use gatewright_jose::{
    Algorithm, Jwk, KeySet, PayloadPolicy, Policy, Rejection, SigningKey, UnixTime, VerifyingKey,
};
use serde_json::{Map, Value};

static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../rfc.json")).unwrap());

/// The token of a section.
fn token(section: &str) -> &'static str {
    EXAMPLES[section]["token"].as_str().unwrap()
}

/// The key of a section, as it is printed.
fn jwk(section: &str) -> Jwk {
    serde_json::from_value(EXAMPLES[section]["key"].clone()).unwrap()
}

/// The keys of a section that prints a set.
fn jwks(section: &str) -> Vec<Jwk> {
    serde_json::from_value(EXAMPLES[section]["keys"]["keys"].clone()).unwrap()
}

/// The same key, bound to an algorithm that the section says in its text.
fn bound(jwk: Jwk, algorithm: Algorithm) -> Jwk {
    Jwk { alg: Some(algorithm.as_str().into()), ..jwk }
}

fn signing(jwk: &Jwk) -> SigningKey {
    SigningKey::from_jwk(jwk).unwrap()
}

/// What was signed, under a policy for payloads without a type.
fn payload(token: &str, key: VerifyingKey) -> Result<Vec<u8>, Rejection> {
    payload_of_type(token, key, None)
}

fn payload_of_type(
    token: &str,
    key: VerifyingKey,
    typ: Option<&str>,
) -> Result<Vec<u8>, Rejection> {
    let policy = PayloadPolicy::new(Algorithm::ALL.iter().copied());
    let policy = match typ {
        Some(typ) => policy.token_type(typ),
        None => policy,
    };
    policy.verify(token, &KeySet::from(key)).map(gatewright_jose::VerifiedPayload::into_bytes)
}

/// Why a policy that expects nothing refuses it, in the second before the examples of RFC 7519 expire.
fn refused(token: &str, key: VerifyingKey) -> Option<Rejection> {
    let anything = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    anything.verify::<()>(token, &KeySet::from(key), UnixTime::new(1_300_819_379)).err()
}

/// The token with another first character in its signature.
fn tampered(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{input}.{first}{}", &signature[1..])
}

/// The example verifies, and does not once it was tampered with.
#[track_caller]
fn assert_signed(token: &str, key: &VerifyingKey, expected: &[u8]) {
    assert_eq!(payload(token, key.clone()).unwrap(), expected);
    assert_eq!(payload(&tampered(token), key.clone()), Err(Rejection::BadSignature));
}
