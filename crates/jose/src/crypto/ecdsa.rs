//! ECDSA (RFC 7518 §3.4): each algorithm with its one curve and hash.

use aws_lc_rs::{
    encoding::{AsBigEndian as _, EcPrivateKeyBin},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
        ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair as _,
        ParsedPublicKey,
    },
};
use zeroize::Zeroizing;

use super::{PublicKey, Refused};
use crate::Algorithm;

/// A public key from its point, uncompressed (SEC 1 §2.3.3). The library checks that the point is
/// on the curve.
pub(crate) fn ec_public_key(algorithm: Algorithm, point: &[u8]) -> Result<PublicKey, Refused> {
    let (verification, _) = primitives(algorithm)?;
    ParsedPublicKey::new(verification, point).map(PublicKey).map_err(|_| Refused)
}

pub(crate) struct EcPrivateKey(EcdsaKeyPair);

impl EcPrivateKey {
    /// The library checks that the point belongs to the scalar.
    pub(crate) fn from_parts(
        algorithm: Algorithm,
        scalar: &[u8],
        point: &[u8],
    ) -> Result<Self, Refused> {
        let (_, signing) = primitives(algorithm)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, scalar, point);
        pair.map(Self).map_err(|_| Refused)
    }

    /// A new key, by the library's random numbers, which are the system's.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Refused> {
        let (_, signing) = primitives(algorithm)?;
        EcdsaKeyPair::generate(signing).map(Self).map_err(|_| Refused)
    }

    /// A PKCS#8 or SEC 1 structure in DER.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, Refused> {
        let (_, signing) = primitives(algorithm)?;
        EcdsaKeyPair::from_private_key_der(signing, der).map(Self).map_err(|_| Refused)
    }

    /// The public point, uncompressed.
    pub(crate) fn point(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// The private scalar, as long as the curve's order.
    pub(crate) fn scalar(&self) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let scalar: EcPrivateKeyBin<'_> =
            self.0.private_key().as_be_bytes().map_err(|_| Refused)?;
        Ok(Zeroizing::new(scalar.as_ref().to_vec()))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<impl AsRef<[u8]> + use<>, Refused> {
        // The library takes its randomness itself, and ignores the argument.
        self.0.sign(&SystemRandom::new(), message).map_err(|_| Refused)
    }
}

fn primitives(
    algorithm: Algorithm,
) -> Result<(&'static EcdsaVerificationAlgorithm, &'static EcdsaSigningAlgorithm), Refused> {
    match algorithm {
        Algorithm::ES256 => Ok((&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_FIXED_SIGNING)),
        Algorithm::ES384 => Ok((&ECDSA_P384_SHA384_FIXED, &ECDSA_P384_SHA384_FIXED_SIGNING)),
        Algorithm::ES512 => Ok((&ECDSA_P521_SHA512_FIXED, &ECDSA_P521_SHA512_FIXED_SIGNING)),
        _ => Err(Refused),
    }
}
