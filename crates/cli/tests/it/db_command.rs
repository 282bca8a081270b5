//! `gatewright db`, and what `serve` says of a database.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::process::{Finished, run};
use crate::server::{Options, Server};

fn db(server: &Server, args: &[&str]) -> Finished {
    let args = [&["db"], args, &["--format", "json"]].concat();
    run(server.directory(), &args, &[("DATABASE_URL", &server.rows().url())])
}

#[tokio::test]
async fn a_database_is_described_checked_mended_and_copied() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let status = db(&server, &["status"]);
    assert_eq!(
        (status.code(), status.json()["schema"].clone()),
        (Some(0), json!("Better Auth 1.7"))
    );
    let tables = status.json()["tables"].as_array().unwrap().clone();
    assert!(tables.contains(&json!({ "name": "user", "rows": 1, "known": true })), "{tables:?}");
    assert_eq!(db(&server, &["check"]).json()["usable"], json!(true));

    server.rows().execute(r#"DROP TABLE "rateLimit"; ALTER TABLE "jwks" DROP COLUMN "crv""#);
    let checked = db(&server, &["check"]);
    assert_eq!((checked.code(), checked.json()["usable"].clone()), (Some(1), json!(false)));
    assert_eq!(checked.json()["differences"][0]["message"], json!("column jwks.crv is missing"));
    let shown = db(&server, &["migrate", "--dry-run"]).json();
    assert_eq!(shown["applied"], json!(false));
    assert_eq!(db(&server, &["check"]).code(), Some(1), "nothing was run");
    assert_eq!(db(&server, &["migrate"]).json()["statements"], shown["statements"]);
    assert_eq!(db(&server, &["check"]).code(), Some(0));
    assert_eq!(db(&server, &["migrate"]).json()["statements"], json!([]));

    let copied = db(&server, &["copy", "env:DATABASE_URL", "sqlite:copy.db"]);
    assert_eq!(copied.code(), Some(0), "{}", copied.output());
    assert_eq!(copied.json()["tables"][0]["rows"], json!(1));
    assert!(!copied.output().contains(&ada.token), "a token is shown");
    let copy = Connection::open(server.directory().join("copy.db")).unwrap();
    let email: String =
        copy.query_row(r#"SELECT "email" FROM "user""#, [], |row| row.get(0)).unwrap();
    assert_eq!(email, ada.email);
}

#[tokio::test]
async fn what_is_no_database_is_not_made_one() {
    let server = Server::start(&Options::default());
    for args in [["status"], ["check"], ["migrate"]] {
        let args = [&["db"], args.as_slice(), &["--database", "sqlite:nothing.db"]].concat();
        let finished = run(server.directory(), &args, &[]);
        assert_eq!(finished.code(), Some(2), "{}", finished.output());
        assert!(finished.output().contains("there is no database nothing.db"));
    }
    assert!(!server.directory().join("nothing.db").exists());
    let copied = db(&server, &["copy", "env:DATABASE_URL", &server.rows().url()]);
    assert_eq!(copied.code(), Some(2), "{}", copied.output());
}

#[tokio::test]
async fn a_server_does_not_start_with_keys_of_another_secret() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let answer = server.get("/token").by(&ada).send().await;
    assert_ne!(answer.json()["token"], Value::Null);
    let (database, directory) = (server.rows().url(), server.directory().to_owned());
    let variables = [("BETTER_AUTH_SECRET", "quite another secret than that of before 42")];
    let args = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
    let finished = run(&directory, &args, &variables);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    let said = finished.output();
    assert!(said.contains("cannot be decrypted with this secret"), "{said}");
    assert!(!said.contains("quite another"), "the secret is shown: {said}");
}
