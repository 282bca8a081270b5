//! Keys of every kind, made for the test, in the forms that OpenSSL writes.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatewright_jose::{Algorithm, Jwk, SigningKey};

/// A private key and its public half, each in DER (PKCS#8, `SubjectPublicKeyInfo`).
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) private_der: Vec<u8>,
    pub(crate) public_der: Vec<u8>,
}

/// Making one takes a while, and nothing depends on which it is.
static RSA: LazyLock<KeyPair> = LazyLock::new(|| {
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    let private: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS#8");
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
    KeyPair { private_der: private.as_ref().to_vec(), public_der: public.as_ref().to_vec() }
});

impl KeyPair {
    /// One for an algorithm that has two halves.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        use Algorithm as A;
        let curve = match algorithm {
            A::ES256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            A::ES384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
            A::ES512 => &ECDSA_P521_SHA512_FIXED_SIGNING,
            A::EdDSA => return Self::ed25519(),
            algorithm if algorithm.is_symmetric() => panic!("{algorithm} has no two halves"),
            _ => return RSA.clone(),
        };
        let pair = EcdsaKeyPair::generate(curve).expect("an EC key");
        let private = pair.to_pkcs8v1().expect("PKCS#8");
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        Self { private_der: private.as_ref().to_vec(), public_der: public.as_ref().to_vec() }
    }

    fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().expect("an Ed25519 key");
        let private = pair.to_pkcs8v1().expect("PKCS#8");
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        Self { private_der: private.as_ref().to_vec(), public_der: public.as_ref().to_vec() }
    }

    pub(crate) fn private_pem(&self) -> String {
        pem("PRIVATE KEY", &self.private_der)
    }

    pub(crate) fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public_der)
    }

    /// The private key as a JWK under a name.
    pub(crate) fn private_jwk(&self, algorithm: Algorithm, key_id: &str) -> String {
        let key = SigningKey::from_der(&self.private_der, Some(algorithm)).expect("a key");
        serde_json::to_string(&key.with_key_id(key_id).private_jwk()).expect("JSON")
    }

    /// The public half as a JWK under a name.
    pub(crate) fn public_jwk(&self, algorithm: Algorithm, key_id: &str) -> Jwk {
        let key = SigningKey::from_der(&self.private_der, Some(algorithm)).expect("a key");
        key.with_key_id(key_id).public_jwk().expect("a public half")
    }

    /// A set of the public half alone, as an issuer publishes it.
    pub(crate) fn jwks(&self, algorithm: Algorithm, key_id: &str) -> String {
        serde_json::json!({ "keys": [self.public_jwk(algorithm, key_id)] }).to_string()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
