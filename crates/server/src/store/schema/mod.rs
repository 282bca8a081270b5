//! The tables: declared once, made in an empty database, looked for in one that exists.

mod append_only;
mod ddl;
mod found;
mod tables;

use std::sync::Arc;

use super::StoreError;
use super::engine::{Engine, Tx};
use super::statements::Statements;
pub(super) use ddl::Dialect;
use found::Found;
pub(super) use tables::{BETTER_AUTH, OURS, Table};

/// What differs among databases that we open as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// `account.issuer`, as Better Auth 1.7.0 to 1.7.24 has it: not null.
    pub(super) account_issuer: bool,
    /// The tables of ours, which `db migrate` adds.
    pub(super) has_ours: bool,
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
                found.check(BETTER_AUTH, &statements)?;
                Ok(Shape {
                    account_issuer: found.has_column("account", "issuer"),
                    has_ours: found.check(OURS, &statements).is_ok(),
                })
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
