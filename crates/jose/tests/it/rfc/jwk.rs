//! RFC 7517, keys; RFC 7518 §6, what they consist of; RFC 7638, their names.

use gatewright_jose::{Algorithm, Jwk, JwkSet, KeyError, KeySet, SigningKey, VerifyingKey};

use super::{EXAMPLES, assert_signed, bound, jwk, jwks, signing, token};

#[test]
fn rfc_7517_a_1_public_keys() {
    let [ec, rsa] = jwks("RFC 7517 A.1").try_into().unwrap();
    // `"use":"enc"`: a key of the standard's own example that must not check signatures.
    assert_eq!(VerifyingKey::from_jwk(&ec).unwrap_err(), KeyError::NotForSignatures);
    let ec = VerifyingKey::from_jwk(&Jwk { use_: None, ..ec }).unwrap();
    assert_eq!((ec.algorithm(), ec.key_id()), (Algorithm::ES256, Some("1")));
    let rsa = VerifyingKey::from_jwk(&rsa).unwrap();
    assert_eq!((rsa.algorithm(), rsa.key_id()), (Algorithm::RS256, Some("2011-04-29")));
    let set = KeySet::from_jwk_set_json(EXAMPLES["RFC 7517 A.1"]["keys"].to_string().as_bytes());
    let set = set.unwrap();
    assert_eq!((set.keys().len(), set.skipped()), (1, 1));
}

#[test]
fn rfc_7517_a_2_private_keys_are_of_no_use_once_published() {
    let keys = jwks("RFC 7517 A.2");
    for key in &keys {
        let key = signing(&Jwk { use_: None, ..key.clone() });
        let token = key.sign_payload(b"payload").unwrap();
        assert_signed(&token, &key.verifying_key(), b"payload");
    }
    assert!(KeySet::from_jwk_set(&JwkSet { keys }).is_empty());
}

#[test]
fn rfc_7517_a_3_symmetric_keys() {
    let [wrap, mac] = jwks("RFC 7517 A.3").try_into().unwrap();
    assert_eq!(VerifyingKey::from_jwk(&wrap).unwrap_err(), KeyError::Unsupported);
    // Nothing but `alg` binds a secret to one algorithm (RFC 8725 §3.1).
    assert_eq!(VerifyingKey::from_jwk(&mac).unwrap_err(), KeyError::Unsupported);
    let mac = VerifyingKey::from_jwk(&bound(mac, Algorithm::HS256)).unwrap();
    assert_eq!(mac.key_id(), Some("HMAC key used in JWS A.1 example"));
}

#[test]
fn rfc_7517_appendix_b_the_certificate_is_ignored_and_the_key_read() {
    let key = VerifyingKey::from_jwk(&jwk("RFC 7517 B")).unwrap();
    assert_eq!((key.algorithm(), key.key_id()), (Algorithm::RS256, Some("1b94c")));
}

#[test]
fn rfc_7517_appendix_c_1_a_key_for_encryption_signs_nothing() {
    let jwk = jwk("RFC 7517 C.1");
    assert_eq!(SigningKey::from_jwk(&jwk).unwrap_err(), KeyError::NotForSignatures);
    let key = signing(&Jwk { use_: None, ..jwk });
    assert_eq!(key.key_id(), Some("juliet@capulet.lit"));
}

#[test]
fn rfc_7518_6_2_1_coordinates_are_as_long_as_the_field() {
    let good = jwk("RFC 7520 3.1");
    // Both begin with a zero byte that must be written; cut off, they are refused.
    let short = |text: &str| {
        let bytes = crate::support::from_base64url(text);
        assert_eq!(bytes[0], 0);
        Some(crate::support::base64url(&bytes[1..]))
    };
    for cut in [
        Jwk { x: short(good.x.as_deref().unwrap()), ..good.clone() },
        Jwk { y: None, ..good.clone() },
        Jwk { x: None, ..good.clone() },
    ] {
        assert_eq!(VerifyingKey::from_jwk(&cut).unwrap_err(), KeyError::Malformed);
    }
    assert!(VerifyingKey::from_jwk(&good).is_ok());
}

#[test]
fn rfc_7518_6_2_2_the_private_scalar_is_as_long_as_the_order() {
    let good = jwk("RFC 7520 3.2");
    let bytes = crate::support::from_base64url(good.d.as_deref().unwrap());
    for d in [&bytes[1..], &[&[0], &bytes[..]].concat()[..], &[]] {
        let d = Some(crate::support::base64url(d));
        let refused = SigningKey::from_jwk(&Jwk { d, ..good.clone() }).unwrap_err();
        assert_eq!(refused, KeyError::Malformed);
    }
    assert!(SigningKey::from_jwk(&good).is_ok());
}

#[test]
fn rfc_7518_6_3_1_no_zeros_lead_modulus_and_exponent() {
    let good = jwk("RFC 7520 3.3");
    let led = |text: &str| {
        let bytes = crate::support::from_base64url(text);
        Some(crate::support::base64url([&[0], &bytes[..]].concat()))
    };
    for key in [
        Jwk { n: led(good.n.as_deref().unwrap()), ..good.clone() },
        Jwk { e: led(good.e.as_deref().unwrap()), ..good.clone() },
        Jwk { e: Some(String::new()), ..good.clone() },
        Jwk { n: Some(String::new()), ..good.clone() },
        Jwk { e: None, ..good.clone() },
    ] {
        assert_eq!(VerifyingKey::from_jwk(&key).unwrap_err(), KeyError::Malformed);
    }
    assert!(VerifyingKey::from_jwk(&good).is_ok());
}

/// §6.3.2 lets a producer leave out all but `d`; such a key is refused, since recovering the primes
/// is the signer's to do once, and not here.
#[test]
fn rfc_7518_6_3_2_a_private_rsa_key_has_all_of_its_numbers() {
    let good = jwk("RFC 7520 3.4");
    for key in [
        Jwk { d: None, ..good.clone() },
        Jwk { p: None, ..good.clone() },
        Jwk { q: None, ..good.clone() },
        Jwk { dp: None, ..good.clone() },
        Jwk { dq: None, ..good.clone() },
        Jwk { qi: None, ..good.clone() },
    ] {
        assert_eq!(SigningKey::from_jwk(&key).unwrap_err(), KeyError::Malformed);
    }
    let other = jwk("RFC 7515 A.2");
    for key in [
        Jwk { d: other.d, ..good.clone() },
        Jwk { p: other.p, ..good.clone() },
        Jwk { n: other.n, ..good.clone() },
        Jwk { dp: good.dq.clone(), ..good.clone() },
        Jwk { qi: good.dq.clone(), ..good.clone() },
    ] {
        assert_eq!(SigningKey::from_jwk(&key).unwrap_err(), KeyError::Mismatch);
    }
    assert!(SigningKey::from_jwk(&good).is_ok());
}

#[test]
fn rfc_7518_6_4_a_shared_secret() {
    let good = jwk("RFC 7520 3.5");
    assert_eq!(VerifyingKey::from_jwk(&good).unwrap().algorithm(), Algorithm::HS256);
    let without = Jwk { k: None, ..good };
    assert_eq!(VerifyingKey::from_jwk(&without).unwrap_err(), KeyError::Malformed);
}

#[test]
fn rfc_7638_3_1_thumbprint() {
    let [ec, rsa] = jwks("RFC 7517 A.1").try_into().unwrap();
    assert_eq!(rsa.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    // Not printed there; computed by jwcrypto.
    assert_eq!(ec.thumbprint().unwrap(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
}

#[test]
fn rfc_7638_3_2_only_the_required_members_count() {
    for (private, public) in [(1, "RFC 7517 A.1"), (0, "RFC 7517 A.1")] {
        let bare = &jwks(public)[private];
        let full = Jwk {
            kid: Some("other".into()),
            alg: Some("PS512".into()),
            key_ops: Some(vec!["verify".into()]),
            ..jwks("RFC 7517 A.2")[private].clone()
        };
        assert_eq!(bare.thumbprint().unwrap(), full.thumbprint().unwrap());
    }
}

/// RFC 7638 §7: the thumbprint of a symmetric key could give it away.
#[test]
fn rfc_7638_7_a_secret_has_no_thumbprint() {
    assert_eq!(jwk("RFC 7520 3.5").thumbprint(), Err(KeyError::Unsupported));
    let token_of_it = token("RFC 7520 4.4");
    assert_signed(
        token_of_it,
        &VerifyingKey::from_jwk(&jwk("RFC 7520 3.5")).unwrap(),
        super::cookbook::PAYLOAD.as_bytes(),
    );
}
