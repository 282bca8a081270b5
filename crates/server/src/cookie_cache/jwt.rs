//! `jwt`: a JWT with HS256 and the server's secret.

use gatewright_jose::{Algorithm, KeyError, KeySet, PayloadPolicy, SigningKey, VerifyingKey};

use super::payload::{Claims, Written, WrittenClaims};
use super::{CacheError, MOST_READ, Read};
use crate::clock::Date;
use crate::crypto::Secret;

pub(super) struct Jwt {
    signing: SigningKey,
    verifying: KeySet,
    policy: PayloadPolicy,
}

impl Jwt {
    pub(super) fn new(secret: &Secret) -> Result<Self, KeyError> {
        Ok(Self {
            signing: SigningKey::hmac(Algorithm::HS256, secret.as_bytes())?,
            verifying: VerifyingKey::hmac(Algorithm::HS256, secret.as_bytes())?.into(),
            policy: PayloadPolicy::new([Algorithm::HS256]).max_token_bytes(MOST_READ),
        })
    }

    pub(super) fn write(
        &self,
        payload: Written<'_>,
        iat: i64,
        lasts: i64,
    ) -> Result<String, CacheError> {
        Ok(self.signing.sign(&WrittenClaims { payload, iat, exp: iat + lasts, jti: None })?)
    }

    pub(super) fn read(&self, text: &str) -> Option<Read> {
        let verified = self.policy.verify(text, &self.verifying).ok()?;
        from_claims(verified.as_bytes())
    }
}

/// What the claims say, once it is known who made them.
pub(super) fn from_claims(json: &[u8]) -> Option<Read> {
    let claims: Claims = serde_json::from_slice(json).ok()?;
    if !claims.is_for_now() {
        return None;
    }
    let expires_at = Date::from_milliseconds(claims.exp.saturating_mul(1000));
    Some(Read { payload: claims.payload, expires_at })
}
