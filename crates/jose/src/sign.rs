//! Making a token (RFC 7515 §5.1).

use std::fmt;

use serde::Serialize;

use crate::{SigningKey, base64url};

impl SigningKey {
    /// Signs a claims set. The header is exactly `{"alg":…,"kid":…}`, or without `kid` for a key
    /// that has no name: no `typ`, as Better Auth's tokens have none.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SignError> {
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Unserializable)?;
        if payload.first() != Some(&b'{') {
            return Err(SignError::NotAnObject);
        }
        let header = self.encoded_header();
        let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 96);
        token.push_str(header);
        token.push('.');
        base64url::encode_onto(&payload, &mut token);
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
    /// The cryptographic library failed.
    Failed,
    /// The claims are JSON, but no object (RFC 7519 §4).
    NotAnObject,
    /// The claims have no JSON form.
    Unserializable,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "signing failed",
            Self::NotAnObject => "the claims must be a JSON object",
            Self::Unserializable => "the claims cannot be written as JSON",
        })
    }
}

impl std::error::Error for SignError {}
