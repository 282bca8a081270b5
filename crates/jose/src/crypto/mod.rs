//! The only files that name the cryptographic library, so that it can be judged, and replaced, here.

mod eddsa;
mod hmac;

pub(crate) use eddsa::{Ed25519PrivateKey, Ed25519PublicKey};
pub(crate) use hmac::MacKey;

/// The primitive refused a key or a signature. It says no more, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// The longest signature any supported algorithm makes (HS512 and Ed25519: 64 bytes).
pub(crate) const MAX_SIGNATURE_BYTES: usize = 64;
