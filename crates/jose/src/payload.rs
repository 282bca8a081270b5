//! JWS with payloads that are no claims (RFC 7515).

use std::fmt;

use crate::{
    Algorithm, KeySet, Policy, Rejection, VerifyingKey, algorithm::Algorithms, policy::TokenType,
    verify::Demands,
};

/// What is expected of a signed payload that is not a claims set: a webhook's body, a file's hash.
///
/// It proves who signed, and nothing else: there is no expiry, no audience and no subject. For
/// anything that says who a user is, use [`Policy`].
///
/// ```
/// use gatewright_jose::{Algorithm, KeySet, PayloadPolicy, SigningKey};
///
/// let key = SigningKey::ed25519_from_seed(&[7; 32])?;
/// let token = key.sign_payload(b"any bytes at all")?;
///
/// let policy = PayloadPolicy::new([Algorithm::EdDSA]);
/// let payload = policy.verify(&token, &KeySet::from(key.verifying_key()))?;
/// assert_eq!(payload.as_bytes(), b"any bytes at all");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PayloadPolicy {
    algorithms: Algorithms,
    max_token_bytes: usize,
    token_type: TokenType,
}

impl PayloadPolicy {
    /// With the algorithms to accept. `typ` may be absent or `JOSE`: a JWT is refused.
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self {
            algorithms: algorithms.into_iter().collect(),
            max_token_bytes: Policy::DEFAULT_MAX_TOKEN_BYTES,
            token_type: TokenType::Jose,
        }
    }

    /// Demands this `typ` in the header (RFC 8725 §3.11).
    pub fn token_type(mut self, typ: impl Into<String>) -> Self {
        self.token_type = TokenType::Only(typ.into().into());
        self
    }

    /// Another limit for the length of the whole, which is judged before anything is allocated.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// Verifies the signature with the keys given.
    pub fn verify(&self, token: &str, keys: &KeySet) -> Result<VerifiedPayload, Rejection> {
        let demands = Demands {
            algorithms: self.algorithms,
            max_token_bytes: self.max_token_bytes,
            token_type: &self.token_type,
        };
        let (key, bytes) = demands.authenticate(token, keys)?;
        Ok(VerifiedPayload { bytes, key: key.clone() })
    }
}

/// A payload whose signature was verified; only [`PayloadPolicy::verify`] makes one.
#[derive(Clone)]
pub struct VerifiedPayload {
    bytes: Vec<u8>,
    key: VerifyingKey,
}

impl VerifiedPayload {
    /// What was signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key that signed it.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// What was signed, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for VerifiedPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedPayload")
            .field("length", &self.bytes.len())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
