//! The key pairs that sign JWTs.

use rusqlite::{Connection, Row, params};

use super::{Store, StoreError, date};
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

const ALL: &str = r#"SELECT "id", "publicKey", "privateKey", "createdAt", "expiresAt", "alg", "crv"
    FROM "jwks""#;

impl StoredKey {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let has_end = !matches!(row.get_ref(4)?, rusqlite::types::ValueRef::Null);
        Ok(Self {
            id: row.get(0)?,
            public_key: row.get(1)?,
            private_key: row.get(2)?,
            created_at: date(row, 3)?,
            expires_at: if has_end { Some(date(row, 4)?) } else { None },
            alg: row.get(5)?,
            crv: row.get(6)?,
        })
    }
}

fn all(db: &Connection) -> Result<Vec<StoredKey>, StoreError> {
    let mut statement = db.prepare_cached(ALL)?;
    let rows = statement.query_map([], StoredKey::from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// Every key pair, expired ones included.
    pub(crate) fn list_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.sqlite.read(all)
    }

    /// Writes `key` unless `is_enough` says of the keys that are there that it is not needed, and
    /// returns all of them: of several servers that miss a key at once, one makes it.
    pub(crate) async fn add_key_unless(
        &self,
        key: StoredKey,
        is_enough: impl Fn(&[StoredKey]) -> bool + Send + 'static,
    ) -> Result<Vec<StoredKey>, StoreError> {
        const SQL: &str = r#"INSERT INTO "jwks"
            ("id", "publicKey", "privateKey", "createdAt", "expiresAt", "alg", "crv")
            VALUES ($1, $2, $3, $4, $5, $6, $7)"#;
        self.sqlite
            .write(move |db| {
                let keys = all(db)?;
                if is_enough(&keys) {
                    return Ok(keys);
                }
                db.prepare_cached(SQL)?.execute(params![
                    key.id,
                    key.public_key,
                    key.private_key,
                    key.created_at.to_string(),
                    key.expires_at.map(|at| at.to_string()),
                    key.alg,
                    key.crv
                ])?;
                all(db)
            })
            .await
    }
}
