//! RFC 8725, best current practices, and what the draft of its successor (rfc8725bis) adds.
//!
//! One test for each rule that a verifier can follow; §3.6, on compressing before encrypting, and the
//! draft's limits for PBES2 and decompression concern encrypted tokens, which are refused as such.

use gatewright_jose::{
    Algorithm, Claim, Jwk, KeyError, KeySet, Policy, Rejection as R, SigningKey, UnixTime,
    Verified, VerifyingKey,
};
use serde_json::json;

use super::jwk;
use crate::support::{
    CLAIMS, NOW, base64url, ed25519_key, forge, forge_with, keys, policy, verify,
};

fn under(policy: &Policy, token: &str) -> Result<Verified, R> {
    policy.verify(token, &keys(), UnixTime::new(NOW))
}

#[test]
fn rfc_8725_3_1_the_caller_names_the_algorithms_and_no_other_is_used() {
    let token = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let only = |algorithms: &[Algorithm]| {
        Policy::builder().any_issuer().any_audience().algorithms(algorithms.iter().copied()).build()
    };
    assert!(under(&only(&[Algorithm::HS256]), &token).is_ok());
    let refused = under(&only(&[Algorithm::EdDSA, Algorithm::HS512]), &token);
    assert_eq!(refused.err(), Some(R::AlgorithmNotAllowed));
}

#[test]
fn rfc_8725_3_1_each_key_is_used_with_exactly_one_algorithm() {
    let secret = [b'k'; 64];
    let token = SigningKey::hmac(Algorithm::HS512, &secret).unwrap();
    let token = token.sign(&json!({ "sub": "a", "exp": NOW + 60 })).unwrap();
    let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    for (algorithm, expected) in
        [(Algorithm::HS512, None), (Algorithm::HS256, Some(R::AlgorithmMismatch))]
    {
        let keys = KeySet::from(VerifyingKey::hmac(algorithm, &secret).unwrap());
        let result = policy.verify::<()>(&token, &keys, UnixTime::new(NOW));
        assert_eq!(result.err(), expected);
    }
}

#[test]
fn rfc_8725_2_1_a_public_key_is_never_a_secret() {
    let public = ed25519_key().public_jwk().unwrap();
    let token = forge_with(
        serde_json::to_string(&public).unwrap().as_bytes(),
        r#"{"alg":"HS256","kid":"ed"}"#,
        CLAIMS,
    );
    let keys = KeySet::from(ed25519_key().verifying_key());
    let result = policy().verify::<()>(&token, &keys, UnixTime::new(NOW));
    assert_eq!(result.err(), Some(R::AlgorithmMismatch));
}

/// §3.2, and the draft's warning of names that differ in case alone.
#[test]
fn rfc_8725_3_2_none_is_refused_in_any_case_and_names_are_exact() {
    for name in ["none", "None", "NONE", "nOnE"] {
        let token = forge(&format!(r#"{{"alg":"{name}"}}"#), CLAIMS);
        assert_eq!(verify(&token).err(), Some(R::Unsigned), "{name}");
        let (input, _) = token.rsplit_once('.').unwrap();
        assert_eq!(verify(&format!("{input}.")).err(), Some(R::Unsigned), "{name}");
    }
    for name in ["hs256", "Hs256", "HS256 ", "eddsa", "RSA1_5", "ES256K", ""] {
        let token = forge(&format!(r#"{{"alg":"{name}"}}"#), CLAIMS);
        assert_eq!(verify(&token).err(), Some(R::UnsupportedAlgorithm), "{name}");
    }
}

/// §3.3: what was signed counts only once the signature was found good, whatever else is wrong.
#[test]
fn rfc_8725_3_3_a_bad_signature_outranks_every_fault_of_the_claims() {
    for claims in ["{", "[]", r#"{"exp":0}"#, r#"{"sub":1}"#, r#"{"iss":"x"}"#, "{}"] {
        let token =
            forge_with(b"another secret of more than 32 bytes", r#"{"alg":"HS256"}"#, claims);
        assert_eq!(verify(&token).err(), Some(R::BadSignature), "{claims}");
    }
}

#[test]
fn rfc_8725_3_4_points_are_checked() {
    // The next point up is not on the curve.
    let good = jwk("RFC 7515 A.3");
    let mut y = crate::support::from_base64url(good.y.as_deref().unwrap());
    y[31] ^= 1;
    let off = Jwk { y: Some(base64url(&y)), ..good.clone() };
    assert_eq!(VerifyingKey::from_jwk(&off).unwrap_err(), KeyError::Malformed);
    let zero = Some(base64url([0; 32]));
    let origin = Jwk { x: zero.clone(), y: zero, ..good };
    assert_eq!(VerifyingKey::from_jwk(&origin).unwrap_err(), KeyError::Malformed);
    let mut low_order = [0; 32];
    low_order[0] = 1;
    assert_eq!(VerifyingKey::ed25519(&low_order).unwrap_err(), KeyError::Weak);
}

#[test]
fn rfc_8725_3_5_a_secret_that_can_be_guessed_is_refused() {
    for secret in [&b"password"[..], b"correct horse battery staple", b"", &[0; 64], &[b' '; 64]] {
        assert!(SigningKey::hmac(Algorithm::HS256, secret).is_err());
        assert!(VerifyingKey::hmac(Algorithm::HS256, secret).is_err());
    }
}

#[test]
fn rfc_8725_3_6_nothing_is_decompressed() {
    // {"sub":"a"}, deflated.
    let deflated = [0xab, 0x56, 0x2a, 0x2e, 0x4d, 0x52, 0xb2, 0x52, 0x4a, 0x54, 0xaa, 0x05, 0x00];
    let input = format!("{}.{}", base64url(r#"{"alg":"HS256","zip":"DEF"}"#), base64url(deflated));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, crate::support::SECRET);
    let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
    let token = format!("{input}.{}", base64url(tag));
    assert_eq!(verify(&token).err(), Some(R::MalformedPayload));
}

#[test]
fn rfc_8725_3_7_json_is_utf_8_and_nothing_else() {
    let utf_16: Vec<u8> = r#"{"alg":"HS256"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let token = format!("{}.{}.{}", base64url(utf_16), base64url(CLAIMS), base64url([0; 32]));
    assert_eq!(verify(&token).err(), Some(R::MalformedHeader));
    let token = forge(r#"{"alg":"HS256"}"#, &format!("\u{feff}{CLAIMS}"));
    assert_eq!(verify(&token).err(), Some(R::MalformedPayload));
}

#[test]
fn rfc_8725_3_8_issuer_and_subject() {
    for (claims, expected) in [
        (json!({ "iss": "https://evil.example" }), R::WrongIssuer),
        (json!({ "iss": null }), R::MalformedClaim(Claim::Issuer)),
        (json!({ "iss": ["https://i.example"] }), R::MalformedClaim(Claim::Issuer)),
        (json!({ "sub": "" }), R::MalformedClaim(Claim::Subject)),
    ] {
        assert_eq!(verify(&with(&claims)).err(), Some(expected), "{claims}");
    }
}

#[test]
fn rfc_8725_3_9_audience() {
    for (claims, expected) in [
        (json!({ "aud": "https://b.example" }), R::WrongAudience),
        (json!({ "aud": [] }), R::WrongAudience),
        (json!({ "aud": "https://a.example https://b.example" }), R::WrongAudience),
        (json!({ "aud": null }), R::MalformedClaim(Claim::Audience)),
    ] {
        assert_eq!(verify(&with(&claims)).err(), Some(expected), "{claims}");
    }
    assert!(verify(&with(&json!({ "aud": ["https://b.example", "https://a.example"] }))).is_ok());
}

/// A good token with some of its claims replaced.
fn with(claims: &serde_json::Value) -> String {
    let mut all: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    forge(r#"{"alg":"HS256"}"#, &all.to_string())
}

#[test]
fn rfc_8725_3_10_the_header_is_not_trusted_to_bring_or_find_a_key() {
    for member in ["jwk", "jku", "x5u", "x5c"] {
        let token = forge(&format!(r#"{{"alg":"HS256","{member}":"x"}}"#), CLAIMS);
        assert_eq!(verify(&token).err(), Some(R::EmbeddedKey), "{member}");
    }
    for kid in ["../../../dev/null", "x' OR '1'='1", "ed\\u0000", "ED", "https://evil.example"] {
        let token = forge(&format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#), CLAIMS);
        assert_eq!(verify(&token).err(), Some(R::UnknownKey), "{kid}");
    }
}

#[test]
fn rfc_8725_3_11_and_3_12_kinds_of_tokens_exclude_each_other() {
    let key = ed25519_key();
    let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
    let kinds = [None, Some("at+jwt"), Some("logout+jwt")];
    for made in kinds {
        let key = match made {
            Some(typ) => key.clone().with_token_type(typ),
            None => key.clone(),
        };
        let token = key.sign(&claims).unwrap();
        for wanted in kinds {
            let policy = Policy::builder().any_issuer().any_audience().any_algorithm();
            let policy = match wanted {
                Some(typ) => policy.token_type(typ),
                None => policy,
            };
            let result = under(&policy.build(), &token);
            assert_eq!(result.is_ok(), made == wanted, "{made:?} where {wanted:?} is expected");
        }
    }
}

/// The draft: one text must not be a token in two formats.
#[test]
fn rfc_8725bis_format_confusion() {
    let compact = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let [header, payload, tag] = compact.split('.').collect::<Vec<_>>().try_into().unwrap();
    let flattened =
        json!({ "protected": header, "payload": payload, "signature": tag }).to_string();
    let hidden =
        format!(r#"{{"protected":"{header}","payload":"{payload}","signature":".{tag}."}}"#);
    for token in [flattened, hidden, format!("[\"{compact}\"]"), format!("\"{compact}\"")] {
        assert_eq!(verify(&token).err(), Some(R::MalformedToken));
    }
}

/// The draft: what is encrypted with a public key, which anybody can do, is not signed.
#[test]
fn rfc_8725bis_encryption_is_no_signature() {
    let header = base64url(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#);
    let encrypted = format!("{header}.AAAA.AAAA.{}.AAAA", base64url(CLAIMS));
    assert_eq!(verify(&encrypted).err(), Some(R::MalformedToken));
    let three_parts = format!("{header}.{}.AAAA", base64url(CLAIMS));
    assert_eq!(verify(&three_parts).err(), Some(R::UnsupportedAlgorithm));
    // PBES2 names how many rounds the verifier shall hash.
    let slow = forge(r#"{"alg":"PBES2-HS512+A256KW","p2c":2147483647}"#, CLAIMS);
    assert_eq!(verify(&slow).err(), Some(R::UnsupportedAlgorithm));
}
