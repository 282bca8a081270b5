//! Which key signs, and which keys are published. Upstream: `packages/better-auth/src/plugins/jwt`.

mod by_hand;

use std::sync::{Arc, Mutex, PoisonError};

use gatewright_jose::{Algorithm, Jwk, KeyError, SignError, SigningKey};
use serde::Serialize;
use serde_json::Value;

use crate::audit::{AuditEntry, AuditEvent, AuditLog};
use crate::clock::{Clock, Date};
use crate::crypto::{DecryptError, Random, Secrets};
use crate::options::{JwksOptions, Jwt};
use crate::signed_tokens::SignedTokens;
use crate::store::{Store, StoreError, StoredKey};

pub use by_hand::{KeySummary, OldKeys, rotate_keys};

/// Why there is no key to sign with or to publish.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The private key was encrypted with another secret. It is never silently replaced: its
    /// tokens are out there.
    #[error(
        "the signing key {id} cannot be decrypted with this secret; \
         start with the secret that it was made with"
    )]
    OtherSecret {
        /// The key's.
        id: String,
        /// What decryption said.
        #[source]
        source: DecryptError,
    },
    /// It is something else, or its parts do not fit.
    #[error("the signing key {id} is not a private key that can be used")]
    Unusable {
        /// The key's.
        id: String,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
    /// A column should hold a JWK.
    #[error("the signing key {id} is not JSON")]
    NotJson {
        /// The key's.
        id: String,
        /// Where reading stopped.
        #[source]
        source: serde_json::Error,
    },
    /// The cryptography library made none.
    #[error("a new signing key could not be made")]
    Make(#[source] KeyError),
    /// The process is stopping.
    #[error("the making of a new signing key was interrupted")]
    Interrupted,
    /// The cryptography library encrypted nothing.
    #[error("a new signing key could not be encrypted")]
    Encrypt(#[source] DecryptError),
    /// Tokens are signed with the secret itself.
    #[error("tokens are signed with the secret itself: there are no keys beside it")]
    Shared,
    /// The key signed nothing.
    #[error("a token could not be signed")]
    Sign(#[from] SignError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys of the JWT plugin.
#[derive(Clone)]
pub(crate) struct SigningKeys(Arc<Inner>);

struct Inner {
    algorithm: Algorithm,
    jwks: JwksOptions,
    secrets: Secrets,
    random: Random,
    clock: Clock,
    store: Store,
    audit: AuditLog,
    signer: Signer,
    signed: SignedTokens,
}

/// What signs.
enum Signer {
    /// The secret that is shared with back ends.
    Shared(Arc<SigningKey>),
    /// A row of the database, kept as it was last read: its row, and the key in it.
    Stored(Mutex<Option<(StoredKey, Arc<SigningKey>)>>),
}

impl SigningKeys {
    /// Keys of `jwt.algorithm`; an HMAC algorithm signs with the current secret and has
    /// no rows.
    pub(crate) fn new(
        jwt: &Jwt,
        secrets: Secrets,
        random: Random,
        clock: Clock,
        store: Store,
        audit: AuditLog,
    ) -> Result<Self, KeyError> {
        let signer = if jwt.algorithm.is_symmetric() {
            let key = SigningKey::hmac(jwt.algorithm, secrets.current().as_bytes())?;
            Signer::Shared(Arc::new(key))
        } else {
            Signer::Stored(Mutex::new(None))
        };
        Ok(Self(Arc::new(Inner {
            algorithm: jwt.algorithm,
            jwks: jwt.jwks.clone(),
            secrets,
            random,
            clock,
            store,
            audit,
            signer,
            signed: SignedTokens::default(),
        })))
    }

    /// A JWT with `claims`, which are of the second `iat`. Who asks twice within it gets the same:
    /// nothing in the token would differ but, with some algorithms, the signature. `rows` are the
    /// keys in the database, if they were read a moment ago.
    pub(crate) async fn sign(
        &self,
        iat: i64,
        claims: &impl Serialize,
        rows: Option<Vec<StoredKey>>,
    ) -> Result<String, KeysError> {
        let key = self.current(rows).await?;
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Unserializable)?;
        Ok(self.0.signed.get_or_sign(&key, iat, payload)?)
    }

    /// The key to sign with now; makes the first one, and a new one when the last has expired.
    ///
    /// The database is asked each time, which takes a few microseconds: another process may have
    /// made a newer key, or somebody taken one away.
    async fn current(&self, rows: Option<Vec<StoredKey>>) -> Result<Arc<SigningKey>, KeysError> {
        let kept = match &self.0.signer {
            Signer::Shared(key) => return Ok(Arc::clone(key)),
            Signer::Stored(kept) => kept,
        };
        let now = self.0.clock.now();
        let rows = match rows {
            Some(rows) => rows,
            None => self.0.store.list_keys().await?,
        };
        let made;
        let row = if let Some(row) = newest(&rows, self.0.algorithm, now) {
            row
        } else {
            made = self.make(now).await?;
            &made
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, key)) = &*kept
            && known.id == row.id
            && known.private_key == row.private_key
        {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(self.read(row)?);
        *kept = Some((row.clone(), Arc::clone(&key)));
        Ok(key)
    }

    /// Whether the key that signs now can be used, if there is one yet.
    pub(crate) async fn check(&self) -> Result<(), KeysError> {
        if !self.are_stored() {
            return Ok(());
        }
        let rows = self.0.store.list_keys().await?;
        let current = newest(&rows, self.0.algorithm, self.0.clock.now());
        for row in &rows {
            match self.read(row) {
                Ok(_) => {}
                Err(error) if current.is_some_and(|current| current.id == row.id) => {
                    return Err(error);
                }
                // Its tokens are verified with its public half all the same.
                Err(error) => {
                    tracing::warn!(%error, "a signing key in the database cannot be used");
                }
            }
        }
        Ok(())
    }

    /// Whether keys are rows of the database.
    pub(crate) fn are_stored(&self) -> bool {
        matches!(self.0.signer, Signer::Stored(_))
    }

    /// The public keys that tokens of ours may be verified with. A shared secret is none.
    pub(crate) async fn published(&self) -> Result<Vec<Value>, KeysError> {
        if self.0.algorithm.is_symmetric() {
            return Ok(Vec::new());
        }
        let now = self.0.clock.now();
        let mut rows = self.0.store.list_keys().await?;
        if rows.is_empty() {
            self.make(now).await?;
            rows = self.0.store.list_keys().await?;
        }
        let grace = self.0.jwks.grace_period;
        let is_published = |row: &&StoredKey| {
            row.expires_at.is_none_or(|expires| expires.plus_seconds(grace) > now)
        };
        rows.iter().filter(is_published).map(published_entry).collect()
    }

    /// Writes a new key pair, unless another process just did; returns the one to sign with.
    async fn make(&self, now: Date) -> Result<StoredKey, KeysError> {
        let algorithm = self.0.algorithm;
        let row = self.new_row(now).await?;
        let made = row.clone();
        let rows = self
            .0
            .store
            .add_key_unless(row, move |rows| newest(rows, algorithm, now).is_some())
            .await?;
        let newest = newest(&rows, algorithm, now).cloned().unwrap_or_else(|| made.clone());
        if newest.id == made.id {
            let entry = AuditEntry::new(AuditEvent::KeyMake).detail("kid", made.id);
            self.0.audit.record(entry.detail("alg", algorithm.as_str())).await;
        }
        Ok(newest)
    }

    /// A new key pair as a row.
    async fn new_row(&self, now: Date) -> Result<StoredKey, KeysError> {
        let Inner { algorithm, jwks, secrets, random, store, .. } = &*self.0;
        let pair = new_pair(*algorithm, random).await?;
        let id = store.new_id(random);
        // The row has a column of its own for the algorithm.
        let json = |jwk: Jwk| {
            serde_json::to_string(&Jwk { alg: None, ..jwk })
                .map_err(|source| KeysError::NotJson { id: id.clone(), source })
        };
        let public = pair.public_jwk();
        let private = json(pair.private_jwk())?;
        let private_key = if jwks.disable_private_key_encryption {
            private
        } else {
            let encrypted = secrets.encrypt(&private, random).map_err(KeysError::Encrypt)?;
            // Upstream writes the hex text as a JSON string, quotes included.
            format!("\"{encrypted}\"")
        };
        Ok(StoredKey {
            id: id.clone(),
            public_key: public.clone().map(json).transpose()?.unwrap_or_default(),
            private_key,
            created_at: now,
            expires_at: jwks.rotation_interval.map(|seconds| now.plus_seconds(seconds)),
            alg: Some(algorithm.as_str().to_owned()),
            crv: public.and_then(|jwk| jwk.crv),
        })
    }

    fn read(&self, row: &StoredKey) -> Result<SigningKey, KeysError> {
        let id = || row.id.clone();
        let not_json = |source| KeysError::NotJson { id: id(), source };
        // A JSON string holds the encrypted key; a JSON object is the key itself, unencrypted.
        let stored: Value = serde_json::from_str(&row.private_key).map_err(not_json)?;
        let jwk: Jwk = match stored {
            Value::String(hex) => {
                let json = self
                    .0
                    .secrets
                    .decrypt(&hex)
                    .map_err(|source| KeysError::OtherSecret { id: id(), source })?;
                serde_json::from_str(&json).map_err(not_json)?
            }
            plain => serde_json::from_value(plain).map_err(not_json)?,
        };
        // The row's own column says what the key is for; an RSA key could be for several.
        let alg = row.alg.clone().or(jwk.alg);
        SigningKey::from_jwk(&Jwk { alg, ..jwk })
            .map(|key| key.with_key_id(id()))
            .map_err(|source| KeysError::Unusable { id: id(), source })
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKeys({})", self.0.algorithm.as_str())
    }
}

async fn new_pair(algorithm: Algorithm, random: &Random) -> Result<SigningKey, KeysError> {
    if algorithm == Algorithm::EdDSA {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        return SigningKey::ed25519_from_seed(&seed).map_err(KeysError::Make);
    }
    // Primes are looked for at length: not on a thread that serves requests.
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
    made.map_err(|_| KeysError::Interrupted)?.map_err(KeysError::Make)
}

/// The newest key that has not expired and is for `algorithm`; rows from before there was an
/// `alg` column count as EdDSA, which was the default.
fn newest(rows: &[StoredKey], algorithm: Algorithm, now: Date) -> Option<&StoredKey> {
    rows.iter()
        .filter(|row| row.alg.as_deref().unwrap_or("EdDSA") == algorithm.as_str())
        .filter(|row| row.expires_at.is_none_or(|expires| expires > now))
        .max_by_key(|row| row.created_at)
}

/// A row as `/jwks` shows it: `alg` and `crv`, the public JWK's own members, and the row's id.
fn published_entry(row: &StoredKey) -> Result<Value, KeysError> {
    let mut entry = serde_json::Map::new();
    entry.insert("alg".to_owned(), Value::from(row.alg.as_deref().unwrap_or("EdDSA")));
    if let Some(crv) = &row.crv {
        entry.insert("crv".to_owned(), Value::from(crv.as_str()));
    }
    let jwk: serde_json::Map<String, Value> = serde_json::from_str(&row.public_key)
        .map_err(|source| KeysError::NotJson { id: row.id.clone(), source })?;
    entry.extend(jwk);
    entry.insert("kid".to_owned(), Value::from(row.id.as_str()));
    Ok(Value::Object(entry))
}

#[cfg(test)]
mod tests;
