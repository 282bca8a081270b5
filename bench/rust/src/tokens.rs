//! The token that all are given, and the keys for it.

use anyhow::Result;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use gatewright_jose::{Algorithm, KeySet, Policy, SigningKey, UnixTime};
use serde::{Deserialize, Serialize};

pub(crate) const SECRET: &[u8] = b"a shared secret of more than 32 bytes";
pub(crate) const SEED: [u8; 32] = [7; 32];
pub(crate) const ISSUER: &str = "https://app.example.com";
pub(crate) const NOW: UnixTime = UnixTime::new(1_800_000_000);

/// Ten claims, as Better Auth's jwt plugin puts them in: 430 bytes as an HS256 token.
pub(crate) const CLAIMS: Claims<'static> = Claims {
    aud: ISSUER,
    created: "2026-01-31T09:30:00.000Z",
    email: "ada.lovelace@example.com",
    exp: 4_102_444_800, // the others read the real clock
    iat: 1_700_000_000,
    iss: ISSUER,
    name: "Ada Lovelace",
    role: "administrator",
    sub: "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e",
    verified: true,
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Claims<'a> {
    aud: &'a str,
    #[serde(rename = "createdAt")]
    created: &'a str,
    email: &'a str,
    exp: i64,
    iat: i64,
    iss: &'a str,
    name: &'a str,
    role: &'a str,
    sub: &'a str,
    #[serde(rename = "emailVerified")]
    verified: bool,
}

impl<'c> Claims<'c> {
    /// The same of another user.
    pub(crate) fn of<'s>(&self, sub: &'s str) -> Claims<'s>
    where
        'c: 's,
    {
        Claims { sub, ..*self }
    }

    pub(crate) fn expires_at(&self) -> i64 {
        self.exp
    }
}

/// The same, owned: what one takes out of a verifier.
#[derive(Serialize, Deserialize)]
pub(crate) struct OwnedClaims {
    aud: String,
    #[serde(rename = "createdAt")]
    created: String,
    email: String,
    exp: i64,
    iat: i64,
    iss: String,
    name: String,
    role: String,
    sub: String,
    #[serde(rename = "emailVerified")]
    verified: bool,
}

/// The same without those that jwt-simple keeps in a struct of its own.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CustomClaims {
    #[serde(rename = "createdAt")]
    created: String,
    email: String,
    name: String,
    role: String,
    #[serde(rename = "emailVerified")]
    verified: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    EdDSA,
    ES256,
    RS256,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
        }
    }

    pub(crate) fn key(self) -> Result<SigningKey> {
        Ok(match self {
            Self::EdDSA => SigningKey::ed25519_from_seed(&SEED)?,
            Self::ES256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
                SigningKey::from_der(pair.to_pkcs8v1()?.as_ref(), None)?
            }
            Self::RS256 => {
                let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048)?;
                let der: Pkcs8V1Der<'_> = pair.as_der()?;
                SigningKey::from_der(der.as_ref(), None)?
            }
        })
    }
}

/// A token, and all that our verifier is given.
pub(crate) struct Ours {
    pub(crate) key: SigningKey,
    pub(crate) token: String,
    pub(crate) keys: KeySet,
    pub(crate) policy: Policy,
}

impl Ours {
    pub(crate) fn hs256() -> Result<Self> {
        Self::new(SigningKey::hmac(Algorithm::HS256, SECRET)?)
    }

    pub(crate) fn new(key: SigningKey) -> Result<Self> {
        let policy =
            Policy::builder().issuer(ISSUER).audience(ISSUER).algorithms([key.algorithm()]).build();
        let token = key.sign(&CLAIMS)?;
        Ok(Self { token, keys: KeySet::from(key.verifying_key()), key, policy })
    }
}
