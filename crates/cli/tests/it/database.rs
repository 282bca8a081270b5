//! The database of a server: of which engine, an empty one for each test, and what is in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::process::PATIENCE;

/// What a server keeps its rows in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Two tests of each scenario, a function of the engine: `sqlite::NAME` and `postgres::NAME`.
macro_rules! on_both_engines {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(crate::database::Engine::Sqlite).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(crate::database::Engine::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;

/// A database, which need not be there yet.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    /// Its URL.
    Postgres(String),
}

/// A row as text, as either engine writes it.
pub(crate) type Row = Vec<Option<String>>;

impl Database {
    /// As `--database` takes it.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    /// What statements say: the rows of those that ask, one after another.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Row> {
        match self {
            Self::Sqlite(file) => sqlite_rows(&open(file), sql),
            Self::Postgres(url) => simple_query(url, sql).0,
        }
    }

    /// Runs statements that change something; how many rows the last one touched.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) -> u64 {
        match self {
            Self::Sqlite(file) => {
                let database = open(file);
                database.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
                database.changes()
            }
            Self::Postgres(url) => simple_query(url, sql).1,
        }
    }

    /// What the database says to a statement that it refuses.
    #[track_caller]
    pub(crate) fn refusal(&self, sql: &str) -> String {
        let refused = match self {
            Self::Sqlite(file) => open(file).execute_batch(sql).map_err(|error| error.to_string()),
            Self::Postgres(url) => on_a_thread(|| try_simple_query(url, sql))
                .map(drop)
                .map_err(|error| error.as_db_error().expect("an answer").message().to_owned()),
        };
        refused.expect_err("it is refused")
    }

    /// The first column of all rows.
    #[track_caller]
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let first = |row: Row| row.into_iter().next().flatten().unwrap_or_default();
        self.rows(sql).into_iter().map(first).collect()
    }

    #[track_caller]
    pub(crate) fn count(&self, table: &str) -> usize {
        let count = self.texts(&format!(r#"SELECT count(*) FROM "{table}""#));
        count[0].parse().expect("a number")
    }

    /// The file is sound where there is one, and nobody is in it by half.
    #[track_caller]
    pub(crate) fn assert_whole(&self) {
        if let Self::Sqlite(_) = self {
            assert_eq!(self.texts("PRAGMA integrity_check"), ["ok"]);
            assert!(self.rows("PRAGMA foreign_key_check").is_empty());
        }
        for table in ["account", "session"] {
            let without = self.texts(&format!(
                r#"SELECT "email" FROM "user" WHERE "id" NOT IN (SELECT "userId" FROM "{table}")"#
            ));
            assert!(without.is_empty(), "without {table}: {without:?}");
        }
        let no_hash = r#"SELECT "id" FROM "account" WHERE length(coalesce("password", '')) <> 161"#;
        assert!(self.rows(no_hash).is_empty(), "accounts without a password");
    }
}

fn open(file: &Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(file).expect("a database");
    database.busy_timeout(PATIENCE).expect("patience");
    database.pragma_update(None, "foreign_keys", true).expect("foreign keys");
    database
}

#[track_caller]
fn sqlite_rows(database: &rusqlite::Connection, sql: &str) -> Vec<Row> {
    use rusqlite::types::ValueRef;
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            Some(String::from_utf8_lossy(text).into_owned())
        }
    };
    let rows = statement.query_map([], |row| {
        (0..columns).map(|index| row.get_ref(index).map(text)).collect::<Result<Row, _>>()
    });
    rows.and_then(Iterator::collect).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Rows, and how many the last statement touched. On a connection and a thread of its own: tests
/// ask from within a runtime, and seldom.
#[track_caller]
fn simple_query(url: &str, sql: &str) -> (Vec<Row>, u64) {
    on_a_thread(|| try_simple_query(url, sql)).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

fn on_a_thread<T: Send>(ask: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(ask).join()).expect("a thread that does not panic")
}

fn try_simple_query(url: &str, sql: &str) -> Result<(Vec<Row>, u64), tokio_postgres::Error> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let (mut rows, mut touched) = (Vec::new(), 0);
        for message in client.simple_query(sql).await? {
            match message {
                SimpleQueryMessage::Row(row) => {
                    let columns = 0..row.len();
                    rows.push(columns.map(|at| row.get(at).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(count) => touched = count,
                _ => {}
            }
        }
        drop(client);
        // Said goodbye: whatever comes next may want to be the only one here.
        connection.await.expect("a connection that does not panic")?;
        Ok((rows, touched))
    })
}

/// An empty database in a server, gone when nobody needs it any more.
#[derive(Debug)]
pub(crate) struct FreshPostgres {
    server: String,
    name: String,
}

impl FreshPostgres {
    pub(crate) fn make_in(server: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gatewright_it_{}_{number}", std::process::id());
        // What a run left behind that was killed.
        simple_query(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        simple_query(server, &format!("CREATE DATABASE {name}"));
        Self { server: server.to_owned(), name }
    }

    pub(crate) fn url(&self) -> String {
        let mut url = reqwest::Url::parse(&self.server).expect("a URL");
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for FreshPostgres {
    fn drop(&mut self) {
        // The server may be gone, and this be a test that fails already.
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = on_a_thread(|| try_simple_query(&self.server, &sql).is_ok());
    }
}

/// The server that tests share: its superuser's URL.
pub(crate) fn shared_postgres() -> String {
    told("GATEWRIGHT_TEST_POSTGRES")
}

/// Another one, which one test at a time may stop and start.
pub(crate) struct SparePostgres {
    keeper: String,
    url: String,
    _alone: MutexGuard<'static, ()>,
}

impl SparePostgres {
    #[track_caller]
    pub(crate) fn get() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told("GATEWRIGHT_TEST_POSTGRES_SPARE");
        let (keeper, url) = told.split_once(' ').expect("a process id and a URL");
        let spare = Self { keeper: keeper.to_owned(), url: url.to_owned(), _alone: alone };
        // A test that failed may have left it stopped.
        spare.start();
        spare
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// As a crash of one of its processes does it: nobody is told, nothing is written.
    pub(crate) fn crash(&self) {
        self.signal("USR1");
    }

    /// As for an upgrade: everybody is told to go.
    pub(crate) fn shut_down(&self) {
        self.signal("USR2");
    }

    /// Starts it again, and waits until it answers.
    #[track_caller]
    pub(crate) fn start(&self) {
        self.signal("ALRM");
        let began = Instant::now();
        while on_a_thread(|| try_simple_query(&self.url, "SELECT 1").is_err()) {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL does not start");
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.keeper]).status();
        assert!(sent.expect("`kill` runs").success(), "no process {}", self.keeper);
    }
}

#[track_caller]
fn told(variable: &str) -> String {
    let value = std::env::var_os(variable).map(std::ffi::OsString::into_string);
    let Some(Ok(value)) = value else {
        panic!(
            "{variable} is not set: it names a PostgreSQL whose user may create databases. `cargo \
             xtask test` starts one, and so does `cargo xtask postgres cargo test -p \
             gatewright-cli`"
        )
    };
    value
}
