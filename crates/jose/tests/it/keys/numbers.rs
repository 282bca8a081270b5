//! What the numbers of a key must be, whatever it was read from.

use gatewright_jose::{Algorithm, Jwk, KeyError, SigningKey, VerifyingKey};

use super::material::{ALL, Material};
use crate::support::{base64url, ed25519_key, from_base64url};

fn private_jwk(algorithm: Algorithm) -> Jwk {
    SigningKey::from_pem(&Material::of(algorithm).private_pem(), None).unwrap().private_jwk()
}

/// An RSA key with a modulus of so many bits, odd and not to be factored by looking at it.
fn rsa(bits: usize, e: &[u8]) -> Result<Algorithm, KeyError> {
    let mut n = vec![0xa5; bits.div_ceil(8)];
    n[0] = 0xff_u8 >> (n.len() * 8 - bits);
    rsa_of(&n, e)
}

fn rsa_of(n: &[u8], e: &[u8]) -> Result<Algorithm, KeyError> {
    let (n, e) = (Some(base64url(n)), Some(base64url(e)));
    let jwk = Jwk { kty: "RSA".into(), n, e, ..Jwk::default() };
    VerifyingKey::from_jwk(&jwk).map(|key| key.algorithm())
}

const F4: &[u8] = &[1, 0, 1];

#[test]
fn rsa_moduli_have_2048_to_8192_bits() {
    for (bits, expected) in [
        (1024, Err(KeyError::RsaTooShort { bits: 1024 })),
        (2047, Err(KeyError::RsaTooShort { bits: 2047 })),
        (2048, Ok(Algorithm::RS256)),
        (3072, Ok(Algorithm::RS256)),
        (4096, Ok(Algorithm::RS256)),
        (8192, Ok(Algorithm::RS256)),
        (8193, Err(KeyError::Weak)),
        (16_384, Err(KeyError::Weak)),
    ] {
        assert_eq!(rsa(bits, F4), expected, "{bits} bits");
    }
}

#[test]
fn rsa_exponents_are_odd_small_and_not_one() {
    for (e, expected) in [
        (&[3][..], Ok(Algorithm::RS256)),
        (F4, Ok(Algorithm::RS256)),
        (&[0xff, 0xff, 0xff, 0xff], Ok(Algorithm::RS256)),
        (&[1], Err(KeyError::Weak)),
        (&[2], Err(KeyError::Weak)),
        (&[1, 0, 0], Err(KeyError::Weak)),
        (&[1, 0, 0, 0, 1], Err(KeyError::Weak)), // 33 bits
        (&[0xff; 256], Err(KeyError::Weak)),     // as long as the modulus
        (&[0, 1, 0, 1], Err(KeyError::Malformed)),
        (&[0], Err(KeyError::Malformed)),
        (&[], Err(KeyError::Malformed)),
    ] {
        assert_eq!(rsa(2048, e), expected, "{e:?}");
    }
}

#[test]
fn rsa_moduli_are_odd_and_without_leading_zeros() {
    let mut n = vec![0xff; 256];
    assert_eq!(rsa_of(&n, F4), Ok(Algorithm::RS256));
    n[255] = 0xfe;
    assert_eq!(rsa_of(&n, F4), Err(KeyError::Weak));
    assert_eq!(rsa_of(&[&[0], &[0xff; 256][..]].concat(), F4), Err(KeyError::Malformed));
    assert_eq!(rsa_of(&[], F4), Err(KeyError::Malformed));
}

#[test]
fn points_are_on_the_curve_that_is_named() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512] {
        let good = private_jwk(algorithm);
        let x = from_base64url(good.x.as_deref().unwrap());
        let y = from_base64url(good.y.as_deref().unwrap());
        let refused = |x: &[u8], y: &[u8]| {
            let (x, y) = (Some(base64url(x)), Some(base64url(y)));
            VerifyingKey::from_jwk(&Jwk { x, y, ..good.clone() }).err()
        };
        assert_eq!(refused(&x, &y), None);
        let mut off = y.clone();
        *off.last_mut().unwrap() ^= 1;
        let (zeros, ones) = (vec![0; x.len()], vec![0xff; x.len()]);
        for (what, x, y) in [
            ("off the curve", &x, &off),
            ("exchanged", &y, &x),
            ("the origin", &zeros, &zeros),
            ("beyond the field", &ones, &ones),
            ("too long", &[&[0], &x[..]].concat(), &y),
            ("too short", &x[1..].to_vec(), &y),
            ("both too short", &x[1..].to_vec(), &y[1..].to_vec()),
            ("empty", &vec![], &vec![]),
        ] {
            assert_eq!(refused(x, y), Some(KeyError::Malformed), "{algorithm}: {what}");
        }
        for crv in ["P-256", "P-384", "P-521"] {
            let named = Jwk { crv: Some(crv.into()), ..good.clone() };
            let fits = Some(crv) == good.crv.as_deref();
            assert_eq!(VerifyingKey::from_jwk(&named).is_ok(), fits, "{algorithm} as {crv}");
        }
    }
}

#[test]
fn a_private_half_belongs_to_its_public_half() {
    for material in &*ALL {
        let good = private_jwk(material.algorithm);
        assert!(SigningKey::from_jwk(&good).is_ok());
        let mut d = from_base64url(good.d.as_deref().unwrap());
        *d.last_mut().unwrap() ^= 2;
        let other = Jwk { d: Some(base64url(&d)), ..good.clone() };
        let refused = SigningKey::from_jwk(&other).unwrap_err();
        assert_eq!(refused, KeyError::Mismatch, "{}", material.algorithm);
    }
}

#[test]
fn a_private_scalar_is_neither_zero_nor_beyond_the_order() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512] {
        let good = private_jwk(algorithm);
        let length = from_base64url(good.d.as_deref().unwrap()).len();
        for byte in [0, 0xff] {
            let d = Some(base64url(vec![byte; length]));
            let refused = SigningKey::from_jwk(&Jwk { d, ..good.clone() }).unwrap_err();
            assert_eq!(refused, KeyError::Mismatch, "{algorithm}: {byte}");
        }
    }
}

/// Every encoding of the eight points under which signatures prove nothing.
#[test]
fn ed25519_keys_of_low_order_are_weak() {
    let mut keys = vec![[0; 32]];
    for (first, rest, last) in
        [(1, 0, 0), (0xec, 0xff, 0x7f), (0xed, 0xff, 0x7f), (0xee, 0xff, 0x7f)]
    {
        let mut key = [rest; 32];
        (key[0], key[31]) = (first, last);
        keys.push(key);
    }
    for mut key in keys {
        for sign in [0, 0x80] {
            key[31] = key[31] & 0x7f | sign;
            assert_eq!(VerifyingKey::ed25519(&key).unwrap_err(), KeyError::Weak, "{key:?}");
        }
    }
}

#[test]
fn an_algorithm_of_another_family_is_refused() {
    for material in &*ALL {
        let good = private_jwk(material.algorithm);
        for name in ["HS256", "EdDSA", "ES256", "ES384", "ES512", "RS256", "PS512"] {
            let named = Jwk { alg: Some(name.into()), ..good.clone() };
            let is_rsa = |name: &str| name.starts_with("RS") || name.starts_with("PS");
            let own = material.algorithm.as_str();
            let fits = name == own || is_rsa(name) && is_rsa(own);
            let expected = if fits { None } else { Some(KeyError::WrongAlgorithm) };
            assert_eq!(VerifyingKey::from_jwk(&named).err(), expected, "{own} as {name}");
            assert_eq!(SigningKey::from_jwk(&named).err(), expected, "{own} as {name}");
        }
        for name in ["none", "RSA-OAEP", "ECDH-ES", "Ed25519", "es256", ""] {
            let named = Jwk { alg: Some(name.into()), ..good.clone() };
            assert_eq!(
                VerifyingKey::from_jwk(&named).unwrap_err(),
                KeyError::Unsupported,
                "{name}"
            );
        }
    }
}

#[test]
fn use_and_operations_are_respected_for_every_kind() {
    for material in &*ALL {
        let good = private_jwk(material.algorithm);
        let ops = |ops: &[&str]| Some(ops.iter().map(ToString::to_string).collect::<Vec<_>>());
        for (use_, key_ops, verifies, signs) in [
            (None, None, true, true),
            (Some("sig"), None, true, true),
            (Some("enc"), None, false, false),
            (Some(""), None, false, false),
            (Some("SIG"), None, false, false),
            (None, ops(&["verify"]), true, false),
            (None, ops(&["sign"]), false, true),
            (None, ops(&["sign", "verify"]), true, true),
            (None, ops(&["encrypt", "wrapKey"]), false, false),
            (None, ops(&[]), false, false),
            (Some("enc"), ops(&["sign", "verify"]), false, false),
        ] {
            let jwk = Jwk { use_: use_.map(Into::into), key_ops, ..good.clone() };
            let refused = |allowed: bool| (!allowed).then_some(KeyError::NotForSignatures);
            assert_eq!(VerifyingKey::from_jwk(&jwk).err(), refused(verifies), "{use_:?} {jwk:?}");
            assert_eq!(SigningKey::from_jwk(&jwk).err(), refused(signs), "{use_:?} {jwk:?}");
        }
    }
}

/// A name that follows from the key: the same for every form of it, and another for each key.
#[test]
fn thumbprints_of_every_kind() {
    let mut seen = std::collections::HashSet::new();
    for material in &*ALL {
        let private = private_jwk(material.algorithm);
        let published = VerifyingKey::from_pem(&material.public_pem(), None).unwrap();
        let published = published.with_key_id("a name").public_jwk().unwrap();
        let thumbprint = private.thumbprint().unwrap();
        assert_eq!(published.thumbprint().unwrap(), thumbprint);
        assert_eq!(thumbprint.len(), 43);
        assert!(seen.insert(thumbprint));
    }
    let lacking = Jwk { x: None, ..ed25519_key().public_jwk().unwrap() };
    assert_eq!(lacking.thumbprint(), Err(KeyError::Malformed));
}
