//! The only files that name the cryptographic library, so that it can be judged, and replaced, here.

mod digest;
mod ecdsa;
mod eddsa;
mod hmac;
mod rsa;

use aws_lc_rs::signature::ParsedPublicKey;

pub(crate) use digest::sha256;
pub(crate) use ecdsa::{EcPrivateKey, ec_public_key};
pub(crate) use eddsa::{Ed25519PrivateKey, ed25519_public_key};
pub(crate) use hmac::MacKey;
pub(crate) use rsa::{
    MAX_SIGNATURE_BYTES, RsaPrivateKey, RsaPrivateParts, generate_rsa, rsa_public_key,
};

/// The primitive refused a key or a signature. It says no more, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// A public key that has been decoded once, and not again for every token.
pub(crate) struct PublicKey(ParsedPublicKey);

impl PublicKey {
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        self.0.verify_sig(message, signature).map_err(|_| Refused)
    }
}
