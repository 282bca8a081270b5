//! PEM and DER, as they are written and as they are broken.

use gatewright_jose::{Algorithm, KeyError, KeySet, PayloadPolicy, SigningKey, VerifyingKey};

use super::material::{ALL, Material, pem};

/// Keys that OpenSSL wrote, and what each is here.
const BY_OPENSSL: &[(&str, &str, Result<Algorithm, KeyError>)] = &[
    ("Ed25519", include_str!("openssl/ed25519.pem"), Ok(Algorithm::EdDSA)),
    ("P-256", include_str!("openssl/p256.pem"), Ok(Algorithm::ES256)),
    ("P-384", include_str!("openssl/p384.pem"), Ok(Algorithm::ES384)),
    ("P-521", include_str!("openssl/p521.pem"), Ok(Algorithm::ES512)),
    ("RSA", include_str!("openssl/rsa2048.pem"), Ok(Algorithm::RS256)),
    ("RSA, PKCS #1", include_str!("openssl/rsa2048-pkcs1.pem"), Ok(Algorithm::RS256)),
    ("RSA, e = 3", include_str!("openssl/rsa2048-e3.pem"), Ok(Algorithm::RS256)),
    (
        "RSA, 1024 bits",
        include_str!("openssl/rsa1024.pem"),
        Err(KeyError::RsaTooShort { bits: 1024 }),
    ),
    // RFC 4055 §1.2 binds such a key to PSS with parameters of its own.
    ("RSA-PSS", include_str!("openssl/rsa-pss.pem"), Err(KeyError::Unsupported)),
    ("compressed point", include_str!("openssl/p256-compressed.pem"), Err(KeyError::Malformed)),
    // CVE-2020-0601: whoever may name the curve's generator may name the private key.
    ("explicit curve", include_str!("openssl/p256-explicit.pem"), Err(KeyError::Unsupported)),
    ("secp256k1", include_str!("openssl/secp256k1.pem"), Err(KeyError::Unsupported)),
    ("X25519", include_str!("openssl/x25519.pem"), Err(KeyError::Unsupported)),
    ("Ed448", include_str!("openssl/ed448.pem"), Err(KeyError::Unsupported)),
    ("certificate", include_str!("openssl/certificate.pem"), Err(KeyError::Unsupported)),
];

fn public(text: &str) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_pem(text, None)
}

fn private(text: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(text, None)
}

#[test]
fn keys_written_by_openssl() {
    for (what, pem, expected) in BY_OPENSSL {
        let found = public(pem).map(|key| key.algorithm());
        assert_eq!(found, *expected, "{what}");
        assert!(private(pem).is_err(), "{what}: it is public");
    }
}

#[test]
fn every_form_of_every_kind_is_the_same_key() {
    for material in &*ALL {
        let first = private(&material.private_pem()).unwrap();
        let thumbprint = first.public_jwk().unwrap().thumbprint().unwrap();
        assert_eq!(first.algorithm(), material.algorithm);
        for (label, der) in &material.private {
            let from_der = SigningKey::from_der(der, None).unwrap();
            for key in [private(&pem(label, der)).unwrap(), from_der] {
                assert_eq!(key.private_jwk(), first.private_jwk(), "{label}");
                let token = key.sign_payload(b"payload").unwrap();
                for (label, der) in &material.public {
                    let from_der = VerifyingKey::from_der(der, None).unwrap();
                    for public in [public(&pem(label, der)).unwrap(), from_der] {
                        let jwk = public.public_jwk().unwrap();
                        assert_eq!(jwk.thumbprint().unwrap(), thumbprint, "{label}");
                        let policy = PayloadPolicy::new([material.algorithm]);
                        assert!(policy.verify(&token, &KeySet::from(public)).is_ok(), "{label}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_half_in_the_place_of_the_other_is_called_what_it_is() {
    for material in &*ALL {
        for (label, der) in &material.private {
            assert_eq!(public(&pem(label, der)).unwrap_err(), KeyError::Private, "{label}");
            let refused = VerifyingKey::from_der(der, None).unwrap_err();
            assert_eq!(refused, KeyError::Private, "{label} {}", material.algorithm);
        }
        for (label, der) in &material.public {
            assert_eq!(private(&pem(label, der)).unwrap_err(), KeyError::Public, "{label}");
            let refused = SigningKey::from_der(der, None).unwrap_err();
            assert_eq!(refused, KeyError::Public, "{label} {}", material.algorithm);
        }
    }
}

#[test]
fn only_rsa_keys_have_a_choice_of_algorithm() {
    for material in &*ALL {
        for algorithm in Algorithm::ALL.iter().copied() {
            let is_rsa = |algorithm: Algorithm| matches!(&algorithm.as_str()[..2], "RS" | "PS");
            let fits =
                algorithm == material.algorithm || is_rsa(algorithm) && is_rsa(material.algorithm);
            let expected = if fits { Ok(algorithm) } else { Err(KeyError::WrongAlgorithm) };
            let public = VerifyingKey::from_pem(&material.public_pem(), Some(algorithm));
            assert_eq!(public.map(|key| key.algorithm()), expected);
            let private = SigningKey::from_pem(&material.private_pem(), Some(algorithm));
            assert_eq!(private.map(|key| key.algorithm()), expected);
        }
    }
}

/// What editors, shells and mail do to a PEM file, and which of it is still that key.
#[test]
fn pem_as_it_comes() {
    let good = Material::of(Algorithm::ES256).public_pem();
    let (_, der) = &Material::of(Algorithm::ES256).public[0];
    let one_line = {
        let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    };
    let indented = good.replace('\n', "\n    ");
    for (what, text, expected) in [
        ("as it is", good.clone(), None),
        ("CRLF", good.replace('\n', "\r\n"), None),
        ("no line end at the end", good.trim_end().to_owned(), None),
        ("empty lines around", format!("\n\n{good}\n\n"), None),
        ("commentary before and after", format!("A key:\n{good}the end"), None),
        ("a byte order mark", format!("\u{feff}{good}"), None),
        ("in one line", one_line, Some(KeyError::Malformed)),
        ("indented, as in YAML", indented, Some(KeyError::Malformed)),
        ("line ends escaped, as in .env", good.replace('\n', "\\n"), Some(KeyError::Malformed)),
        ("no line ends", good.replace('\n', ""), Some(KeyError::Malformed)),
        ("cut short", good[..good.len() / 2].to_owned(), Some(KeyError::Malformed)),
        ("without its end", good.replace("END", "END OF"), Some(KeyError::Malformed)),
        ("without its begin", good.replace("BEGIN", "START"), Some(KeyError::Malformed)),
        ("another end", good.replace("END PUBLIC", "END PRIVATE"), Some(KeyError::Malformed)),
        ("base64url", good.replace(['+', '/', 'A'], "-"), Some(KeyError::Malformed)),
        ("empty", String::new(), Some(KeyError::Malformed)),
        ("only the body", good.lines().nth(1).unwrap().into(), Some(KeyError::Malformed)),
        ("twice", format!("{good}{good}"), Some(KeyError::Several)),
        ("beyond any key", format!("{}{good}", " ".repeat(64 * 1024)), Some(KeyError::Malformed)),
        ("unknown label", pem("SOMETHING", der), Some(KeyError::Unsupported)),
        ("label of another form", pem("RSA PUBLIC KEY", der), Some(KeyError::Malformed)),
        (
            "garbage in the DER",
            pem("PUBLIC KEY", &[&der[..], &[0]].concat()),
            Some(KeyError::Malformed),
        ),
    ] {
        assert_eq!(public(&text).err(), expected, "{what}");
    }
}

#[test]
fn an_encrypted_key_is_called_encrypted() {
    let (_, pkcs1) = &Material::of(Algorithm::RS256).private[1];
    let traditional = pem("RSA PRIVATE KEY", pkcs1).replacen(
        "-----\n",
        "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n",
        1,
    );
    for text in [pem("ENCRYPTED PRIVATE KEY", b"any"), traditional] {
        assert_eq!(private(&text).unwrap_err(), KeyError::Encrypted);
        assert_eq!(public(&text).unwrap_err(), KeyError::Encrypted);
    }
}

/// `openssl ecparam -genkey` writes the curve first.
#[test]
fn parameters_before_an_ec_key_are_passed_over() {
    let (label, sec1) = &Material::of(Algorithm::ES256).private[1];
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let text = format!("{parameters}{}", pem(label, sec1));
    assert_eq!(private(&text).unwrap().algorithm(), Algorithm::ES256);
    assert_eq!(private(parameters).unwrap_err(), KeyError::Malformed);
}

#[test]
fn a_key_beside_its_certificate_or_its_other_half_is_not_guessed_at() {
    let material = Material::of(Algorithm::ES256);
    let certificate = include_str!("openssl/certificate.pem");
    for text in [
        format!("{}{certificate}", material.private_pem()),
        format!("{}{}", material.private_pem(), material.public_pem()),
    ] {
        assert_eq!(private(&text).unwrap_err(), KeyError::Several);
        assert_eq!(public(&text).unwrap_err(), KeyError::Several);
    }
}

#[test]
fn der_is_read_to_its_last_byte_and_never_beyond() {
    for material in &*ALL {
        let forms = material.private.iter().chain(&material.public);
        for (label, der) in forms {
            let longer = [&der[..], &[0]].concat();
            for broken in [&longer[..], &der[..der.len() - 1], &der[1..], &[]] {
                assert!(VerifyingKey::from_der(broken, None).is_err(), "{label}");
                assert!(SigningKey::from_der(broken, None).is_err(), "{label}");
            }
        }
    }
}

/// A private key in which one bit is wrong either reads as another whole key, or is refused.
#[test]
fn a_flipped_bit_in_a_private_key_is_noticed_or_makes_another_key() {
    for material in &*ALL {
        let (label, der) = &material.private[0];
        let original = SigningKey::from_der(der, None).unwrap();
        for index in (0..der.len()).step_by(der.len() / 60 + 1) {
            let mut der = der.clone();
            der[index] ^= 0x10;
            let Ok(key) = SigningKey::from_der(&der, None) else { continue };
            if key.private_jwk() == original.private_jwk() {
                continue; // an optional part, such as an attribute
            }
            let token = key.sign_payload(b"payload").unwrap();
            let policy = PayloadPolicy::new([key.algorithm()]);
            let own = policy.verify(&token, &KeySet::from(key.verifying_key()));
            assert!(own.is_ok(), "{label} {}: byte {index}", material.algorithm);
        }
    }
}
