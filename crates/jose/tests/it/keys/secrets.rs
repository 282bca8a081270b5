//! Shared secrets, and the switch that lets short ones in.

use gatewright_jose::{
    Algorithm, Jwk, KeyError, KeySet, PayloadPolicy, SigningKey, VerifyingKey, dangerous,
};

use crate::support::base64url;

const MACS: [(Algorithm, usize); 3] =
    [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)];

fn oct(alg: Option<&str>, secret: &[u8]) -> Jwk {
    let (alg, k) = (alg.map(Into::into), Some(base64url(secret)));
    Jwk { kty: "oct".into(), alg, k, ..Jwk::default() }
}

#[test]
fn a_secret_in_json_needs_an_algorithm_that_is_a_mac() {
    let secret = [b'k'; 64];
    for (name, expected) in [
        (Some("HS256"), None),
        (Some("HS384"), None),
        (Some("HS512"), None),
        (None, Some(KeyError::Unsupported)),
        (Some("A128KW"), Some(KeyError::Unsupported)),
        (Some("none"), Some(KeyError::Unsupported)),
        (Some("RS256"), Some(KeyError::WrongAlgorithm)),
        (Some("EdDSA"), Some(KeyError::WrongAlgorithm)),
    ] {
        assert_eq!(VerifyingKey::from_jwk(&oct(name, &secret)).err(), expected, "{name:?}");
        assert_eq!(SigningKey::from_jwk(&oct(name, &secret)).err(), expected, "{name:?}");
    }
}

#[test]
fn a_short_secret_is_refused_in_json_too() {
    for (algorithm, least) in MACS {
        let short = oct(Some(algorithm.as_str()), &vec![b'k'; least - 1]);
        let expected = KeyError::SecretTooShort { least_bytes: least };
        assert_eq!(VerifyingKey::from_jwk(&short).unwrap_err(), expected);
        assert_eq!(SigningKey::from_jwk(&short).unwrap_err(), expected);
    }
}

/// A secret that nobody set: white space, or zero bytes, of any length.
#[test]
fn a_blank_secret_is_refused_even_by_the_dangerous_switch() {
    for secret in [&b""[..], b" ", b"\n\n\n", b"\t \r\n", &[0], &[0; 64], &[b' '; 100]] {
        for (algorithm, _) in MACS {
            let refused = dangerous::verifying_key_of_any_length(algorithm, secret).unwrap_err();
            assert_eq!(refused, KeyError::SecretBlank, "{secret:?}");
            let refused = dangerous::signing_key_of_any_length(algorithm, secret).unwrap_err();
            assert_eq!(refused, KeyError::SecretBlank, "{secret:?}");
        }
    }
}

#[test]
fn the_dangerous_switch_takes_short_secrets_and_nothing_else() {
    for (algorithm, _) in MACS {
        let key = dangerous::signing_key_of_any_length(algorithm, b"s").unwrap();
        let token = key.sign_payload(b"payload").unwrap();
        let public = dangerous::verifying_key_of_any_length(algorithm, b"s").unwrap();
        let policy = PayloadPolicy::new([algorithm]);
        assert!(policy.verify(&token, &KeySet::from(public)).is_ok());
        let other = dangerous::verifying_key_of_any_length(algorithm, b"t").unwrap();
        assert!(policy.verify(&token, &KeySet::from(other)).is_err());
    }
    let refused = dangerous::verifying_key_of_any_length(Algorithm::EdDSA, &[b'k'; 64]);
    assert_eq!(refused.unwrap_err(), KeyError::WrongAlgorithm);
}

/// HMAC hashes longer keys than a block first; a secret and its hash must not be one key by accident.
#[test]
fn a_secret_is_not_cut_to_the_block() {
    let long = vec![b'k'; 200];
    let key = SigningKey::hmac(Algorithm::HS256, &long).unwrap();
    let token = key.sign_payload(b"payload").unwrap();
    let cut = VerifyingKey::hmac(Algorithm::HS256, &long[..64]).unwrap();
    assert!(PayloadPolicy::new([Algorithm::HS256]).verify(&token, &KeySet::from(cut)).is_err());
}
