//! RFC 7518 §3, the algorithms.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    },
};
use gatewright_jose::{Algorithm, Jwk, KeyError, Rejection, VerifyingKey};

use super::{assert_signed, bound, jwk, payload, signing};
use crate::support::{base64url, from_base64url};

#[test]
fn rfc_7518_3_1_every_algorithm_of_the_table_but_none() {
    for name in [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256",
        "PS384", "PS512",
    ] {
        assert_eq!(name.parse::<Algorithm>().unwrap().as_str(), name);
    }
    assert!("none".parse::<Algorithm>().is_err());
    assert_eq!(Algorithm::ALL.len(), 13, "these, and EdDSA of RFC 8037");
}

#[test]
fn rfc_7518_3_2_a_secret_is_as_long_as_the_hash() {
    for (algorithm, least) in
        [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)]
    {
        let refused = VerifyingKey::hmac(algorithm, &vec![b'k'; least - 1]).unwrap_err();
        assert_eq!(refused, KeyError::SecretTooShort { least_bytes: least });
        assert!(VerifyingKey::hmac(algorithm, &vec![b'k'; least]).is_ok());
    }
}

/// §3.2: the tag is compared whole. One cut short, as RFC 2104 §5 permits elsewhere, is refused.
#[test]
fn rfc_7518_3_2_a_tag_cut_short_is_refused() {
    let token = super::token("RFC 7520 4.4");
    let key = VerifyingKey::from_jwk(&jwk("RFC 7520 3.5")).unwrap();
    let (input, tag) = token.rsplit_once('.').unwrap();
    let tag = from_base64url(tag);
    for length in [1, 16, 31] {
        let cut = format!("{input}.{}", base64url(&tag[..length]));
        assert_eq!(payload(&cut, key.clone()), Err(Rejection::BadSignature), "{length} bytes");
    }
    let longer = format!("{input}.{}", base64url([&tag[..], &[0]].concat()));
    assert_eq!(payload(&longer, key), Err(Rejection::BadSignature));
}

#[test]
fn rfc_7518_3_3_and_3_5_one_rsa_key_with_each_algorithm() {
    for algorithm in Algorithm::ALL.iter().copied() {
        let is_rsa = matches!(&algorithm.as_str()[..2], "RS" | "PS");
        let key = gatewright_jose::SigningKey::from_jwk(&bound(jwk("RFC 7520 3.4"), algorithm));
        match key {
            Ok(key) => {
                assert!(is_rsa, "{algorithm}");
                let token = key.sign_payload(b"payload").unwrap();
                assert_signed(&token, &key.verifying_key(), b"payload");
                assert_only(algorithm, &token);
            }
            Err(error) => {
                assert_eq!((is_rsa, error), (false, KeyError::WrongAlgorithm), "{algorithm}");
            }
        }
    }
}

/// No other algorithm accepts the signature, even where the header says that it is that one's.
fn assert_only(algorithm: Algorithm, token: &str) {
    let (_, rest) = token.split_once('.').unwrap();
    for other in Algorithm::ALL.iter().copied().filter(|other| *other != algorithm) {
        let Ok(key) = VerifyingKey::from_jwk(&bound(jwk("RFC 7520 3.3"), other)) else { continue };
        assert_eq!(payload(token, key.clone()), Err(Rejection::AlgorithmMismatch));
        let header = base64url(format!(r#"{{"alg":"{other}"}}"#));
        assert_eq!(payload(&format!("{header}.{rest}"), key), Err(Rejection::BadSignature));
    }
}

/// §3.4: R and S, each as long as the order; not the DER that most libraries make by default.
#[test]
fn rfc_7518_3_4_ecdsa_signatures_are_two_numbers_and_no_der() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let fixed = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let asn1 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
    let point = fixed.public_key().as_ref();
    let jwk = Jwk {
        kty: "EC".into(),
        crv: Some("P-256".into()),
        x: Some(base64url(&point[1..33])),
        y: Some(base64url(&point[33..])),
        ..Jwk::default()
    };
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    let input = format!("{}.{}", base64url(r#"{"alg":"ES256"}"#), base64url("payload"));
    let with =
        |signature: &[u8]| payload(&format!("{input}.{}", base64url(signature)), key.clone());
    let good = fixed.sign(&random, input.as_bytes()).unwrap();
    assert_eq!(with(good.as_ref()).unwrap(), b"payload");
    assert_eq!(
        with(asn1.sign(&random, input.as_bytes()).unwrap().as_ref()),
        Err(Rejection::BadSignature)
    );
    let (r, s) = good.as_ref().split_at(32);
    let zero = [0; 32];
    for (what, signature) in [
        ("both zero (CVE-2022-21449)", [zero, zero].concat()),
        ("R zero", [&zero, s].concat()),
        ("S zero", [r, &zero].concat()),
        ("exchanged", [s, r].concat()),
        ("led by zeros", [&[0], r, &[0], s].concat()),
        ("a byte short", good.as_ref()[..63].to_vec()),
        ("a byte long", [good.as_ref(), &[0]].concat()),
        ("all ones", vec![0xff; 64]),
    ] {
        assert_eq!(with(&signature), Err(Rejection::BadSignature), "{what}");
    }
}

#[test]
fn rfc_7518_3_4_each_curve_has_its_one_algorithm() {
    for (section, own) in [("RFC 7515 A.3", Algorithm::ES256), ("RFC 7515 A.4", Algorithm::ES512)] {
        for algorithm in Algorithm::ALL.iter().copied().filter(|other| *other != own) {
            let refused = VerifyingKey::from_jwk(&bound(jwk(section), algorithm)).unwrap_err();
            assert_eq!(refused, KeyError::WrongAlgorithm, "{algorithm}");
        }
        assert_eq!(signing(&jwk(section)).algorithm(), own);
    }
}
