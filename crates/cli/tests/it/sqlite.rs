//! The database as a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::client::{PASSWORD, SESSION_COOKIE};
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

#[tokio::test]
async fn a_user_who_is_deleted_takes_sessions_and_accounts_along() {
    let options = Options::default();
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let database = open(&options.database());
    assert_eq!((count(&database, "session"), count(&database, "account")), (2, 2));
    database.execute("DELETE FROM \"user\" WHERE id = $1", [&ada.id]).expect("a deletion");
    assert_eq!((count(&database, "session"), count(&database, "account")), (1, 1));

    let gone = server.get("/get-session").by(&ada).send().await;
    assert_eq!((gone.status, gone.json()), (200, Value::Null));
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 401);
    let there = server.get("/get-session").by(&eve).send().await;
    assert_eq!(there.json()["user"]["id"], json!(eve.id));
    server.assert_unharmed();
}

#[tokio::test]
async fn nothing_is_lost_by_a_restart() {
    let options = Options::default();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    server.stop().assert_no_failure();
    let server = Server::start(&options);
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["session"]["token"], json!(ada.token));
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 200);
    server.assert_unharmed();
}

#[tokio::test]
async fn two_servers_share_a_database() {
    let options = Options::default().arg("--base-url").arg("http://auth.example.com");
    // Started at once on a file that is not there yet.
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Server::start(&options));
        let two = scope.spawn(|| Server::start(&options));
        (one.join().expect("the first starts"), two.join().expect("the second starts"))
    });
    let sign_up = async |server: &Server, name: String| server.sign_up(&name).await;
    for round in 0..4 {
        let (ada, eve) = tokio::join!(
            sign_up(&one, format!("ada{round}")),
            sign_up(&two, format!("eve{round}"))
        );
        for (server, user) in [(&two, &ada), (&one, &eve)] {
            let session = server.get("/get-session").by(user).send().await;
            assert_eq!(session.json()["user"]["id"], json!(user.id), "{session:?}");
            assert_eq!(server.sign_in(&user.email, PASSWORD).send().await.status, 200);
            assert_eq!(server.get("/token").by(user).send().await.status, 200);
        }
        let gone = two.post("/sign-out", &json!({})).by(&ada).send().await;
        assert_eq!(gone.status, 200);
        assert!(one.get("/get-session").by(&ada).send().await.json().is_null());
    }
    // Whatever the one has signed, the other publishes the key of.
    let keys = async |server: &Server| server.get("/jwks").send().await.json();
    assert_eq!(keys(&one).await, keys(&two).await);
    one.assert_unharmed();
    two.assert_unharmed();
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

#[tokio::test]
async fn of_two_sign_ups_with_one_address_one_wins() {
    let options = Options::default();
    let server = Server::start(&options);
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let sign_up = || server.post("/sign-up/email", &body).send();
    let (a, b, c, d) = tokio::join!(sign_up(), sign_up(), sign_up(), sign_up());
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422, 422]);
    let database = open(&options.database());
    assert_eq!(["user", "account", "session"].map(|table| count(&database, table)), [1, 1, 1]);
    server.assert_unharmed();
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
async fn an_expired_session_is_none_and_is_cleared_away() {
    let options = Options::default();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let database = open(&options.database());
    let past = "UPDATE session SET \"expiresAt\" = '2020-01-01T00:00:00.000Z'";
    database.execute(past, []).expect("an update");
    let answer = server.get("/get-session").by(&ada).send().await;
    assert_eq!((answer.status, answer.json()), (200, Value::Null));
    assert_eq!(answer.header("set-auth-jwt"), None, "no token for an expired session");
    assert_eq!(answer.cookie(SESSION_COOKIE).expect("a cleared cookie").value, "");
    assert_eq!(count(&database, "session"), 0);
    for path in ["/token", "/list-sessions"] {
        assert_eq!(server.get(path).by(&ada).send().await.status, 401, "{path}");
    }
    server.assert_unharmed();
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
async fn with_another_secret_sessions_end_and_no_key_is_replaced() {
    let options = Options::default();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);
    server.stop().assert_no_failure();

    let other = "another-secret-for-tests-of-52-characters-or-so-long";
    let server = Server::start(&options.clone().variable("BETTER_AUTH_SECRET", other));
    let session = server.get("/get-session").by(&ada).send().await;
    assert!(session.json().is_null(), "{session:?}");
    let token = server.sign_in(&ada.email, PASSWORD).send().await.json()["token"].clone();
    let bearer = format!("Bearer {}", token.as_str().expect("a token"));
    let refused = server.get("/token").header("authorization", &bearer).send().await;
    assert_eq!(refused.status, 500, "the key cannot be read: {refused:?}");
    assert_eq!(refused.text(), "", "nor is it said why");
    assert_eq!(count(&open(&options.database()), "jwks"), 1, "no key is replaced");
    let log = server.stop();
    assert!(!log.text.contains("panic") && !log.text.contains(other), "{}", log.text);
    assert!(log.lines.iter().any(|line| line["level"] == "ERROR"), "the log says why");

    let server = Server::start(&options);
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["user"]["id"], json!(ada.id), "with the first one all is well");
    server.assert_unharmed();
}
