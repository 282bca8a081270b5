//! Keys, each bound to one algorithm for its whole life.
//!
//! That binding is what makes key confusion impossible: a token's `alg` header is compared with the
//! key's algorithm and never decides how a key is used (RFC 8725 §3.1).

mod der;
mod error;
mod parts;
mod signing;
mod verifying;

pub use error::KeyError;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;

use crate::{Algorithm, crypto::MacKey};

/// Nothing shorter resists guessing, whatever the hash (RFC 7518 §3.2 for HS256).
const LEAST_SECRET_BYTES: usize = 32;

/// The one place where a shared secret is judged, for signer and verifier alike.
fn mac_key(algorithm: Algorithm, secret: &[u8]) -> Result<MacKey, KeyError> {
    let key = mac_key_of_any_length(algorithm, secret)?;
    // RFC 7518 §3.2: "A key of the same size as the hash output … or larger MUST be used".
    let least = key.tag_bytes().max(LEAST_SECRET_BYTES);
    if secret.len() < least {
        return Err(KeyError::SecretTooShort { least_bytes: least });
    }
    Ok(key)
}

/// What even [`dangerous`](crate::dangerous) demands: a secret that is not blank.
pub(crate) fn mac_key_of_any_length(
    algorithm: Algorithm,
    secret: &[u8],
) -> Result<MacKey, KeyError> {
    let key = MacKey::new(algorithm, secret).ok_or(KeyError::WrongAlgorithm)?;
    if secret.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(KeyError::SecretBlank);
    }
    Ok(key)
}

#[cfg(test)]
mod wycheproof;
