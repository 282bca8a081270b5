//! Reading without verifying, for diagnosis. Nothing here may decide who somebody is.

use serde_json::{Map, Value};

use crate::{Policy, Rejection, compact::Compact};

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
