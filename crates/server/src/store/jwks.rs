//! The key pairs that sign JWTs.

use super::engine::{Row, values};
use super::{Store, StoreError};
use crate::clock::Date;

/// A row of `jwks`.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: String,
    /// JSON of the public JWK.
    pub(crate) public_key: String,
    /// A JSON string of the encrypted private JWK, or the private JWK's JSON itself.
    pub(crate) private_key: String,
    pub(crate) created_at: Date,
    pub(crate) expires_at: Option<Date>,
    pub(crate) alg: Option<String>,
    pub(crate) crv: Option<String>,
}

pub(super) const ALL: &str = r#"SELECT "id", "publicKey", "privateKey", "createdAt", "expiresAt", "alg", "crv"
    FROM "jwks""#;

impl StoredKey {
    pub(super) fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            public_key: row.text(1)?,
            private_key: row.text(2)?,
            created_at: row.date(3)?,
            expires_at: row.optional_date(4)?,
            alg: row.optional_text(5)?,
            crv: row.optional_text(6)?,
        })
    }
}

impl Store {
    /// Every key pair, expired ones included.
    pub(crate) async fn list_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.engine.all(ALL, values![], StoredKey::from_row).await
    }

    /// Writes `key` unless `is_enough` says of the keys that are there that it is not needed, and
    /// returns all of them: of several servers that miss a key at once, one makes it.
    pub(crate) async fn add_key_unless(
        &self,
        key: StoredKey,
        is_enough: impl Fn(&[StoredKey]) -> bool + Send + Sync + 'static,
    ) -> Result<Vec<StoredKey>, StoreError> {
        const SQL: &str = r#"INSERT INTO "jwks"
            ("id", "publicKey", "privateKey", "createdAt", "expiresAt", "alg", "crv")
            VALUES ($1, $2, $3, $4, $5, $6, $7)"#;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock("jwks").await?;
                    let mut keys = tx.all(ALL, values![], StoredKey::from_row).await?;
                    if is_enough(&keys) {
                        return Ok(keys);
                    }
                    let values = values![
                        &key.id,
                        &key.public_key,
                        &key.private_key,
                        key.created_at,
                        key.expires_at,
                        &key.alg,
                        &key.crv
                    ];
                    tx.execute(SQL, values).await?;
                    keys.push(key);
                    Ok(keys)
                })
            })
            .await
    }
}
