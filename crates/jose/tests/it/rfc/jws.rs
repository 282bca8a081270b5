//! RFC 7515, JWS, and RFC 7797, its unencoded payloads.

use gatewright_jose::{Algorithm, Claim, Rejection, VerifyingKey};

use super::{
    assert_signed, bound, jwk, payload, payload_of_type, refused, signing, tampered, token,
};

const CLAIMS: &[u8] =
    b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

#[test]
fn rfc_7515_a_1_and_rfc_7519_3_1_hs256() {
    let token = token("RFC 7515 A.1");
    let key = signing(&bound(jwk("RFC 7515 A.1"), Algorithm::HS256)).verifying_key();
    assert_eq!(refused(token, key.clone()), Some(Rejection::MissingClaim(Claim::Subject)));
    assert_eq!(refused(&tampered(token), key.clone()), Some(Rejection::BadSignature));
    // Its header says that it is a JWT, so it is not taken for another payload unless asked for.
    assert_eq!(payload(token, key.clone()), Err(Rejection::WrongType));
    assert_eq!(payload_of_type(token, key, Some("JWT")).unwrap(), CLAIMS);
}

#[test]
fn rfc_7515_a_2_rs256() {
    let key = signing(&jwk("RFC 7515 A.2"));
    assert_signed(token("RFC 7515 A.2"), &key.verifying_key(), CLAIMS);
    // PKCS #1 v1.5 is deterministic, and the header is the one written here.
    assert_eq!(key.sign_payload(CLAIMS).unwrap(), token("RFC 7515 A.2"));
}

#[test]
fn rfc_7515_a_3_es256() {
    let key = signing(&jwk("RFC 7515 A.3"));
    assert_signed(token("RFC 7515 A.3"), &key.verifying_key(), CLAIMS);
    assert_signed(&key.sign_payload(CLAIMS).unwrap(), &key.verifying_key(), CLAIMS);
}

#[test]
fn rfc_7515_a_4_es512() {
    let key = signing(&jwk("RFC 7515 A.4"));
    assert_signed(token("RFC 7515 A.4"), &key.verifying_key(), b"Payload");
    assert_signed(&key.sign_payload(b"Payload").unwrap(), &key.verifying_key(), b"Payload");
}

#[test]
fn rfc_7515_a_5_and_rfc_7519_6_1_unsecured() {
    for section in ["RFC 7515 A.1", "RFC 7515 A.2", "RFC 7515 A.3"] {
        let key = signing(&bound_as_printed(section)).verifying_key();
        assert_eq!(refused(token("RFC 7515 A.5"), key.clone()), Some(Rejection::Unsigned));
        assert_eq!(payload(token("RFC 7515 A.5"), key), Err(Rejection::Unsigned));
    }
}

fn bound_as_printed(section: &str) -> gatewright_jose::Jwk {
    match section {
        "RFC 7515 A.1" => bound(jwk(section), Algorithm::HS256),
        _ => jwk(section),
    }
}

/// The JSON serialization is no JWT (RFC 7519 §1), and what accepts both can be made to read two
/// tokens in one text.
#[test]
fn rfc_7515_a_6_and_a_7_json_serialization_is_refused() {
    for section in ["RFC 7515 A.6", "RFC 7515 A.7"] {
        let key = signing(&jwk("RFC 7515 A.3")).verifying_key();
        assert_eq!(refused(token(section), key.clone()), Some(Rejection::MalformedToken));
        assert_eq!(payload(token(section), key), Err(Rejection::MalformedToken));
    }
}

#[test]
fn rfc_7515_appendix_e_critical_header() {
    let key = signing(&jwk("RFC 7515 A.3")).verifying_key();
    // Without a signature it is refused for that first: its `alg` comes before its `crit`.
    assert_eq!(refused(token("RFC 7515 E"), key), Some(Rejection::Unsigned));
    let key = crate::support::ed25519_key().verifying_key();
    let header = "eyJhbGciOiJFZERTQSIsImNyaXQiOlsiaHR0cDovL2V4YW1wbGUuY29tL1VOREVGSU5FRCJdLA0KICJodHR\
                  wOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIjp0cnVlfQ";
    let signed = format!("{header}.RkFJTA.{}", "A".repeat(86));
    assert_eq!(refused(&signed, key), Some(Rejection::CriticalHeader));
}

/// A detached payload (RFC 7515 §F) is refused on purpose: whoever verifies one has to be told where
/// the payload is, and here nothing is taken from anywhere but the token.
#[test]
fn rfc_7515_appendix_f_detached_payload_is_refused() {
    let key = signing(&jwk("RFC 7515 A.2"));
    let (input, signature) = token("RFC 7515 A.2").rsplit_once('.').unwrap();
    let detached = format!("{}..{signature}", input.split_once('.').unwrap().0);
    assert_eq!(payload(&detached, key.verifying_key()), Err(Rejection::MalformedToken));
    assert!(key.sign_payload(b"").is_err(), "it could not be told from a detached one");
}

#[test]
fn rfc_7797_4_1_is_the_control_of_4_2() {
    let key = signing(&bound(jwk("RFC 7515 A.1"), Algorithm::HS256)).verifying_key();
    assert_signed(token("RFC 7797 4.1"), &key, b"$.02");
}

#[test]
fn rfc_7797_4_2_unencoded_payload_is_refused_in_both_forms() {
    let key = VerifyingKey::from_jwk(&bound(jwk("RFC 7515 A.1"), Algorithm::HS256)).unwrap();
    let detached = token("RFC 7797 4.2");
    assert_eq!(payload(detached, key.clone()), Err(Rejection::MalformedToken));
    // With a payload put in, as §5.2 permits where it has no dot.
    let attached = detached.replace("..", ".$02.");
    assert_eq!(payload(&attached, key), Err(Rejection::UnencodedPayload));
}
