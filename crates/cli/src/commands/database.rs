//! The database that `serve` would use, for the commands that work on it.

use anyhow::{Context as _, anyhow};
use gatewright_report::Exit;
use gatewright_server::{AdditionalFields, AuditLog, DatabaseUrl, Store, StoreError};
use tokio::runtime::Runtime;

use crate::args::ServeFlags;
use crate::args::sessions::DatabaseFlags;
use crate::config::Settings;
use crate::environment::Environment;
use crate::{Failure, Surroundings};

/// What `serve` would be told.
pub(super) fn settings(
    flags: &DatabaseFlags,
    environment: &Environment,
) -> Result<Settings, Failure> {
    let flags = ServeFlags {
        database: flags.database.clone(),
        config: flags.config.clone(),
        ..ServeFlags::default()
    };
    Settings::read(&flags, environment).map_err(Failure::Usage)
}

/// Does something with the database, whose additional fields are none of its business.
pub(super) fn with_store(
    settings: &Settings,
    work: impl AsyncFnOnce(&Store) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    with_fields(settings, AdditionalFields::default(), AdditionalFields::default(), work)
}

/// Does something with the database and its users' and sessions' additional fields.
pub(super) fn with_fields(
    settings: &Settings,
    of_users: AdditionalFields,
    of_sessions: AdditionalFields,
    work: impl AsyncFnOnce(&Store) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let database = settings.database().map_err(Failure::Usage)?;
    must_exist(&database)?;
    let runtime = Runtime::new().context("cannot start the runtime").map_err(Failure::Internal)?;
    runtime.block_on(async {
        let store = open(&database, of_users, of_sessions).await?;
        let done = work(&store).await;
        store.close().await;
        done
    })
}

/// A file that is not there is not made by a command that looks into it.
pub(super) fn must_exist(database: &DatabaseUrl) -> Result<(), Failure> {
    match database {
        DatabaseUrl::Sqlite(file) if !file.exists() => Err(Failure::Usage(anyhow!(
            "there is no database {}; name it with --database",
            file.display()
        ))),
        _ => Ok(()),
    }
}

/// Opens a database whose users and sessions have additional fields.
pub(super) async fn open(
    database: &DatabaseUrl,
    user_fields: AdditionalFields,
    session_fields: AdditionalFields,
) -> Result<Store, Failure> {
    let opened = Store::open_with(database, user_fields, session_fields).await;
    opened.map_err(|error| cannot_use(error, database))
}

/// What is wrong with a database: what the user can mend is told apart from what failed.
pub(super) fn cannot_use(error: StoreError, database: &DatabaseUrl) -> Failure {
    let is_mendable = matches!(
        error,
        StoreError::Field(_)
            | StoreError::ForeignSchema { .. }
            | StoreError::NotADatabase(_)
            | StoreError::Open(_)
            | StoreError::Tls(_)
            | StoreError::Unavailable(_)
    );
    let error = anyhow::Error::new(error).context(format!("cannot use the database {database}"));
    if is_mendable { Failure::Usage(error) } else { Failure::Internal(error) }
}

/// The audit log in the database, for what an operator does.
pub(super) fn audit_log(settings: &Settings, store: &Store, around: &Surroundings<'_>) -> AuditLog {
    let (clock, random) = (around.clock.clone(), around.random.clone());
    AuditLog::new(settings.audit_log.clone(), store.clone(), clock, random)
}

/// The database failed at what it can usually do.
pub(super) fn failed(error: StoreError) -> Failure {
    Failure::Internal(anyhow::Error::new(error))
}
