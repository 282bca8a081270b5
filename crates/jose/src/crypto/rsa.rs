//! RSA signatures (RFC 7518 §3.3, §3.5), for keys of 2048 to 8192 bits.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeyPairComponents, KeySize, PublicKeyComponents},
    signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaEncoding, RsaParameters,
    },
};
use zeroize::Zeroizing;

use super::{PublicKey, Refused};
use crate::Algorithm;

/// The longest signature of any algorithm: an RSA key of 8192 bits.
pub(crate) const MAX_SIGNATURE_BYTES: usize = 1024;

/// A public key from modulus and exponent, big-endian without leading zeros. The caller has judged
/// their lengths.
pub(crate) fn rsa_public_key(
    algorithm: Algorithm,
    n: &[u8],
    e: &[u8],
) -> Result<PublicKey, Refused> {
    let (parameters, _) = primitives(algorithm)?;
    let components = PublicKeyComponents { n, e };
    components.to_parsed_public_key(parameters).map(PublicKey).map_err(|_| Refused)
}

/// The numbers of a private key with two primes (RFC 8017 §3.2), big-endian.
#[derive(Clone)]
pub(crate) struct RsaPrivateParts {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
    pub(crate) d: Zeroizing<Vec<u8>>,
    pub(crate) p: Zeroizing<Vec<u8>>,
    pub(crate) q: Zeroizing<Vec<u8>>,
    pub(crate) dp: Zeroizing<Vec<u8>>,
    pub(crate) dq: Zeroizing<Vec<u8>>,
    pub(crate) qi: Zeroizing<Vec<u8>>,
}

/// A new key of 2048 bits in PKCS#8, by the library's random numbers, which are the system's.
pub(crate) fn generate_rsa() -> Result<Zeroizing<Vec<u8>>, Refused> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Refused)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Refused)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}

pub(crate) struct RsaPrivateKey {
    pair: KeyPair,
    encoding: &'static dyn RsaEncoding,
    parts: RsaPrivateParts,
}

impl RsaPrivateKey {
    /// The library checks that the numbers belong together.
    pub(crate) fn new(algorithm: Algorithm, parts: RsaPrivateParts) -> Result<Self, Refused> {
        let (_, encoding) = primitives(algorithm)?;
        let pair = KeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n: parts.n.as_slice(), e: parts.e.as_slice() },
            d: parts.d.as_slice(),
            p: parts.p.as_slice(),
            q: parts.q.as_slice(),
            dP: parts.dp.as_slice(),
            dQ: parts.dq.as_slice(),
            qInv: parts.qi.as_slice(),
        })
        .map_err(|_| Refused)?;
        Ok(Self { pair, encoding, parts })
    }

    pub(crate) fn parts(&self) -> &RsaPrivateParts {
        &self.parts
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // The library takes its randomness itself, and ignores the argument.
        self.pair
            .sign(self.encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Refused)?;
        Ok(signature)
    }
}

fn primitives(
    algorithm: Algorithm,
) -> Result<(&'static RsaParameters, &'static dyn RsaEncoding), Refused> {
    match algorithm {
        Algorithm::PS256 => Ok((&RSA_PSS_2048_8192_SHA256, &RSA_PSS_SHA256)),
        Algorithm::PS384 => Ok((&RSA_PSS_2048_8192_SHA384, &RSA_PSS_SHA384)),
        Algorithm::PS512 => Ok((&RSA_PSS_2048_8192_SHA512, &RSA_PSS_SHA512)),
        Algorithm::RS256 => Ok((&RSA_PKCS1_2048_8192_SHA256, &RSA_PKCS1_SHA256)),
        Algorithm::RS384 => Ok((&RSA_PKCS1_2048_8192_SHA384, &RSA_PKCS1_SHA384)),
        Algorithm::RS512 => Ok((&RSA_PKCS1_2048_8192_SHA512, &RSA_PKCS1_SHA512)),
        _ => Err(Refused),
    }
}
