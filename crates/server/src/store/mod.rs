//! The database: users, sessions, accounts, keys. Methods are use cases, and atomic.
//!
//! SQLite is called directly, not through a pool of connection threads: a session look-up takes a
//! few microseconds, less than handing it to another thread would. Reads run where they are asked
//! for, on one of a few read connections; writes go one after another through one thread, so that
//! no request waits for another's lock inside an async worker.

mod account;
mod jwks;
mod operate;
mod own_password;
mod schema;
mod session;
mod sqlite;
mod user;
mod verification;

use std::path::Path;

use crate::clock::Date;
use sqlite::Sqlite;

pub(crate) use account::{Account, UnlinkError};
pub(crate) use jwks::StoredKey;
pub use operate::{SessionSummary, Sessions};
pub(crate) use own_password::{ChangePassword, OwnPassword};
pub(crate) use session::{ActiveSession, Session};
pub(crate) use user::{CreateUserError, Credential, NewImage, NewUser, User};
pub(crate) use verification::{PasswordReset, Verification};

/// The database failed, or can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Too many writes are waiting; worth another try soon.
    #[error("the database is busy")]
    Busy,
    /// The database was closed, since the server is stopping.
    #[error("the database is closed")]
    Closed,
    /// The file is a database of something else, or of a version we don't know.
    #[error(
        "the database has tables, but not those of Better Auth 1.7: {missing} is missing. \
         Use another file, or migrate it with Better Auth's own command first"
    )]
    ForeignSchema {
        /// The first table or column that is missing.
        missing: String,
    },
    /// The file holds something else, or was damaged.
    #[error("the file is no SQLite database, or is damaged")]
    NotADatabase(#[source] rusqlite::Error),
    /// The file could not be made or opened.
    #[error("cannot open the database file")]
    Open(#[source] std::io::Error),
    /// SQLite said no.
    #[error("the database refused")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(NotADatabase | DatabaseCorrupt) => Self::NotADatabase(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    sqlite: Sqlite,
}

impl Store {
    /// Opens the SQLite file at `path`. A new file is made readable by its owner alone and gets
    /// its tables; an existing Better Auth database is used as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { sqlite: Sqlite::open(path)? })
    }

    /// Whether reads and writes are answered.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.sqlite.read(|db| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?))?;
        self.sqlite.write(|_| Ok(())).await
    }

    /// Finishes the writes that wait, and closes the database.
    pub async fn close(&self) {
        self.sqlite.close().await;
    }
}

/// Reads a date column: ISO text, or whole milliseconds as some older writers left.
fn date(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Date> {
    use rusqlite::types::{Type, ValueRef};
    let value = row.get_ref(index)?;
    let date = match value {
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(Date::parse),
        ValueRef::Integer(milliseconds) => Some(Date::from_milliseconds(milliseconds)),
        _ => None,
    };
    date.ok_or_else(|| rusqlite::Error::InvalidColumnType(index, "date".to_owned(), Type::Text))
}
