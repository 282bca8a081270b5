//! The database: users, sessions, accounts, keys. Methods are use cases, and atomic: races are decided
//! by one conditional statement, or by a lock that a transaction holds.

mod account;
mod additional;
mod audit_log;
mod change_email;
mod copy;
mod deletion;
mod engine;
mod inspect;
mod jwks;
mod lockout;
mod mail;
mod operate;
mod own_password;
mod rate_limit;
mod roster;
mod schema;
mod session;
mod statements;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod user;
mod verification;

use std::error::Error;
use std::sync::Arc;

use engine::{Engine, Sqlite, values};
use schema::Shape;
pub use schema::{Drift, DriftKind};
use statements::Statements;

use crate::crypto::{ID_CHARACTERS, Random};
use crate::fields::{AdditionalFields, FieldError, Numbers};

pub(crate) use account::{Account, UnlinkError};
pub use audit_log::AuditQuery;
pub(crate) use change_email::{ChangeEmailError, EmailState, NewEmail};
pub use copy::{Copied, CopiedTable, CopyError, CopyProgress};
pub(crate) use deletion::Deletion;
pub use engine::{DatabaseUrl, DatabaseUrlError, Refusal};
pub use inspect::{Inspection, SchemaVersion, TableSize};
pub(crate) use jwks::StoredKey;
pub(crate) use lockout::{Failures, Lock};
pub(crate) use mail::QueuedMail;
pub use operate::{SessionSummary, Sessions};
pub(crate) use own_password::{ChangePassword, OwnPassword};
pub(crate) use rate_limit::{Count, Counted};
pub(crate) use roster::{NewRow, RevisedRow};
pub use roster::{UserFilter, UserSummary};
pub(crate) use session::{ActiveSession, Session};
pub(crate) use user::{CreateUserError, Credential, NewImage, NewUser, User};
pub(crate) use verification::{PasswordReset, Verification};

/// The database failed, or can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Too many are waiting; worth another try soon.
    #[error("the database is busy")]
    Busy,
    /// The database was closed, since the server is stopping.
    #[error("the database is closed")]
    Closed,
    /// Another row has a value that may be there once.
    #[error("the database has such a row already")]
    Conflict(#[source] Box<dyn Error + Send + Sync>),
    /// An additional field can't be kept.
    #[error("a field cannot be kept in this database")]
    Field(#[from] FieldError),
    /// The database is one of something else, or of a version we don't know.
    #[error("the database is not as Better Auth 1.7 has it: {}", listed(drifts))]
    ForeignSchema {
        /// What differs.
        drifts: Vec<Drift>,
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
    /// PostgreSQL said no.
    #[error("the database refused")]
    Postgres(#[source] Refusal),
    /// TLS to PostgreSQL can't be set up.
    #[error("TLS to the database cannot be set up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// The database can't be reached, or can't serve now: it stops, starts, or its disk is full.
    #[error("the database cannot be reached, or cannot serve now")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Text holds what the engine cannot: PostgreSQL no U+0000.
    #[error("the database cannot hold this text")]
    Unstorable,
    /// A column holds what it should not.
    #[error("column {column} of an answer cannot be read")]
    Unreadable {
        /// Counted from 0.
        column: usize,
    },
}

fn listed(drifts: &[Drift]) -> String {
    let all: Vec<String> =
        drifts.iter().map(|drift| format!("{drift} ({})", drift.mend())).collect();
    all.join("; ")
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            ConstraintViolation, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull,
            NotADatabase, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(NotADatabase | DatabaseCorrupt) => Self::NotADatabase(error),
            Some(ConstraintViolation) => Self::Conflict(error.into()),
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(DiskFull | SystemIoFailure) => Self::Unavailable(error.into()),
            _ => Self::Sqlite(error),
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    /// Where the tables of ours are: in the same database, or else in memory, since a database
    /// that others made is not altered unasked.
    ours: Engine,
    /// Where the table of rate limits is, which may be there without the others.
    rate_limits: Engine,
    shares_rate_limits: bool,
    shape: Shape,
    statements: Arc<Statements>,
}

impl Store {
    /// Opens the database at `url`. An empty one gets its tables; an existing Better Auth database
    /// is used as it is. A new SQLite file is made readable by its owner alone.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_with(url, AdditionalFields::default(), AdditionalFields::default()).await
    }

    /// Opens the database at `url` as one whose users and sessions have additional fields.
    pub async fn open_with(
        url: &DatabaseUrl,
        user_fields: AdditionalFields,
        session_fields: AdditionalFields,
    ) -> Result<Self, StoreError> {
        let engine = Engine::open(url)?;
        for fields in [&user_fields, &session_fields] {
            fields.check_defaults(numbers_of(&engine))?;
        }
        let statements = Arc::new(Statements::new(user_fields, session_fields));
        let shape = schema::prepare(&engine, statements.clone()).await?;
        let ours = if shape.has_ours {
            engine.clone()
        } else {
            let memory = Engine::Sqlite(Sqlite::in_memory()?);
            schema::prepare_ours(&memory).await?;
            memory
        };
        let shares_rate_limits = rate_limit::is_usable(&engine).await?;
        let rate_limits = if shares_rate_limits { &engine } else { &ours }.clone();
        Ok(Self { engine, ours, rate_limits, shares_rate_limits, shape, statements })
    }

    /// An id for a new row: of the kind that the database has.
    pub(crate) fn new_id(&self, random: &Random) -> String {
        if self.shape.has_uuids { random.uuid() } else { random.id(ID_CHARACTERS) }
    }

    /// Whether the tables of ours are in the database; otherwise what they hold is this process's
    /// alone, and gone when it ends.
    pub fn has_own_tables(&self) -> bool {
        self.shape.has_ours
    }

    /// Which numbers a field may have.
    pub(crate) fn numbers(&self) -> Numbers {
        numbers_of(&self.engine)
    }

    /// Whether reads and writes are answered.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.engine.first("SELECT 1", values![], |_| Ok(())).await?;
        self.engine.write(|_| Box::pin(async { Ok(()) })).await
    }

    /// Finishes the writes that wait, and closes the database.
    pub async fn close(&self) {
        self.ours.close().await;
        self.engine.close().await;
    }
}

fn numbers_of(engine: &Engine) -> Numbers {
    match engine {
        Engine::Sqlite(_) => Numbers::Any,
        Engine::Postgres(_) => Numbers::Int32,
    }
}
