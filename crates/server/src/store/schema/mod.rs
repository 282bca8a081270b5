//! The tables: declared once, made in an empty database, looked for in one that exists.

mod append_only;
mod ddl;
mod drift;
mod found;
mod tables;

use std::sync::Arc;

use super::StoreError;
use super::engine::{Engine, Tx};
use super::statements::Statements;
pub(super) use ddl::{Dialect, kind_of};
pub(super) use drift::drifts;
pub use drift::{Drift, DriftKind};
pub(super) use found::Found;
pub(super) use tables::{BETTER_AUTH, Kind, OURS, Table};

/// What differs among databases that we open as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// `account.issuer`, as Better Auth 1.7.0 to 1.7.24 has it: not null.
    pub(super) account_issuer: bool,
    /// The tables of ours, which `db migrate` adds.
    pub(super) has_ours: bool,
    /// Ids are of PostgreSQL's type `uuid`, as with `generateId: "uuid"`.
    pub(super) has_uuids: bool,
}

impl Shape {
    pub(super) fn of(found: &Found, dialect: Dialect, statements: &Statements) -> Self {
        let id = found.column("user", "id");
        Self {
            account_issuer: found.column("account", "issuer").is_some(),
            has_ours: drifts(found, dialect, OURS, statements).is_empty(),
            has_uuids: id.is_some_and(|id| id.type_name == "uuid"),
        }
    }
}

/// Makes the tables in an empty database; otherwise says what is missing, and changes nothing.
pub(super) async fn prepare(
    engine: &Engine,
    statements: Arc<Statements>,
) -> Result<Shape, StoreError> {
    let dialect = Dialect::of(engine);
    engine
        .write(move |tx| {
            Box::pin(async move {
                // Of several servers that start on one new database, one makes the tables.
                tx.lock("gatewright schema").await?;
                let mut found = Found::read(tx, dialect).await?;
                if found.is_empty() {
                    create(tx, dialect, BETTER_AUTH, &statements).await?;
                    create(tx, dialect, OURS, &statements).await?;
                    found = Found::read(tx, dialect).await?;
                }
                let drifts = drifts(&found, dialect, BETTER_AUTH, &statements);
                if !drifts.is_empty() {
                    return Err(StoreError::ForeignSchema { drifts });
                }
                Ok(Shape::of(&found, dialect, &statements))
            })
        })
        .await
}

/// Adds what is missing and can be added, in one transaction; says what it ran, or what it would
/// run where `is_real` is false.
pub(super) async fn migrate(
    engine: &Engine,
    statements: Arc<Statements>,
    is_real: bool,
) -> Result<Vec<String>, StoreError> {
    let dialect = Dialect::of(engine);
    engine
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("gatewright schema").await?;
                let found = Found::read(tx, dialect).await?;
                let mut all = ddl::additions(&found, dialect, BETTER_AUTH, &statements);
                all.extend(ddl::additions(&found, dialect, OURS, &statements));
                for sql in all.iter().filter(|_| is_real) {
                    tx.batch(sql).await?;
                }
                Ok(all)
            })
        })
        .await
}

/// Makes the tables of ours alone.
pub(super) async fn prepare_ours(engine: &Engine) -> Result<(), StoreError> {
    let dialect = Dialect::of(engine);
    let statements = Statements::default();
    engine
        .write(move |tx| Box::pin(async move { create(tx, dialect, OURS, &statements).await }))
        .await
}

async fn create(
    tx: &Tx,
    dialect: Dialect,
    tables: &[Table],
    statements: &Statements,
) -> Result<(), StoreError> {
    tx.batch(&ddl::create(dialect, tables, statements)).await
}
