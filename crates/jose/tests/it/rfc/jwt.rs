//! RFC 7519, JWT.

use gatewright_jose::{Claim, Rejection as R, SigningKey};

use super::{refused, token};
use crate::support::{NOW, forge, policy, verify, verify_claims};

fn key() -> gatewright_jose::VerifyingKey {
    SigningKey::ed25519_from_seed(&[7; 32]).unwrap().verifying_key()
}

#[test]
fn rfc_7519_a_1_and_a_2_encrypted_tokens_are_refused() {
    for section in ["RFC 7519 A.1", "RFC 7519 A.2"] {
        assert_eq!(refused(token(section), key()), Some(R::MalformedToken), "{section}");
    }
}

#[test]
fn rfc_7519_2_string_or_uri_is_compared_as_it_stands() {
    for issuer in
        ["https://i.example/", "HTTPS://i.example", "https://I.example", " https://i.example"]
    {
        let claims = format!(
            r#"{{"iss":"{issuer}","aud":"https://a.example","sub":"alice","exp":{}}}"#,
            NOW + 60
        );
        assert_eq!(verify_claims(&policy(), &claims, NOW), Some(R::WrongIssuer), "{issuer}");
    }
    // An escape is another spelling of the same text.
    let escaped = format!(
        r#"{{"iss":"https:\/\/i.ex\u0061mple","aud":"https://a.example","sub":"alice","exp":{}}}"#,
        NOW + 60
    );
    assert_eq!(verify_claims(&policy(), &escaped, NOW), None);
}

#[test]
fn rfc_7519_4_claim_names_are_unique() {
    let twice = r#"{"sub":"alice","sub":"alice"}"#;
    assert_eq!(verify_claims(&policy(), twice, NOW), Some(R::DuplicateMember));
}

#[test]
fn rfc_7519_4_1_4_expired_on_the_second() {
    let claims = |exp| {
        format!(r#"{{"iss":"https://i.example","aud":"https://a.example","sub":"a","exp":{exp}}}"#)
    };
    let policy = gatewright_jose::Policy::builder()
        .any_issuer()
        .any_audience()
        .any_algorithm()
        .leeway_seconds(0)
        .build();
    assert_eq!(verify_claims(&policy, &claims(NOW), NOW), Some(R::Expired));
    assert_eq!(verify_claims(&policy, &claims(NOW + 1), NOW), None);
}

#[test]
fn rfc_7519_5_2_nested_tokens_are_not_unwrapped() {
    let inner = forge(r#"{"alg":"HS256"}"#, crate::support::CLAIMS);
    let nested = forge(r#"{"alg":"HS256","cty":"JWT"}"#, &inner);
    assert_eq!(verify(&nested).err(), Some(R::MalformedPayload));
}

/// §5.3: claims repeated in the header prove nothing, and are not read there.
#[test]
fn rfc_7519_5_3_claims_in_the_header_are_not_taken_for_the_payloads() {
    let header = format!(r#"{{"alg":"HS256","sub":"alice","exp":{}}}"#, NOW + 60);
    let claims = r#"{"iss":"https://i.example","aud":"https://a.example","sub":"alice"}"#;
    let token = forge(&header, claims);
    assert_eq!(verify(&token).err(), Some(R::MissingClaim(Claim::Expiration)));
}

#[test]
fn rfc_7519_7_2_step_10_the_claims_set_is_an_object_in_utf_8() {
    for payload in ["null", "[]", "1", "\"text\"", "{", "{}x"] {
        let token = forge(r#"{"alg":"HS256"}"#, payload);
        assert_eq!(verify(&token).err(), Some(R::MalformedPayload), "{payload}");
    }
}
