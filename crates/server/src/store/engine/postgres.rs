//! PostgreSQL, through a pool of connections.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::address::PostgresUrl;
use super::tls::Tls;
use super::{Done, Tx, Value};
use crate::store::StoreError;

/// Connections of one server. Most requests hold one for less than a millisecond.
const MOST_CONNECTIONS: usize = 16;

/// How long a request waits for a connection, whether one is to be made or to become free.
const WAIT: Duration = Duration::from_secs(5);

/// Nobody waits longer for a statement, nor does a forgotten transaction hold its locks.
const LIMITS: &str = "SET statement_timeout = '15s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET default_transaction_isolation = 'read committed'";

/// A PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct Postgres(Pool);

impl Postgres {
    /// A pool; nothing is connected yet.
    pub(in crate::store) fn new(url: &PostgresUrl) -> Result<Self, StoreError> {
        let mut config = url.config.clone();
        config.connect_timeout(WAIT).keepalives_idle(Duration::from_mins(1));
        if config.get_application_name().is_none() {
            config.application_name("gatewright");
        }
        // A connection that PostgreSQL closed is noticed without asking it once more each time.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, Tls::new(&url.tls)?, recycling);
        let limit = Hook::async_fn(|client, _| {
            Box::pin(async move { client.batch_execute(LIMITS).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .runtime(Runtime::Tokio1)
            .max_size(MOST_CONNECTIONS)
            .timeouts(deadpool_postgres::Timeouts {
                wait: Some(WAIT),
                create: Some(WAIT),
                recycle: Some(WAIT),
            })
            .post_create(limit)
            .build();
        Ok(Self(pool.map_err(|error| StoreError::Unavailable(error.into()))?))
    }

    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        self.connection().await?.query(sql, values).await
    }

    pub(super) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.connection().await?.execute(sql, values).await
    }

    /// Two queries, sent one behind the other without waiting in between.
    pub(super) async fn query_both(
        &self,
        (sql, values): (&str, &[Value<'_>]),
        other: &str,
    ) -> Result<(Vec<Row>, Vec<Row>), StoreError> {
        let connection = self.connection().await?;
        tokio::try_join!(connection.query(sql, values), connection.query(other, &[]))
    }

    /// In a task of its own: a client that goes away must not leave a transaction half done.
    pub(super) async fn write<T, E>(
        &self,
        change: impl for<'t> FnOnce(&'t Tx) -> Done<'t, T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let pool = self.clone();
        let task = tokio::spawn(async move {
            let mut connection = pool.connection().await?;
            connection.batch("BEGIN").await?;
            connection.is_in_transaction = true;
            let mut tx = Tx::Postgres(Box::new(connection));
            let done = change(&tx).await;
            let Tx::Postgres(connection) = &mut tx else { return Err(StoreError::Closed.into()) };
            let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
            match connection.batch(end).await {
                Ok(()) => connection.is_in_transaction = false,
                // Nobody knows whether a commit took place whose answer was lost.
                Err(error) if done.is_ok() => return Err(error.into()),
                // The connection goes, and the transaction with it.
                Err(_) => {}
            }
            done
        });
        task.await.map_err(|_stopped| StoreError::Closed)?
    }

    pub(super) fn close(&self) {
        self.0.close();
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        let client = self.0.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => StoreError::Busy,
            PoolError::Closed => StoreError::Closed,
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                unreachable_database(error)
            }
            error => StoreError::Unavailable(error.into()),
        })?;
        Ok(Connection { client: Some(client), is_in_transaction: false })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The pool would show its configuration, and a password in it.
        f.debug_struct("Postgres").field("status", &self.0.status()).finish()
    }
}

/// A connection of the pool; it goes back when it is dropped, unless a transaction is open on it.
pub(in crate::store) struct Connection {
    /// `None` only while it is dropped.
    client: Option<Object>,
    is_in_transaction: bool,
}

impl Connection {
    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let (client, statement) = self.prepare(sql).await?;
        client.query(&statement, &parameters(values)).await.map_err(StoreError::from)
    }

    pub(super) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let (client, statement) = self.prepare(sql).await?;
        client.execute(&statement, &parameters(values)).await.map_err(StoreError::from)
    }

    pub(super) async fn batch(&self, sql: &str) -> Result<(), StoreError> {
        let client = self.client.as_ref().ok_or(StoreError::Closed)?;
        client.batch_execute(sql).await.map_err(StoreError::from)
    }

    async fn prepare(&self, sql: &str) -> Result<(&Object, Statement), StoreError> {
        let client = self.client.as_ref().ok_or(StoreError::Closed)?;
        Ok((client, client.prepare_cached(sql).await?))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take_if(|_| self.is_in_transaction) {
            drop(Object::take(client));
        }
    }
}

fn parameters<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// Whatever stops a connection from being made, another try may do better.
fn unreachable_database(error: tokio_postgres::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Postgres(refusal) => StoreError::Unavailable(refusal.into()),
        error => error,
    }
}

/// What PostgreSQL said: its five-character code and its message. Its detail is left out, since it
/// shows the values of a row.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
pub struct Refusal {
    code: String,
    message: String,
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else { return Self::Unavailable(error.into()) };
        let code = said.code().code().to_owned();
        let refusal = Refusal { message: said.message().to_owned(), code };
        let class = refusal.code.get(..2).unwrap_or_default();
        match (class, refusal.code.as_str()) {
            (_, "22021") => Self::Unstorable, // character_not_in_repertoire
            (_, "23505") => Self::Conflict(refusal.into()), // unique_violation
            // Serialisation, deadlock, a lock or statement that took too long.
            ("40", _) | (_, "55P03" | "57014") => Self::Busy,
            // Connection, resources (disk, connections), shutdown; a standby that only reads.
            ("08" | "53" | "57", _) | (_, "25006") => Self::Unavailable(refusal.into()),
            _ => Self::Postgres(refusal),
        }
    }
}
