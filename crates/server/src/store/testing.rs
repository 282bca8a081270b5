//! A database of one's own for each test, on either engine.

use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::{DatabaseUrl, Store};
use crate::crypto::Random;

/// A database that is nobody else's.
pub(crate) struct Database {
    url: DatabaseUrl,
    /// Goes with the test.
    _directory: TempDir,
}

impl Database {
    /// One on SQLite, and one on the PostgreSQL that `GATEWRIGHT_TEST_POSTGRES` names.
    pub(crate) async fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres().await]
    }

    fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        Self { url: url.parse().unwrap(), _directory: directory }
    }

    #[expect(clippy::disallowed_methods, reason = "where tests find the server they are given")]
    async fn postgres() -> Self {
        let Ok(server) = std::env::var("GATEWRIGHT_TEST_POSTGRES") else {
            panic!("this needs a PostgreSQL: run `cargo xtask postgres cargo test …`")
        };
        let name = format!("unit_{}", Random::system().id(24).to_lowercase());
        let (client, connection) = tokio_postgres::connect(&server, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}").parse().unwrap();
        Self { url, _directory: tempfile::tempdir().unwrap() }
    }

    /// Opens it, as one more server would.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}
