//! SQLite. A few connections for reading, one thread for writing.
//!
//! It is called directly, not through a pool of connection threads: a session look-up takes a few
//! microseconds, less than handing it to another thread would. Reads run where they are asked for;
//! writes go one after another through one thread, so that no request waits for another's lock
//! inside an async worker.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};
use tokio::sync::{mpsc, oneshot, watch};

use super::{Done, Row, Tx, Value};
use crate::store::StoreError;

/// Writes that may wait; more are turned away.
const WRITE_QUEUE: usize = 1024;

/// Milliseconds that a statement waits for another process's lock.
const BUSY_TIMEOUT: u32 = 5000;

/// How often to try the switch to WAL, each time after waiting for the lock.
const WAL_ATTEMPTS: u32 = 50;

const STATEMENT_CACHE: usize = 64;

/// KiB of pages that all connections for reading keep, each the same part; they take it when they
/// need it. SQLite's own 2 MiB a connection hold the way to some hundred of a million sessions.
const READ_CACHE: usize = 64 * 1024;

/// A connection that two threads may use in turn.
pub(super) type Shared = Arc<Mutex<Connection>>;

type Write = Box<dyn FnOnce(&Tx) + Send>;

/// A SQLite database, opened.
#[derive(Clone)]
pub(in crate::store) struct Sqlite(Arc<Inner>);

struct Inner {
    readers: Box<[Shared]>,
    next_reader: AtomicUsize,
    writes: Mutex<Option<mpsc::Sender<Write>>>,
    closed: watch::Receiver<bool>,
}

impl Sqlite {
    /// Opens the file at `path`. A new file is made readable by its owner alone.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path).map_err(StoreError::Open)?;
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        switch_to_wal(&mut writer)?;
        // A commit that was answered survives a power cut, not only a crash.
        writer.pragma_update(None, "synchronous", "FULL")?;
        let cores = thread::available_parallelism().map_or(2, usize::from);
        let readers = cores.clamp(2, 16);
        let readers: Result<Vec<Shared>, StoreError> = (0..readers)
            .map(|_| Ok(shared(connect_to_read(path, READ_CACHE / readers)?)))
            .collect();
        Self::start(shared(writer), readers?)
    }

    /// A database in memory, gone with the process. One connection both reads and writes, so that
    /// a read may see what a transaction is about to commit.
    pub(in crate::store) fn in_memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory()?;
        prepare(&connection)?;
        let connection = shared(connection);
        Self::start(Arc::clone(&connection), vec![connection])
    }

    fn start(writer: Shared, readers: Vec<Shared>) -> Result<Self, StoreError> {
        let (queue, mut waiting) = mpsc::channel::<Write>(WRITE_QUEUE);
        let (mark_closed, closed) = watch::channel(false);
        let old_readers = readers.clone();
        let work = move || {
            let tx = Tx::Sqlite(writer);
            while let Some(write) = waiting.blocking_recv() {
                write(&tx);
            }
            if let Tx::Sqlite(writer) = &tx {
                // Leaves one file behind that anybody can copy; a failure leaves the log beside it,
                // which the next start reads.
                let _ = lock(writer).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
                // Who closes last removes the log, and only one that may write can.
                for reader in old_readers.iter().filter(|reader| !Arc::ptr_eq(reader, writer)) {
                    if let Ok(nothing) = Connection::open_in_memory() {
                        *lock(reader) = nothing;
                    }
                }
            }
            drop(tx);
            // Nobody listening means that nobody waits for the end.
            let _ = mark_closed.send(true);
        };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(work)
            .map_err(StoreError::Open)?;
        Ok(Self(Arc::new(Inner {
            readers: readers.into(),
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
        change: impl for<'t> FnOnce(&'t Tx) -> Done<'t, T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let writes = lock(&self.0.writes).clone().ok_or(StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let write: Write = Box::new(move |tx| {
            // The asker may have gone; the change stands all the same.
            let _ = answer.send(transact(tx, change));
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
            .or_else(|| readers.get(start % readers.len()).map(|reader| lock(reader)))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("readers", &self.0.readers.len()).finish_non_exhaustive()
    }
}

/// Rolls back what neither was committed nor failed in an orderly way: a panic.
struct Rollback<'a>(Option<&'a Mutex<Connection>>);

impl Drop for Rollback<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // Without a transaction there is nothing to undo, and that is an error of its own.
            let _ = lock(connection).execute_batch("ROLLBACK");
        }
    }
}

fn transact<T, E: From<StoreError>>(
    tx: &Tx,
    change: impl for<'t> FnOnce(&'t Tx) -> Done<'t, T, E>,
) -> Result<T, E> {
    let Tx::Sqlite(connection) = tx else { return Err(StoreError::Closed.into()) };
    let run = |sql| lock(connection).execute_batch(sql).map_err(StoreError::from);
    // Immediate: it is going to write, and must not find out too late that another process does.
    run("BEGIN IMMEDIATE")?;
    let mut rollback = Rollback(Some(connection));
    let done = at_once(change(tx))?;
    run("COMMIT")?;
    rollback.0 = None;
    Ok(done)
}

/// The result of a future that never waits: whatever it awaits in a transaction is SQLite, which
/// answers at once.
fn at_once<T, E: From<StoreError>>(
    mut future: Pin<Box<dyn Future<Output = Result<T, E>> + Send + '_>>,
) -> Result<T, E> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(StoreError::Closed.into()),
    }
}

pub(super) fn first<T>(
    db: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: &mut impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
}

/// The first row, and what `and` reads in the same transaction, which lasts as long as a statement
/// stands at a row.
pub(super) fn first_and<T, U>(
    db: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: &mut impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    and: impl FnOnce(&Connection) -> Result<U, StoreError>,
) -> Result<(Option<T>, U), StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let first = rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()?;
    Ok((first, and(db)?))
}

pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: &mut impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(&Row::Sqlite(row))?);
    }
    Ok(all)
}

pub(super) fn execute(db: &Connection, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
    let touched = db.prepare_cached(sql)?.execute(params_from_iter(values))?;
    Ok(u64::try_from(touched).unwrap_or(u64::MAX))
}

/// A poisoned lock is taken all the same: a connection holds no invariant of ours, and what a panic
/// left open is rolled back.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shared(connection: Connection) -> Shared {
    Arc::new(Mutex::new(connection))
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT.into()))?;
    prepare(&connection)?;
    Ok(connection)
}

/// Negative, the number of a cache's pages is one of KiB.
fn connect_to_read(path: &Path, cache: usize) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", format!("-{cache}"))?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", true)?;
    // A statement keeps its plan whatever is bound to it. Otherwise each new value may have it
    // parsed and planned again, which takes longer than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(())
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
