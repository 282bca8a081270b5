//! Tokens that were signed this second. Pages that load ask for the session several times at once, and
//! a signature costs more than all the rest of the answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gatewright_jose::{SignError, SigningKey};

/// Tokens that are remembered; beyond it others are signed each time.
const MOST: usize = 1024;

/// Longer payloads are signed each time, so that few users cannot fill the memory.
const LONGEST: usize = 2048;

/// Tokens by their payload, of one key and one second.
#[derive(Debug, Default)]
pub(crate) struct SignedTokens(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    iat: i64,
    key: Option<Arc<SigningKey>>,
    tokens: HashMap<Vec<u8>, String>,
}

impl SignedTokens {
    /// The token with this payload, whose `iat` is given besides.
    pub(crate) fn get_or_sign(
        &self,
        key: &Arc<SigningKey>,
        iat: i64,
        payload: Vec<u8>,
    ) -> Result<String, SignError> {
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let is_same = kept.key.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, key));
            if kept.iat != iat || !is_same {
                kept.iat = iat;
                kept.key = Some(Arc::clone(key));
                kept.tokens.clear();
            } else if let Some(token) = kept.tokens.get(&payload) {
                return Ok(token.clone());
            }
        }
        // Not under the lock: others may sign meanwhile.
        let token = key.sign_payload(&payload)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_current =
            kept.iat == iat && kept.key.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, key));
        if is_current && kept.tokens.len() < MOST && payload.len() <= LONGEST {
            kept.tokens.insert(payload, token.clone());
        }
        Ok(token)
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens", self.tokens.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> Arc<SigningKey> {
        Arc::new(SigningKey::ed25519_from_seed(&[seed; 32]).unwrap())
    }

    #[test]
    fn a_token_is_what_signing_it_gives() {
        let (tokens, key) = (SignedTokens::default(), key(1));
        let payload = br#"{"sub":"ada","iat":1}"#.to_vec();
        for _ in 0..2 {
            let token = tokens.get_or_sign(&key, 1, payload.clone()).unwrap();
            assert_eq!(token, key.sign_payload(&payload).unwrap());
        }
        let other = br#"{"sub":"bob","iat":1}"#.to_vec();
        let token = tokens.get_or_sign(&key, 1, other.clone()).unwrap();
        assert_eq!(token, key.sign_payload(&other).unwrap());
    }

    #[test]
    fn another_key_or_second_forgets_all() {
        let tokens = SignedTokens::default();
        let (first, second) = (key(1), key(2));
        let payload = br#"{"sub":"ada","iat":1}"#.to_vec();
        tokens.get_or_sign(&first, 1, payload.clone()).unwrap();
        let token = tokens.get_or_sign(&second, 1, payload.clone()).unwrap();
        assert_eq!(token, second.sign_payload(&payload).unwrap());
        tokens.get_or_sign(&second, 2, br#"{"iat":2}"#.to_vec()).unwrap();
        assert_eq!(tokens.0.lock().unwrap().tokens.len(), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let (tokens, key) = (SignedTokens::default(), key(1));
        for number in 0..MOST + 10 {
            tokens.get_or_sign(&key, 1, format!(r#"{{"n":{number}}}"#).into_bytes()).unwrap();
        }
        tokens.get_or_sign(&key, 1, vec![b' '; LONGEST + 1]).unwrap();
        assert_eq!(tokens.0.lock().unwrap().tokens.len(), MOST);
    }
}
