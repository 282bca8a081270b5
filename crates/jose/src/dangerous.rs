//! What weakens a promise of this crate, and therefore shows at the call site: reading without
//! verifying, for diagnosis, and secrets that are too short. Nothing of it may decide who somebody
//! is on a service that others reach.

use serde_json::{Map, Value};

use crate::{
    Algorithm, KeyError, Policy, Rejection, SigningKey, VerifyingKey, compact::Compact,
    key::mac_key_of_any_length,
};

/// What a token says of itself, which anybody can write. There is no way from here to
/// [`Verified`](crate::Verified).
#[derive(Clone, PartialEq)]
pub struct Unverified {
    /// The header's members.
    pub header: Map<String, Value>,
    /// The claims set.
    pub claims: Map<String, Value>,
    /// Whether there is a signature at all.
    pub has_signature: bool,
}

impl std::fmt::Debug for Unverified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unverified").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Decodes a token without checking anything but its form, to explain why it is refused.
pub fn decode_unverified(token: &str) -> Result<Unverified, Rejection> {
    let compact = Compact::parse(token, Policy::DEFAULT_MAX_TOKEN_BYTES)?;
    let header =
        serde_json::from_slice(&compact.header_bytes()?).map_err(|_| Rejection::MalformedHeader)?;
    let claims = serde_json::from_slice(&compact.payload_bytes()?)
        .map_err(|_| Rejection::MalformedPayload)?;
    Ok(Unverified { header, claims, has_signature: !compact.signature.is_empty() })
}

/// As [`VerifyingKey::hmac`], but for a secret of any length that is not blank.
///
/// A secret under 32 bytes can be guessed from one token, on one's own machine, in silence (RFC 8725
/// §3.5). This is for tokens of an issuer that cannot be changed, and for test vectors.
pub fn verifying_key_of_any_length(
    algorithm: Algorithm,
    secret: &[u8],
) -> Result<VerifyingKey, KeyError> {
    signing_key_of_any_length(algorithm, secret).map(|key| key.verifying_key())
}

/// As [`SigningKey::hmac`], but for a secret of any length that is not blank: to forge, in a test,
/// what a weak issuer would sign.
pub fn signing_key_of_any_length(
    algorithm: Algorithm,
    secret: &[u8],
) -> Result<SigningKey, KeyError> {
    Ok(SigningKey::from_mac(algorithm, mac_key_of_any_length(algorithm, secret)?, secret))
}
