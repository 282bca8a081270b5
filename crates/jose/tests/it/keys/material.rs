//! Keys made at test time, in every form that this crate reads.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer as _, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    },
};
use gatewright_jose::{Algorithm, SigningKey};
use pem_rfc7468::LineEnding;
use pkcs8::der::Decode as _;

/// One key, private and public, as DER under each label that it can stand under.
pub(crate) struct Material {
    pub(crate) algorithm: Algorithm,
    pub(crate) private: Vec<(&'static str, Vec<u8>)>,
    pub(crate) public: Vec<(&'static str, Vec<u8>)>,
}

/// A key of each kind; made once, since RSA keys take a while.
pub(crate) static ALL: LazyLock<[Material; 5]> = LazyLock::new(|| {
    let ec = |algorithm, signing| {
        let key = EcdsaKeyPair::generate(signing).unwrap();
        let sec1: EcPrivateKeyRfc5915Der<'_> = key.private_key().as_der().unwrap();
        let spki: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        Material {
            algorithm,
            private: vec![
                ("PRIVATE KEY", key.to_pkcs8v1().unwrap().as_ref().to_vec()),
                ("EC PRIVATE KEY", sec1.as_ref().to_vec()),
            ],
            public: vec![("PUBLIC KEY", spki.as_ref().to_vec())],
        }
    };
    [
        ec(Algorithm::ES256, &ECDSA_P256_SHA256_FIXED_SIGNING),
        ec(Algorithm::ES384, &ECDSA_P384_SHA384_FIXED_SIGNING),
        ec(Algorithm::ES512, &ECDSA_P521_SHA512_FIXED_SIGNING),
        ed25519(),
        rsa(),
    ]
});

fn ed25519() -> Material {
    let key = Ed25519KeyPair::generate().unwrap();
    let spki: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    Material {
        algorithm: Algorithm::EdDSA,
        private: vec![
            ("PRIVATE KEY", key.to_pkcs8v1().unwrap().as_ref().to_vec()),
            // The second version holds the public key too (RFC 5958 §2).
            ("PRIVATE KEY", key.to_pkcs8().unwrap().as_ref().to_vec()),
        ],
        public: vec![("PUBLIC KEY", spki.as_ref().to_vec())],
    }
}

fn rsa() -> Material {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pkcs8 = pkcs8.as_ref().to_vec();
    let pkcs1 = pkcs8::PrivateKeyInfoRef::from_der(&pkcs8).unwrap();
    let pkcs1 = pkcs1.private_key.as_bytes().to_vec();
    let spki: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    Material {
        algorithm: Algorithm::RS256,
        private: vec![("PRIVATE KEY", pkcs8), ("RSA PRIVATE KEY", pkcs1)],
        public: vec![
            ("PUBLIC KEY", spki.as_ref().to_vec()),
            ("RSA PUBLIC KEY", key.public_key().as_ref().to_vec()),
        ],
    }
}

impl Material {
    /// The one of an algorithm.
    pub(crate) fn of(algorithm: Algorithm) -> &'static Self {
        ALL.iter().find(|material| material.algorithm == algorithm).unwrap()
    }

    /// Its first public form, as PEM.
    pub(crate) fn public_pem(&self) -> String {
        let (label, der) = &self.public[0];
        pem(label, der)
    }

    /// Its first private form, as PEM.
    pub(crate) fn private_pem(&self) -> String {
        let (label, der) = &self.private[0];
        pem(label, der)
    }
}

/// A signing key for each algorithm, made once.
pub(crate) static SIGNERS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    let every = Algorithm::ALL.iter().copied();
    let keys = every.map(|algorithm| match &algorithm.as_str()[..2] {
        "HS" => SigningKey::hmac(algorithm, &[b'k'; 64]),
        "RS" | "PS" => {
            let pem = Material::of(Algorithm::RS256).private_pem();
            SigningKey::from_pem(&pem, Some(algorithm))
        }
        _ => SigningKey::from_pem(&Material::of(algorithm).private_pem(), None),
    });
    keys.map(Result::unwrap).collect()
});

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, LineEnding::LF, der).unwrap()
}
