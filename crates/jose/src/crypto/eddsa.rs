//! Ed25519 (RFC 8032, as RFC 8037 uses it).

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use zeroize::Zeroizing;

use super::{PublicKey, Refused};

/// A public key, unless it is one under which signatures prove nothing.
pub(crate) fn ed25519_public_key(bytes: &[u8; 32]) -> Result<PublicKey, Refused> {
    if is_low_order(bytes) {
        return Err(Refused);
    }
    ParsedPublicKey::new(&ED25519, bytes).map(PublicKey).map_err(|_| Refused)
}

/// A seed and the pair that follows from it.
pub(crate) struct Ed25519PrivateKey {
    pair: Ed25519KeyPair,
    seed: Zeroizing<[u8; 32]>,
}

impl Ed25519PrivateKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Result<Self, Refused> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Refused)?;
        Ok(Self { pair, seed: Zeroizing::new(*seed) })
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    pub(crate) fn public_bytes(&self) -> Result<[u8; 32], Refused> {
        self.pair.public_key().as_ref().try_into().map_err(|_| Refused)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<impl AsRef<[u8]> + use<>, Refused> {
        self.pair.try_sign(message).map_err(|_| Refused)
    }
}

/// Whether the point has order 8 or less: under such a key one signature fits many messages.
///
/// The y coordinates are those of the eight torsion points, with the sign bit left out, and their
/// non-canonical spellings (y + p), in the byte order of RFC 8032 §5.1.2.
fn is_low_order(bytes: &[u8; 32]) -> bool {
    const ORDER_EIGHT_A: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ];
    const ORDER_EIGHT_B: [u8; 32] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ];
    let mut y = *bytes;
    let [first, middle @ .., last] = &mut y;
    *last &= 0x7f;
    let zeros = middle.iter().all(|byte| *byte == 0) && *last == 0;
    let ones = middle.iter().all(|byte| *byte == 0xff) && *last == 0x7f;
    let small = zeros && *first <= 1; // y = 0, 1
    let near_p = ones && *first >= 0xec && *first <= 0xee; // y = p - 1, p, p + 1
    small || near_p || y == ORDER_EIGHT_A || y == ORDER_EIGHT_B
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_order_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(ed25519_public_key(&identity).is_err());
        assert!(ed25519_public_key(&[0; 32]).is_err());
        identity[31] = 0x80;
        assert!(ed25519_public_key(&identity).is_err());
    }
}
