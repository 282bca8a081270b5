//! Signed payloads that are no claims: what `PayloadPolicy` demands.

use gatewright_jose::{
    Algorithm, KeySet, PayloadPolicy, Policy, Rejection, SignError, SigningKey, UnixTime,
    VerifyingKey,
};

use crate::support::{CLAIMS, NOW, base64url, ed25519_key, forge, keys, verify};

fn policy() -> PayloadPolicy {
    PayloadPolicy::new([Algorithm::EdDSA])
}

fn public() -> KeySet {
    KeySet::from(ed25519_key().verifying_key())
}

#[test]
fn any_bytes_come_back_as_they_were_signed() {
    for payload in [&b"text"[..], &[0], &[0xff; 3], b"{}", CLAIMS.as_bytes(), &[7; 10_000]] {
        let token = ed25519_key().sign_payload(payload).unwrap();
        let verified = policy().verify(&token, &public()).unwrap();
        assert_eq!(verified.as_bytes(), payload);
        assert_eq!(verified.key().key_id(), Some("ed"));
        assert_eq!(verified.into_bytes(), payload);
    }
}

#[test]
fn a_payload_is_no_jwt_and_a_jwt_no_payload() {
    let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
    let jwt = ed25519_key().with_token_type("JWT").sign(&claims).unwrap();
    assert_eq!(policy().verify(&jwt, &public()).unwrap_err(), Rejection::WrongType);
    let jose = ed25519_key().with_token_type("JOSE").sign_payload(CLAIMS.as_bytes()).unwrap();
    assert!(policy().verify(&jose, &public()).is_ok());
    assert_eq!(verify(&jose).err(), Some(Rejection::WrongType));
}

#[test]
fn a_demanded_type_is_never_absent() {
    let typed = policy().token_type("webhook+jws");
    let with = |typ: &str| ed25519_key().with_token_type(typ).sign_payload(b"payload").unwrap();
    for typ in ["webhook+jws", "WEBHOOK+JWS", "application/webhook+jws"] {
        assert!(typed.verify(&with(typ), &public()).is_ok(), "{typ}");
    }
    for typ in ["JOSE", "JWT", "", "webhook", "text/webhook+jws"] {
        let refused = typed.verify(&with(typ), &public()).unwrap_err();
        assert_eq!(refused, Rejection::WrongType, "{typ}");
    }
    let untyped = ed25519_key().sign_payload(b"payload").unwrap();
    assert_eq!(typed.verify(&untyped, &public()).unwrap_err(), Rejection::WrongType);
}

#[test]
fn the_same_rules_hold_for_the_header_and_the_signature() {
    let mac = PayloadPolicy::new([Algorithm::HS256]);
    for (header, expected) in [
        (r#"{"alg":"none"}"#, Rejection::Unsigned),
        (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, Rejection::CriticalHeader),
        (r#"{"alg":"HS256","b64":false}"#, Rejection::UnencodedPayload),
        (r#"{"alg":"HS256","jwk":{}}"#, Rejection::EmbeddedKey),
        (r#"{"alg":"HS256","alg":"HS256"}"#, Rejection::DuplicateMember),
        (r#"{"alg":"HS384"}"#, Rejection::AlgorithmNotAllowed),
        (r#"{"alg":"EdDSA"}"#, Rejection::AlgorithmNotAllowed),
    ] {
        let token = forge(header, "payload");
        assert_eq!(mac.verify(&token, &keys()).unwrap_err(), expected, "{header}");
    }
    let good = forge(r#"{"alg":"HS256"}"#, "payload");
    assert_eq!(mac.verify(&good, &keys()).unwrap().as_bytes(), b"payload");
    let (input, _) = good.rsplit_once('.').unwrap();
    let none = PayloadPolicy::new([]);
    assert_eq!(none.verify(&good, &keys()).unwrap_err(), Rejection::AlgorithmNotAllowed);
    for (token, expected) in [
        (format!("{input}."), Rejection::MissingSignature),
        (format!("{input}.{}", base64url([0; 32])), Rejection::BadSignature),
        (format!("{input}.{}", base64url([0; 2000])), Rejection::MalformedToken),
    ] {
        assert_eq!(mac.verify(&token, &keys()).unwrap_err(), expected);
    }
}

#[test]
fn the_length_is_bounded_and_the_bound_is_exact() {
    let token = ed25519_key().sign_payload(&[7; 100]).unwrap();
    let at_most = |bytes| policy().max_token_bytes(bytes).verify(&token, &public());
    assert!(at_most(token.len()).is_ok());
    assert_eq!(at_most(token.len() - 1).unwrap_err(), Rejection::TokenTooLarge);
    let long = ed25519_key().sign_payload(&[7; Policy::DEFAULT_MAX_TOKEN_BYTES]).unwrap();
    assert_eq!(policy().verify(&long, &public()).unwrap_err(), Rejection::TokenTooLarge);
    assert!(policy().max_token_bytes(long.len()).verify(&long, &public()).is_ok());
}

/// Found by fuzzing: a key whose name is without end signed what no verifier takes.
#[test]
fn what_is_signed_has_a_header_that_is_read() {
    let mut longest = None;
    for length in 1_400..1_600 {
        let key = ed25519_key().with_key_id("k".repeat(length));
        match key.sign_payload(b"payload") {
            Ok(token) => {
                let keys = KeySet::from(key.verifying_key());
                assert!(policy().verify(&token, &keys).is_ok(), "{length}");
                longest = Some(length);
            }
            Err(error) => {
                assert_eq!(error, SignError::HeaderTooLong, "{length}");
                assert_eq!(key.sign(&serde_json::json!({})), Err(SignError::HeaderTooLong));
            }
        }
    }
    assert!(longest.is_some_and(|longest| longest < 1_599), "{longest:?}");
}

#[test]
fn debug_shows_neither_payload_nor_secret() {
    let key = SigningKey::hmac(Algorithm::HS256, &[b's'; 32]).unwrap();
    let token = key.sign_payload(b"needle").unwrap();
    let keys = KeySet::from(VerifyingKey::hmac(Algorithm::HS256, &[b's'; 32]).unwrap());
    let verified = PayloadPolicy::new([Algorithm::HS256]).verify(&token, &keys).unwrap();
    let shown = format!("{verified:?}");
    assert!(!shown.contains("needle") && !shown.contains("sss"), "{shown}");
}

/// What signs payloads that others choose must not thereby sign tokens (RFC 8725 §2.8): with a type of
/// its own it does not.
#[test]
fn a_typed_signer_of_payloads_makes_no_tokens() {
    let webhook = ed25519_key().with_token_type("webhook+jws");
    let chosen_by_a_stranger = webhook.sign_payload(CLAIMS.as_bytes()).unwrap();
    let result =
        crate::support::policy().verify::<()>(&chosen_by_a_stranger, &public(), UnixTime::new(NOW));
    assert_eq!(result.err(), Some(Rejection::WrongType));
}
