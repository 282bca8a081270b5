//! The tables of Better Auth 1.7.25, made in a new file or looked for in an existing one.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Exactly what upstream's own migration makes, with its jwt and bearer plugins.
const CREATE: &str = include_str!("../../migrations/sqlite/0001_better_auth_1_7.sql");

/// What we read and write. Other tables and columns are left as they are.
const REQUIRED: &[(&str, &[&str])] = &[
    ("user", &["id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"]),
    (
        "session",
        &["id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId"],
    ),
    (
        "account",
        &["id", "accountId", "providerId", "userId", "scope", "password", "createdAt", "updatedAt"],
    ),
    ("verification", &["id", "identifier", "value", "expiresAt", "createdAt", "updatedAt"]),
    ("jwks", &["id", "publicKey", "privateKey", "createdAt", "expiresAt", "alg", "crv"]),
];

/// Makes the tables in an empty file; otherwise says what is missing, and changes nothing.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    // Immediate: of two servers that start on one new file, one makes the tables.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: i64 = transaction.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        [],
        |row| row.get(0),
    )?;
    if tables == 0 {
        transaction.execute_batch(CREATE)?;
    } else {
        check(&transaction)?;
    }
    Ok(transaction.commit()?)
}

fn check(connection: &Connection) -> Result<(), StoreError> {
    for (table, columns) in REQUIRED {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info($1)")?;
        let found: Vec<String> =
            statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
        if found.is_empty() {
            return Err(StoreError::ForeignSchema { missing: format!("table {table}") });
        }
        if let Some(column) = columns.iter().find(|c| !found.iter().any(|name| name == *c)) {
            return Err(StoreError::ForeignSchema { missing: format!("column {table}.{column}") });
        }
    }
    Ok(())
}
