//! The database as a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::client::PASSWORD;
use crate::process::run;
use crate::server::{Options, SECRET, Server, Starting};

fn open(path: &Path) -> Connection {
    let database = Connection::open(path).expect("a database");
    database.pragma_update(None, "foreign_keys", true).expect("foreign keys");
    database.busy_timeout(crate::process::PATIENCE).expect("patience");
    database
}

fn count(database: &Connection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM \"{table}\"");
    database.query_row(&sql, [], |row| row.get(0)).expect("a count")
}

#[tokio::test]
async fn a_new_database_is_its_owners_alone_and_written_ahead() {
    let options = Options::default();
    let server = Server::start(&options);
    server.sign_up("ada").await;
    let database = options.database();
    for file in fs::read_dir(server.directory()).expect("a directory") {
        let file = file.expect("an entry");
        if file.file_name().to_string_lossy().starts_with("it.db") {
            let mode = file.metadata().expect("its mode").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", file.path().display());
        }
    }
    let mode: String =
        open(&database).query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("a mode");
    assert_eq!(mode, "wal");
    server.assert_unharmed();
}

/// What one server does while it makes the tables; it must not cost another one its start.
#[test]
fn a_start_waits_for_another_that_has_the_file_locked() {
    let options = Options::default();
    let database = open(&options.database());
    database.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let starting = Starting::new(&options);
    let gave_up = starting.gives_up_within(Duration::from_millis(700));
    database.execute_batch("ROLLBACK").expect("the lock is given back");
    assert!(!gave_up, "it gave up although the file was to be free in a moment");
    starting.listening().assert_unharmed();
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    let text = "This is no database. ".repeat(1000);
    let options = Options::bare().file("it.db", &text);
    let args = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:it.db"];
    let finished = run(&options.path(""), &args, &[("BETTER_AUTH_SECRET", SECRET)]);
    assert_eq!(finished.code(), Some(2), "unusable input: {}", finished.output());
    assert!(finished.stderr.contains("it.db"), "{}", finished.stderr);
    assert_eq!(fs::read_to_string(options.database()).expect("the file"), text);
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let options = Options::bare();
    open(&options.database())
        .execute_batch(
            "CREATE TABLE recipes (id integer primary key); INSERT INTO recipes VALUES (1)",
        )
        .expect("a table");
    let args = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:it.db"];
    let finished = run(&options.path(""), &args, &[("BETTER_AUTH_SECRET", SECRET)]);
    assert_eq!(finished.code(), Some(2), "unusable input: {}", finished.output());
    let database = open(&options.database());
    assert_eq!((count(&database, "recipes"), count(&database, "sqlite_master")), (1, 1));
}

#[test]
fn a_database_in_no_directory_is_refused() {
    let options = Options::bare();
    let args = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:no/such/it.db"];
    let finished = run(&options.path(""), &args, &[("BETTER_AUTH_SECRET", SECRET)]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("no/such/it.db"), "{}", finished.stderr);
}

#[tokio::test]
async fn keys_and_passwords_do_not_lie_open_in_the_file() {
    let options = Options::default();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);
    server.stop().assert_no_failure();
    let database = open(&options.database());
    let text = |sql| -> String { database.query_row(sql, [], |row| row.get(0)).expect("a text") };
    // The JSON of a text in hex: no key in the clear.
    let private = text("SELECT \"privateKey\" FROM jwks");
    let hex = private.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("quotes");
    assert!(hex.len() > 96 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{private}");
    let hash = text("SELECT password FROM account");
    let (salt, key) = hash.split_once(':').expect("salt and key");
    assert_eq!((salt.len(), key.len()), (32, 128));
    drop(database);
    for file in fs::read_dir(options.path("")).expect("a directory") {
        let bytes = fs::read(file.expect("an entry").path()).expect("a file");
        for secret in [PASSWORD, SECRET] {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} lies open");
        }
    }
}

#[tokio::test]
async fn what_is_left_of_a_server_that_was_stopped_is_one_file() {
    let options = Options::default();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    for _ in 0..8 {
        assert_eq!(server.get("/get-session").by(&ada).send().await.status, 200);
    }
    server.stop().assert_no_failure();
    let files = fs::read_dir(options.path("")).expect("a directory");
    let names: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
    let of_database = names.iter().filter(|name| name.to_string_lossy().starts_with("it.db"));
    assert_eq!(of_database.collect::<Vec<_>>(), ["it.db"]);
}
