//! Users who delete themselves, and nobody else.

use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{PASSWORD, SESSION_COOKIE, User};
use crate::process::PATIENCE;
use crate::server::{Options, Server};

fn enabled() -> Options {
    Options::default().variable("GATEWRIGHT__USER__DELETE_USER__ENABLED", "true")
}

/// How many users, accounts and sessions there are.
fn counts(options: &Options) -> [i64; 3] {
    let database = Connection::open(options.database()).expect("a database");
    database.busy_timeout(PATIENCE).expect("patience");
    ["user", "account", "session"].map(|table| {
        let sql = format!("SELECT count(*) FROM \"{table}\"");
        database.query_row(&sql, [], |row| row.get(0)).expect("a count")
    })
}

/// Starts `user`'s session at another time.
fn date_session(options: &Options, user: &User, created_at: &str) {
    let database = Connection::open(options.database()).expect("a database");
    database.busy_timeout(PATIENCE).expect("patience");
    let sql = "UPDATE \"session\" SET \"createdAt\" = $1 WHERE \"token\" = $2";
    assert_eq!(database.execute(sql, [created_at, &user.token]), Ok(1));
}

#[tokio::test]
async fn it_is_off_unless_it_is_configured() {
    for options in [
        Options::default(),
        Options::default().file("gatewright.toml", "[user.delete_user]\nenabled = false\n"),
    ] {
        let server = Server::start(&options);
        let ada = server.sign_up("ada").await;
        for body in [json!({}), json!({"password": PASSWORD}), json!({"token": "x"})] {
            let answer = server.post("/delete-user", &body).by(&ada).send().await;
            assert_eq!((answer.status, answer.text().as_str()), (404, ""), "{body}");
        }
        assert_eq!(counts(&options), [1, 1, 1]);
        server.assert_unharmed();
    }
}

#[tokio::test]
async fn nobody_deletes_another() {
    let options = enabled();
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let body = json!({"id": ada.id, "userId": ada.id, "email": ada.email, "password": PASSWORD});
    let answer = server.post(&format!("/delete-user?userId={}", ada.id), &body).by(&eve).send();
    let answer = answer.await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.cookie(SESSION_COOKIE).expect("a cookie that is cleared");
    assert_eq!(cookie.value, "");
    assert!(cookie.attributes.contains(&"Max-Age=0".to_owned()), "{cookie:?}");

    assert_eq!(counts(&options), [1, 1, 1]);
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["user"]["id"], json!(ada.id));
    assert_eq!(server.get("/get-session").by(&eve).send().await.json(), Value::Null);
    assert_eq!(server.sign_in(&eve.email, PASSWORD).send().await.status, 401);
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 200);
    server.assert_unharmed();
}

#[tokio::test]
async fn a_browser_left_open_is_not_enough() {
    let options = enabled();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    date_session(&options, &ada, "2026-01-01T00:00:00.000Z");
    for body in [json!({}), json!({"password": ""}), json!({"password": "", "token": ""})] {
        let answer = server.post("/delete-user", &body).by(&ada).send().await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("SESSION_EXPIRED")));
    }
    let answer = server.post("/delete-user", &json!({"password": "wrong"})).by(&ada).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("INVALID_PASSWORD")));
    assert_eq!(counts(&options), [1, 1, 1]);
    let body = json!({"password": PASSWORD});
    assert_eq!(server.post("/delete-user", &body).by(&ada).send().await.status, 200);
    assert_eq!(counts(&options), [0, 0, 0]);
    server.assert_unharmed();
}

#[tokio::test]
async fn of_many_deletions_at_once_one_is_done() {
    let options = enabled();
    let server = Server::start(&options);
    let (ada, _eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let body = json!({"password": PASSWORD});
        tasks.spawn(server.post("/delete-user", &body).by(&ada).send());
    }
    let answers = tasks.join_all().await;
    let (done, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(done.len(), 1, "{answers:?}");
    // Too late for the session, or for the password that was to be compared.
    assert!(late.iter().all(|answer| matches!(answer.status, 400 | 401)), "{late:?}");
    assert_eq!(counts(&options), [1, 1, 1]);
    server.assert_unharmed();
}
