//! What an operator does by hand: look at the keys, and make a new one before its time.

use super::{KeysError, SigningKeys};
use crate::audit::{AuditEntry, AuditEvent, AuditLog};
use crate::clock::{Clock, Date};
use crate::crypto::{Random, Secrets};
use crate::options::Options;
use crate::store::{Store, StoreError, StoredKey};

/// A key pair without its private half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySummary {
    /// The `kid` of its tokens.
    pub id: String,
    /// What it signs with.
    pub algorithm: String,
    /// Its curve, if it has one.
    pub curve: Option<String>,
    /// When it was made.
    pub created_at: Date,
    /// When it signs no more.
    pub expires_at: Option<Date>,
    /// Whether the private half can be read with the secret alone.
    pub is_encrypted: bool,
}

impl KeySummary {
    fn of(row: StoredKey) -> Self {
        Self {
            // A JSON string holds what is encrypted, an object what is not.
            is_encrypted: row.private_key.starts_with('"'),
            algorithm: row.alg.unwrap_or_else(|| "EdDSA".to_owned()),
            id: row.id,
            curve: row.crv,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }

    /// Until when its tokens verify; `None` where nothing ends it.
    pub fn published_until(&self, grace_period: i64) -> Option<Date> {
        self.expires_at.map(|expires| expires.plus_seconds(grace_period))
    }
}

/// What becomes of the keys that there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "either their tokens verify or they do not")]
pub enum OldKeys {
    /// They sign no more, and stay published for the grace period: their tokens verify.
    Expire,
    /// They are deleted: their tokens verify no more.
    Forget,
}

/// Makes a new key, which servers that run on the same database sign with from their next token on.
///
/// Refused if the secret is not that of the keys which could sign now: servers could not read the
/// new one. Where the old keys are forgotten, that is how a new secret gets its first key.
pub async fn rotate_keys(
    options: &Options,
    store: &Store,
    clock: &Clock,
    random: &Random,
    old: OldKeys,
) -> Result<KeySummary, KeysError> {
    if options.jwt.algorithm.is_symmetric() {
        return Err(KeysError::Shared);
    }
    let secrets = Secrets::new(options.secret.clone(), options.secret_rotation.clone());
    let (random, clock) = (random.clone(), clock.clone());
    let now = clock.now();
    let audit =
        AuditLog::new(options.audit_log.clone(), store.clone(), clock.clone(), random.clone());
    let keys = SigningKeys::new(&options.jwt, secrets, random, clock, store.clone(), audit.clone())
        .map_err(KeysError::Make)?;
    if old == OldKeys::Expire {
        for row in store.list_keys().await? {
            if row.expires_at.is_none_or(|expires| expires > now) {
                keys.read(&row)?;
            }
        }
    }
    let row = keys.new_row(now).await?;
    store.replace_keys(row.clone(), old == OldKeys::Forget).await?;
    let entry = AuditEntry::new(AuditEvent::KeyRotate).detail("kid", row.id.clone());
    audit.record(entry.detail("alg", options.jwt.algorithm.as_str())).await;
    Ok(KeySummary::of(row))
}

impl Store {
    /// Every key pair, the newest first.
    pub async fn summarize_keys(&self) -> Result<Vec<KeySummary>, StoreError> {
        let mut keys: Vec<_> = self.list_keys().await?.into_iter().map(KeySummary::of).collect();
        keys.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
        Ok(keys)
    }
}
