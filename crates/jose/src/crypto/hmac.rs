//! HMAC with SHA-2 (RFC 7518 §3.2).

use aws_lc_rs::hmac;

use super::Refused;
use crate::Algorithm;

/// A secret whose inner and outer pads are hashed already, so that a token costs only its own bytes.
#[derive(Clone)]
pub(crate) struct MacKey(hmac::Key);

impl MacKey {
    /// `None` for an algorithm that is not an HMAC.
    pub(crate) fn new(algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        let hash = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => return None,
        };
        Some(Self(hmac::Key::new(hash, secret)))
    }

    /// The length of the tag, which RFC 7518 §3.2 also makes the least length of the secret.
    pub(crate) fn tag_bytes(&self) -> usize {
        self.0.algorithm().tag_len()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> {
        hmac::sign(&self.0, message)
    }

    /// Compares in constant time, and never accepts a shortened tag.
    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), Refused> {
        hmac::verify(&self.0, message, tag).map_err(|_| Refused)
    }
}
