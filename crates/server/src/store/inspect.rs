//! A database looked at without being opened for use: what it is, what differs, what is in it.

use std::sync::Arc;

use super::engine::{DatabaseUrl, Engine, values};
use super::schema::{self, BETTER_AUTH, Dialect, Drift, Found, OURS, drifts};
use super::statements::Statements;
use super::{Store, StoreError};
use crate::fields::AdditionalFields;

/// What a database is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// Which tables it has.
    pub version: SchemaVersion,
    /// Where it differs from what we read and write.
    pub drifts: Vec<Drift>,
    /// The tables of ours that are missing; without them what they hold is kept in memory.
    pub own_drifts: Vec<Drift>,
    /// Every table, and how many rows it has.
    pub tables: Vec<TableSize>,
}

/// A table and its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is what it says")]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// How many.
    pub rows: i64,
    /// Whether we read and write it; others are left alone.
    pub is_known: bool,
}

/// Whose tables there are, as far as they tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaVersion {
    /// There is no table at all.
    Empty,
    /// There are tables, but none of Better Auth's.
    Foreign,
    /// `jwks` has no `alg`: Better Auth 1.6 or older, or a table was left out.
    V1_6,
    /// `account` has an `issuer`: Better Auth 1.7.0 to 1.7.24.
    V1_7WithIssuer,
    /// Better Auth 1.7.25.
    V1_7,
}

impl SchemaVersion {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Foreign => "tables of something else",
            Self::V1_6 => "Better Auth 1.6 or older, or without its jwt plugin",
            Self::V1_7WithIssuer => "Better Auth 1.7, with account.issuer",
            Self::V1_7 => "Better Auth 1.7",
        }
    }

    fn of(found: &Found) -> Self {
        let has = |table: &str, column: &str| found.column(table, column).is_some();
        match found {
            found if found.is_empty() => Self::Empty,
            _ if !has("user", "email") || !has("session", "token") => Self::Foreign,
            _ if has("account", "issuer") => Self::V1_7WithIssuer,
            _ if !has("jwks", "alg") => Self::V1_6,
            _ => Self::V1_7,
        }
    }
}

impl Store {
    /// Looks at the database at `url`, and changes nothing. A `SQLite` file must be there.
    pub async fn inspect(
        url: &DatabaseUrl,
        user_fields: AdditionalFields,
        session_fields: AdditionalFields,
    ) -> Result<Inspection, StoreError> {
        let engine = Engine::open(url)?;
        let dialect = Dialect::of(&engine);
        let statements = Statements::new(user_fields, session_fields);
        let found = engine.write(move |tx| Box::pin(Found::read(tx, dialect))).await?;
        let known = |name: &str| BETTER_AUTH.iter().chain(OURS).any(|table| table.name == name);
        let mut tables = Vec::new();
        for name in found.tables() {
            // Quotes within a name are doubled; that is all that a quoted name needs.
            let sql = format!(r#"SELECT count(*) FROM "{}""#, name.replace('"', "\"\""));
            let rows = engine.first(&sql, values![], |row| row.integer(0)).await?.unwrap_or(0);
            tables.push(TableSize { name: name.to_owned(), rows, is_known: known(name) });
        }
        engine.close().await;
        Ok(Inspection {
            version: SchemaVersion::of(&found),
            drifts: drifts(&found, dialect, BETTER_AUTH, &statements),
            own_drifts: drifts(&found, dialect, OURS, &statements),
            tables,
        })
    }

    /// Adds the tables and columns that are missing and can be added, all or none; never changes
    /// one that is there. Says which statements it ran, or, where `is_real` is false, would run.
    pub async fn migrate(
        url: &DatabaseUrl,
        user_fields: AdditionalFields,
        session_fields: AdditionalFields,
        is_real: bool,
    ) -> Result<Vec<String>, StoreError> {
        let engine = Engine::open(url)?;
        let statements = Arc::new(Statements::new(user_fields, session_fields));
        let done = schema::migrate(&engine, statements, is_real).await;
        engine.close().await;
        done
    }
}
