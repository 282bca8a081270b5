//! The tasks in SQLite. Every statement names the user, and every user is proven: there is no way
//! to make a [`UserId`] but from a verified token.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gatewright_guard::UserId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::task::{Task, TaskId, Title};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS tasks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL,
        title TEXT NOT NULL,
        completed INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS tasks_by_user ON tasks (user_id, id);";

/// One connection, used by one request at a time: SQLite writes one at a time anyway.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Connection>>);

impl Store {
    pub(crate) fn open(file: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connection::open(file)?)
    }

    pub(crate) fn memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    pub(crate) async fn tasks(&self, user: UserId) -> Result<Vec<Task>, StoreError> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, user_id, title, completed, created_at, updated_at
                 FROM tasks WHERE user_id = ?1 ORDER BY id",
            )?;
            statement.query_map(params![user.as_str()], task)?.collect()
        })
        .await
    }

    pub(crate) async fn create_task(
        &self,
        user: UserId,
        title: Title,
        now: String,
    ) -> Result<Task, StoreError> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(
                "INSERT INTO tasks (user_id, title, completed, created_at, updated_at)
                 VALUES (?1, ?2, 0, ?3, ?3)
                 RETURNING id, user_id, title, completed, created_at, updated_at",
            )?;
            statement.query_row(params![user.as_str(), title.as_str(), now], task)
        })
        .await
    }

    pub(crate) async fn find_task(
        &self,
        user: UserId,
        id: TaskId,
    ) -> Result<Option<Task>, StoreError> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, user_id, title, completed, created_at, updated_at
                 FROM tasks WHERE user_id = ?1 AND id = ?2",
            )?;
            statement.query_row(params![user.as_str(), id], task).optional()
        })
        .await
    }

    /// Changes what is given, and leaves the rest.
    pub(crate) async fn change_task(
        &self,
        user: UserId,
        id: TaskId,
        title: Option<Title>,
        completed: Option<bool>,
        now: String,
    ) -> Result<Option<Task>, StoreError> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE tasks SET title = coalesce(?3, title),
                     completed = coalesce(?4, completed), updated_at = ?5
                 WHERE user_id = ?1 AND id = ?2
                 RETURNING id, user_id, title, completed, created_at, updated_at",
            )?;
            let title = title.as_ref().map(Title::as_str);
            statement.query_row(params![user.as_str(), id, title, completed, now], task).optional()
        })
        .await
    }

    /// Whether there was one to delete.
    pub(crate) async fn delete_task(
        &self,
        user: UserId,
        id: TaskId,
    ) -> Result<Deleted, StoreError> {
        self.with(move |connection| {
            let mut statement =
                connection.prepare_cached("DELETE FROM tasks WHERE user_id = ?1 AND id = ?2")?;
            let count = statement.execute(params![user.as_str(), id])?;
            Ok(if count == 0 { Deleted::NoSuchTask } else { Deleted::Task })
        })
        .await
    }

    /// SQLite blocks, hence not on the threads that serve requests.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            // A panic leaves no statement half done: SQLite rolls it back.
            work(&store.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Ok(done.await??)
    }
}

/// The outcome of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    NoSuchTask,
    Task,
}

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get(0)?,
        user_id: row.get(1)?,
        title: row.get(2)?,
        completed: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}

/// The database failed; no request is to blame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database's task failed")]
    Task(#[from] tokio::task::JoinError),
}
