//! Making a token (RFC 7515 §5.1).

use std::fmt;

use serde::Serialize;

use crate::{SigningKey, base64url, compact::MAX_HEADER_CHARS};

impl SigningKey {
    /// Signs a claims set. The header is exactly `{"alg":…,"kid":…}`, or without `kid` for a key
    /// that has no name: no `typ` unless the key has one, as Better Auth's tokens have none.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SignError> {
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Unserializable)?;
        if payload.first() != Some(&b'{') {
            return Err(SignError::NotAnObject);
        }
        self.sign_bytes(&payload)
    }

    /// Signs any payload as a JWS in the compact serialization (RFC 7515 §7.1). Give such a key a
    /// [type](Self::with_token_type) of its own, so that no verifier of JWTs takes one for the
    /// other.
    pub fn sign_payload(&self, payload: &[u8]) -> Result<String, SignError> {
        // In the compact form an empty payload cannot be told from a detached one (RFC 7515 §F).
        if payload.is_empty() {
            return Err(SignError::Empty);
        }
        self.sign_bytes(payload)
    }

    fn sign_bytes(&self, payload: &[u8]) -> Result<String, SignError> {
        let header = self.encoded_header();
        // A name without end would make tokens that every verifier refuses.
        if header.len() > MAX_HEADER_CHARS {
            return Err(SignError::HeaderTooLong);
        }
        let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 96);
        token.push_str(header);
        token.push('.');
        base64url::encode_onto(payload, &mut token);
        let mut signature = String::with_capacity(88);
        self.sign_onto(token.as_bytes(), &mut signature).map_err(|_| SignError::Failed)?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

/// Why a token could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The payload has no bytes.
    Empty,
    /// The cryptographic library failed.
    Failed,
    /// The key's name and type make the header longer than a verifier takes.
    HeaderTooLong,
    /// The claims are JSON, but no object (RFC 7519 §4).
    NotAnObject,
    /// The claims have no JSON form.
    Unserializable,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty payload cannot be signed",
            Self::Failed => "signing failed",
            Self::HeaderTooLong => "the key's name and type are too long for a header",
            Self::NotAnObject => "the claims must be a JSON object",
            Self::Unserializable => "the claims cannot be written as JSON",
        })
    }
}

impl std::error::Error for SignError {}
