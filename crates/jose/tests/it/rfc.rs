//! The standards' own examples. Most are no claims set with `sub` and `exp`: that they are refused
//! for that, and not for their signature, shows that the signature was found good.

use gatewright_jose::{
    Algorithm, Claim, Jwk, KeySet, Policy, Rejection, SigningKey, UnixTime, VerifyingKey,
};

use crate::support::base64url;

const RFC_7515_A_1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
    dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

const RFC_8037_A_4: &str = "eyJhbGciOiJFZERTQSJ9.\
    RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
    hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn anything() -> Policy {
    Policy::builder().any_issuer().any_audience().any_algorithm().build()
}

fn refused(token: &str, key: VerifyingKey) -> Option<Rejection> {
    anything().verify::<()>(token, &KeySet::from(key), UnixTime::new(1_300_000_000)).err()
}

fn tampered(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{input}.{first}{}", &signature[1..])
}

fn rfc_8037_a_1() -> Jwk {
    serde_json::from_str(
        r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    )
    .unwrap()
}

#[test]
fn rfc_7515_a_1_and_rfc_7519_3_1_hs256() {
    let k =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let jwk: Jwk =
        serde_json::from_str(&format!(r#"{{"kty":"oct","alg":"HS256","k":"{k}"}}"#)).unwrap();
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    assert_eq!(refused(RFC_7515_A_1, key.clone()), Some(Rejection::MissingClaim(Claim::Subject)));
    assert_eq!(refused(&tampered(RFC_7515_A_1), key), Some(Rejection::BadSignature));
}

#[test]
fn rfc_7519_6_1_unsecured() {
    let token = "eyJhbGciOiJub25lIn0.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    let key = SigningKey::from_jwk(&rfc_8037_a_1()).unwrap().verifying_key();
    assert_eq!(refused(token, key), Some(Rejection::Unsigned));
}

#[test]
fn rfc_8037_a_1_and_a_2_keys() {
    let jwk = rfc_8037_a_1();
    let key = SigningKey::from_jwk(&jwk).unwrap();
    assert_eq!(key.algorithm(), Algorithm::EdDSA);
    assert_eq!(key.private_jwk().d, jwk.d);
    let public = key.public_jwk().unwrap();
    assert_eq!((public.x, public.d), (jwk.x, None));
}

#[test]
fn rfc_8037_a_5_verification() {
    let key = VerifyingKey::from_jwk(&Jwk { d: None, ..rfc_8037_a_1() }).unwrap();
    // The payload is "Example of Ed25519 signing", no JSON; it is looked at after the signature.
    assert_eq!(refused(RFC_8037_A_4, key.clone()), Some(Rejection::MalformedPayload));
    assert_eq!(refused(&tampered(RFC_8037_A_4), key), Some(Rejection::BadSignature));
}

#[test]
fn rfc_8032_7_1_a_signature_made_here_has_the_header_of_rfc_8037() {
    let key = SigningKey::from_jwk(&rfc_8037_a_1()).unwrap();
    let token = key.sign(&serde_json::json!({ "sub": "a" })).unwrap();
    let header = RFC_8037_A_4.split('.').next().unwrap();
    assert_eq!(token.split('.').next(), Some(header));
    assert_eq!(header, base64url(r#"{"alg":"EdDSA"}"#));
    // Ed25519 is deterministic (RFC 8032 §5.1.6).
    assert_eq!(key.sign(&serde_json::json!({ "sub": "a" })).unwrap(), token);
}

#[test]
fn rfc_8037_2_a_private_key_under_another_public_key_is_refused() {
    let other = SigningKey::ed25519_from_seed(&[1; 32]).unwrap().public_jwk().unwrap();
    let mixed = Jwk { x: other.x, ..rfc_8037_a_1() };
    assert_eq!(SigningKey::from_jwk(&mixed).unwrap_err(), gatewright_jose::KeyError::Mismatch);
}
