//! Connections: a few for reading, one thread for writing.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, schema};

/// Writes that may wait; more are turned away.
const WRITE_QUEUE: usize = 1024;

/// Milliseconds that a statement waits for another process's lock.
const BUSY_TIMEOUT: u32 = 5000;

/// How often to try the switch to WAL, each time after waiting for the lock.
const WAL_ATTEMPTS: u32 = 50;

const STATEMENT_CACHE: usize = 64;

type Write = Box<dyn FnOnce(&mut Connection) + Send>;

/// A SQLite file, opened.
#[derive(Clone)]
pub(super) struct Sqlite(Arc<Inner>);

struct Inner {
    readers: Box<[Mutex<Connection>]>,
    next_reader: AtomicUsize,
    writes: Mutex<Option<mpsc::Sender<Write>>>,
    closed: tokio::sync::watch::Receiver<bool>,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path).map_err(StoreError::Open)?;
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        switch_to_wal(&mut writer)?;
        // A commit that was answered survives a power cut, not only a crash.
        writer.pragma_update(None, "synchronous", "FULL")?;
        schema::prepare(&mut writer)?;

        let cores = thread::available_parallelism().map_or(2, usize::from);
        let readers: Result<Vec<_>, StoreError> = (0..cores.clamp(2, 16))
            .map(|_| Ok(Mutex::new(connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)))
            .collect();

        let (queue, mut waiting) = mpsc::channel::<Write>(WRITE_QUEUE);
        let (mark_closed, closed) = tokio::sync::watch::channel(false);
        let work = move || {
            while let Some(write) = waiting.blocking_recv() {
                write(&mut writer);
            }
            // Leaves one file behind that anybody can copy; a failure leaves the log beside it,
            // which the next start reads.
            let _ = writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
            drop(writer);
            // Nobody listening means that nobody waits for the end.
            let _ = mark_closed.send(true);
        };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(work)
            .map_err(StoreError::Open)?;
        Ok(Self(Arc::new(Inner {
            readers: readers?.into(),
            next_reader: AtomicUsize::new(0),
            writes: Mutex::new(Some(queue)),
            closed,
        })))
    }

    /// Runs a short query here and now.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let reader = self.reader().ok_or(StoreError::Closed)?;
        query(&reader)
    }

    /// Runs `change` in one transaction on the writer's thread, committed when it returns `Ok`.
    pub(super) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let writes = lock(&self.0.writes).clone().ok_or(StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let write: Write = Box::new(move |connection| {
            let transact = || -> Result<T, E> {
                let transaction = connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)
                    .map_err(StoreError::from)?;
                let result = change(&transaction)?;
                transaction.commit().map_err(StoreError::from)?;
                Ok(result)
            };
            // The asker may have gone; the change stands all the same.
            let _ = answer.send(transact());
        });
        writes.try_send(write).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answered.await.map_err(|_writer_ended| StoreError::Closed)?
    }

    pub(super) async fn close(&self) {
        drop(lock(&self.0.writes).take());
        // An error means that the writer is gone already.
        let _ = self.0.closed.clone().wait_for(|closed| *closed).await;
    }

    /// A read connection that is free, or the next one in turn.
    fn reader(&self) -> Option<MutexGuard<'_, Connection>> {
        let readers = &self.0.readers;
        let start = self.0.next_reader.fetch_add(1, Ordering::Relaxed);
        (0..readers.len())
            .filter_map(|offset| readers.get((start + offset) % readers.len()))
            .find_map(|reader| reader.try_lock().ok())
            .or_else(|| readers.get(start % readers.len()).map(lock))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("readers", &self.0.readers.len()).finish_non_exhaustive()
    }
}

/// A poisoned lock is taken all the same: a connection holds no invariant of ours, and SQLite
/// rolls back what a panic left open.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT.into()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A statement keeps its plan whatever is bound to it. Otherwise each new value may have it
    // parsed and planned again, which takes longer than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(connection)
}

/// WAL: readers never wait for the writer. The switch itself does not wait for other processes'
/// locks, whatever the timeout; so a transaction, which does wait, makes sure that there is none.
fn switch_to_wal(connection: &mut Connection) -> Result<(), StoreError> {
    let mut attempts_left = WAL_ATTEMPTS;
    loop {
        connection.transaction_with_behavior(TransactionBehavior::Immediate)?.commit()?;
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && attempts_left > 0 =>
            {
                attempts_left -= 1;
            }
            result => return Ok(result?),
        }
    }
}

/// Makes the file if there is none, for its owner alone: it holds session tokens.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
