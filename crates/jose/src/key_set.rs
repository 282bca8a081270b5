//! Several keys, and which of them a token means.

use std::fmt;

use serde::Deserialize;

use crate::{Algorithm, Jwk, JwkSet, KeyError, Rejection, VerifyingKey};

/// The keys that a verifier trusts.
///
/// A token that names a key (`kid`) is checked with that key alone. A token that names none is
/// checked only if exactly one key is for its algorithm: trying keys in turn would hide which one
/// is in use, and lets a stranger multiply the work. A key without a name stands in where no name
/// fits, since a shared secret usually has none.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
    skipped: usize,
}

impl KeySet {
    /// The usable keys of a JWK set. Entries of an unknown type or algorithm, for encryption, or
    /// malformed are passed over (RFC 7517 §5) and counted in [`skipped`](Self::skipped); so are
    /// those with a private part, since a secret that is published proves nothing any more.
    pub fn from_jwk_set(set: &JwkSet) -> Self {
        Self::from_entries(set.keys.iter().map(published_key))
    }

    /// The same from the bytes that a JWKS address serves. One bad entry spoils only itself.
    pub fn from_jwk_set_json(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct RawSet {
            keys: Vec<serde_json::Value>,
        }

        let set: RawSet = serde_json::from_slice(json).map_err(|_| KeySetError::NotAJwkSet)?;
        Ok(Self::from_entries(set.keys.into_iter().map(|entry| {
            let jwk: Jwk = serde_json::from_value(entry).map_err(|_| KeyError::Malformed)?;
            published_key(&jwk)
        })))
    }

    /// The keys, in the order of the source.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// Whether no token can be verified with it.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many entries of the source were of no use.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    fn from_entries(entries: impl Iterator<Item = Result<VerifyingKey, KeyError>>) -> Self {
        let mut set = Self::default();
        for entry in entries {
            match entry {
                Ok(key) => set.keys.push(key),
                Err(_) => set.skipped += 1,
            }
        }
        set
    }

    /// The one key that a header means.
    pub(crate) fn select(
        &self,
        algorithm: Algorithm,
        key_id: Option<&str>,
    ) -> Result<&VerifyingKey, Rejection> {
        let Some(key_id) = key_id else {
            return self.only(algorithm, |_| true)?.ok_or(if self.keys.is_empty() {
                Rejection::UnknownKey
            } else {
                Rejection::AlgorithmMismatch
            });
        };
        if let Some(key) = self.only(algorithm, |key| key.key_id() == Some(key_id))? {
            return Ok(key);
        }
        if self.keys.iter().any(|key| key.key_id() == Some(key_id)) {
            return Err(Rejection::AlgorithmMismatch);
        }
        self.only(algorithm, |key| key.key_id().is_none())?.ok_or(Rejection::UnknownKey)
    }

    fn only(
        &self,
        algorithm: Algorithm,
        fits: impl Fn(&VerifyingKey) -> bool,
    ) -> Result<Option<&VerifyingKey>, Rejection> {
        let mut found = self.keys.iter().filter(|key| key.algorithm() == algorithm && fits(key));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Rejection::AmbiguousKey),
            (first, _) => Ok(first),
        }
    }
}

impl From<VerifyingKey> for KeySet {
    fn from(key: VerifyingKey) -> Self {
        Self::from_iter([key])
    }
}

impl FromIterator<VerifyingKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect(), skipped: 0 }
    }
}

fn published_key(jwk: &Jwk) -> Result<VerifyingKey, KeyError> {
    if jwk.has_private_part() || jwk.kty == "oct" {
        return Err(KeyError::Unsupported);
    }
    VerifyingKey::from_jwk(jwk)
}

/// The bytes hold no key set at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError {
    /// They are not a JSON object with an array `keys`.
    NotAJwkSet,
    /// No entry is a key that can be used here.
    NoUsableKey,
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAJwkSet => "not a JWK set",
            Self::NoUsableKey => "the JWK set has no usable key",
        })
    }
}

impl std::error::Error for KeySetError {}
