//! Several keys, and which of them a token means.

use std::fmt;

use serde::Deserialize;

use crate::{Algorithm, Jwk, JwkSet, KeyError, Rejection, VerifyingKey, header};

/// Comparing with the headers of more keys would cost more than decoding one.
const MAX_KNOWN_KEYS: usize = 4;

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
    /// Encoded headers whose key is certain, so that they need not be decoded for every token.
    known_headers: Vec<(String, VerifyingKey)>,
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
        let (mut keys, mut skipped) = (Vec::new(), 0);
        for entry in entries {
            match entry {
                Ok(key) => keys.push(key),
                Err(_) => skipped += 1,
            }
        }
        Self::new(keys, skipped)
    }

    fn new(keys: Vec<VerifyingKey>, skipped: usize) -> Self {
        let mut set = Self { keys, skipped, known_headers: Vec::new() };
        let headers = set.keys.iter().take(MAX_KNOWN_KEYS).flat_map(|key| {
            // A name may be left out; whether that is allowed, `select` decides here as elsewhere.
            [key.key_id(), None].into_iter().flat_map(|key_id| {
                let selected = set.select(key.algorithm(), key_id).ok();
                selected.into_iter().flat_map(move |key| {
                    header::usual(key.algorithm(), key_id).map(|text| (text, key.clone()))
                })
            })
        });
        set.known_headers = headers.collect();
        set
    }

    /// The key for a header that is certain without being decoded: `typ` is absent or `JWT`.
    pub(crate) fn find_by_header(&self, encoded: &str) -> Option<&VerifyingKey> {
        self.known_headers.iter().find(|(header, _)| header == encoded).map(|(_, key)| key)
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
        self.only(algorithm, |key| key.key_id().is_none())?.ok_or_else(|| {
            // Where keys have no names, a name is not what they lack: a back end that holds a secret
            // and gets a token signed with a private key should not be told to look for its name.
            let has_names = self.keys.iter().any(|key| key.key_id().is_some());
            if has_names || self.keys.is_empty() {
                Rejection::UnknownKey
            } else {
                Rejection::AlgorithmMismatch
            }
        })
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
        Self::new(keys.into_iter().collect(), 0)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SigningKey, compact::Compact, header::Header};

    /// The short way must lead where the long one leads.
    #[test]
    fn known_headers_mean_what_they_say() {
        let key = |seed, name: &str| {
            SigningKey::ed25519_from_seed(&[seed; 32]).unwrap().with_key_id(name).verifying_key()
        };
        let secret = VerifyingKey::hmac(Algorithm::HS256, &[b'k'; 32]).unwrap();
        for keys in [
            vec![],
            vec![secret.clone()],
            vec![key(1, "a"), secret.clone()],
            vec![key(1, "a"), key(2, "b")],
            vec![key(1, "a"), key(2, "a")],
            vec![secret.clone(), secret.clone().with_key_id("\"")],
            vec![secret.clone(), secret],
        ] {
            let set = KeySet::from_iter(keys);
            for (encoded, key) in &set.known_headers {
                let token = format!("{encoded}.e30.");
                let bytes = Compact::parse(&token, 9_999).unwrap().header_bytes().unwrap();
                let header = Header::parse(&bytes).unwrap();
                assert!(matches!(header.typ.as_deref(), None | Some("JWT")));
                let selected = set.select(header.algorithm, header.key_id.as_deref()).unwrap();
                assert_eq!(
                    (selected.key_id(), selected.algorithm()),
                    (key.key_id(), key.algorithm())
                );
            }
        }
    }
}
