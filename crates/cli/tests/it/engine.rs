//! SQLite and PostgreSQL, for what must hold on both.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

use crate::server::Options;

/// A server's options on a database of its own, and a look into it.
pub(crate) struct Engine {
    pub(crate) options: Options,
    look: Look,
}

enum Look {
    Sqlite,
    Postgres(tokio_postgres::Client),
}

impl Engine {
    /// `options` on SQLite, and on a new database in the PostgreSQL that
    /// `GATEWRIGHT_TEST_POSTGRES` names.
    pub(crate) async fn both(options: impl Fn() -> Options) -> [Self; 2] {
        let sqlite = Self { options: options(), look: Look::Sqlite };
        let (url, client) = postgres().await;
        let options = options().database_url(&url);
        [sqlite, Self { options, look: Look::Postgres(client) }]
    }

    /// The first column of an answer's rows, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        match &self.look {
            Look::Sqlite => {
                let db = rusqlite::Connection::open(self.options.database()).expect("a database");
                let mut statement = db.prepare(sql).expect("a statement");
                let rows = statement.query_map([], |row| row.get(0)).expect("rows");
                rows.map(|row| row.expect("a text")).collect()
            }
            Look::Postgres(client) => {
                let rows = client.query(sql, &[]).await.expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Runs a statement; what the database says if it refuses.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), String> {
        match &self.look {
            Look::Sqlite => {
                let db = rusqlite::Connection::open(self.options.database()).expect("a database");
                db.busy_timeout(crate::process::PATIENCE).expect("a time to wait");
                db.execute_batch(sql).map_err(|error| error.to_string())
            }
            Look::Postgres(client) => client
                .batch_execute(sql)
                .await
                .map_err(|error| error.as_db_error().expect("an answer").message().to_owned()),
        }
    }
}

/// A new database's URL, and a connection to it.
async fn postgres() -> (String, tokio_postgres::Client) {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let Some(server) = std::env::var_os("GATEWRIGHT_TEST_POSTGRES") else {
        panic!("this needs a PostgreSQL: run `cargo xtask postgres cargo test …`")
    };
    let server = server.into_string().expect("a URL");
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("it_{}_{made}", std::process::id());
    let administrator = connect(&server).await;
    administrator.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let (base, _) = server.rsplit_once('/').expect("a URL with the name of a database");
    let url = format!("{base}/{name}");
    let client = connect(&url).await;
    (url, client)
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL");
    tokio::spawn(connection);
    client
}
