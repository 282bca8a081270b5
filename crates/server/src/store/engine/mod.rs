//! SQLite or PostgreSQL: one way to run a statement on either. Statements use `$N`, double quotes
//! around names, and what both understand.

mod address;
mod postgres;
mod row;
mod sqlite;
mod tls;
mod value;

use std::pin::Pin;

use super::StoreError;

pub use address::{DatabaseUrl, DatabaseUrlError};
pub(in crate::store) use postgres::Postgres;
pub use postgres::Refusal;
pub(in crate::store) use row::Row;
pub(in crate::store) use sqlite::Sqlite;
pub(in crate::store) use value::{Value, values};

/// A database, opened. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What a transaction's use case returns.
pub(in crate::store) type Done<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

impl Engine {
    /// Opens what is at `url`, and looks at nothing in it. PostgreSQL is not connected to yet.
    pub(in crate::store) fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Ok(match url {
            DatabaseUrl::Sqlite(file) => Self::Sqlite(Sqlite::open(file)?),
            DatabaseUrl::Postgres(url) => Self::Postgres(Postgres::new(url)?),
        })
    }

    /// The first row of an answer, read.
    pub(in crate::store) async fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(|db| sqlite::first(db, sql, values, &mut read)),
            Self::Postgres(postgres) => {
                let rows = postgres.query(sql, values).await?;
                rows.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// All rows of an answer, read.
    pub(in crate::store) async fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(|db| sqlite::all(db, sql, values, &mut read)),
            Self::Postgres(postgres) => {
                let rows = postgres.query(sql, values).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// Runs one statement that changes something; the first row of its answer, read.
    pub(in crate::store) async fn change<T: Send + 'static>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => {
                let values: Vec<_> = values.iter().cloned().map(Value::into_owned).collect();
                sqlite
                    .write(move |tx| Box::pin(async move { tx.first(sql, &values, read).await }))
                    .await
            }
            Self::Postgres(postgres) => {
                let rows = postgres.query(sql, values).await?;
                rows.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// The first row of an answer, and all rows of another that takes no values: from one snapshot
    /// on SQLite, whose locks cost more than a short answer, and in one round trip on PostgreSQL.
    pub(in crate::store) async fn first_and_all<T, U>(
        &self,
        (sql, values): (&str, &[Value<'_>]),
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
        other: &str,
        mut read_other: impl FnMut(&Row<'_>) -> Result<U, StoreError> + Send,
    ) -> Result<(Option<T>, Vec<U>), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(|db| {
                sqlite::first_and(db, sql, values, &mut read, |db| {
                    sqlite::all(db, other, &[], &mut read_other)
                })
            }),
            Self::Postgres(postgres) => {
                let (rows, others) = postgres.query_both((sql, values), other).await?;
                let first = rows.first().map(|row| read(&Row::Postgres(row))).transpose()?;
                let others = others.iter().map(|row| read_other(&Row::Postgres(row)));
                Ok((first, others.collect::<Result<_, _>>()?))
            }
        }
    }

    /// Runs one statement that changes something; returns how many rows it touched.
    pub(in crate::store) async fn execute(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => {
                let sql = sql.to_owned();
                let values: Vec<_> = values.iter().cloned().map(Value::into_owned).collect();
                sqlite
                    .write(move |tx| Box::pin(async move { tx.execute(&sql, &values).await }))
                    .await
            }
            Self::Postgres(postgres) => postgres.execute(sql, values).await,
        }
    }

    /// Runs `change` in one transaction, committed when it returns `Ok`. It goes on to its end even
    /// if nobody waits for it any more.
    pub(in crate::store) async fn write<T, E>(
        &self,
        change: impl for<'t> FnOnce(&'t Tx) -> Done<'t, T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(change).await,
            Self::Postgres(postgres) => postgres.write(change).await,
        }
    }

    pub(in crate::store) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => postgres.close(),
        }
    }
}

/// A transaction that is open.
pub(in crate::store) enum Tx {
    Sqlite(sqlite::Shared),
    Postgres(Box<postgres::Connection>),
}

impl Tx {
    /// The first row of an answer, read. A statement that changes rows touches all of them.
    pub(in crate::store) async fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        // Every row is asked for: SQLite changes rows only as they are.
        let mut rows = self.all(sql, values, &mut read).await?.into_iter();
        Ok(rows.next())
    }

    /// All rows of an answer, read.
    pub(in crate::store) async fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        match self {
            Self::Sqlite(db) => sqlite::all(&sqlite::lock(db), sql, values, &mut read),
            Self::Postgres(connection) => {
                let rows = connection.query(sql, values).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// Runs a statement; returns how many rows it touched.
    pub(in crate::store) async fn execute(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(db) => sqlite::execute(&sqlite::lock(db), sql, values),
            Self::Postgres(connection) => connection.execute(sql, values).await,
        }
    }

    /// Runs statements without values and without an answer, such as a migration's.
    pub(in crate::store) async fn batch(&self, sql: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(db) => Ok(sqlite::lock(db).execute_batch(sql)?),
            Self::Postgres(connection) => connection.batch(sql).await,
        }
    }

    /// Whoever else takes the lock of this name waits until this transaction ends. For a decision
    /// that rests on rows which another transaction may change meanwhile. In SQLite there is only
    /// one transaction that writes.
    pub(in crate::store) async fn lock(&self, name: &str) -> Result<(), StoreError> {
        const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1197961585))";
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => {
                connection.query(LOCK, &[Value::from(name)]).await.map(drop)
            }
        }
    }
}
