//! What users change of their own, and of nobody else's.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::client::User;
use crate::process::PATIENCE;
use crate::server::{Options, Server};

fn open(options: &Options) -> Connection {
    let database = Connection::open(options.database()).expect("a database");
    database.busy_timeout(PATIENCE).expect("patience");
    database
}

/// Everything that is stored of a user, as text.
fn rows_of(database: &Connection, user: &User) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, column) in [("user", "id"), ("account", "userId"), ("session", "userId")] {
        let sql = format!("SELECT * FROM \"{table}\" WHERE \"{column}\" = $1 ORDER BY \"id\"");
        let mut statement = database.prepare(&sql).expect("a statement");
        let columns = statement.column_count();
        let mut found = statement.query([&user.id]).expect("rows");
        while let Some(row) = found.next().expect("a row") {
            let values = (0..columns).map(|index| format!("{:?}", row.get_ref(index)));
            rows.push(format!("{table}: {}", values.collect::<Vec<_>>().join(", ")));
        }
    }
    rows
}

/// Gives a user an account at a provider, with tokens of theirs.
fn link(database: &Connection, user: &User, id: &str) {
    let sql = r#"INSERT INTO "account" ("id", "accountId", "providerId", "userId", "accessToken",
        "refreshToken", "idToken", "scope", "createdAt", "updatedAt")
        VALUES ($1, $1, 'github', $2, 'access-secret', 'refresh-secret', 'id-secret', 'repo,user',
        '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"#;
    database.execute(sql, [id, &user.id]).expect("an account");
}

#[tokio::test]
async fn nobody_sees_or_unlinks_anothers_account() {
    let options = Options::default();
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let database = open(&options);
    link(&database, &ada, "ada-github");
    link(&database, &eve, "eve-github");
    let before = rows_of(&database, &ada);
    let own = |user: &User| -> String {
        let sql = r#"SELECT "id" FROM "account" WHERE "userId" = $1 AND "password" IS NOT NULL"#;
        database.query_row(sql, [&user.id], |row| row.get(0)).expect("an account")
    };

    for id in ["ada-github", own(&ada).as_str()] {
        let body = json!({"accountId": id, "userId": ada.id});
        let answer = server.post("/unlink-account", &body).by(&eve).send().await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("ACCOUNT_NOT_FOUND")));
    }
    assert_eq!(rows_of(&database, &ada), before);
    let listed = server.get(&format!("/list-accounts?userId={}", ada.id)).by(&eve).send().await;
    let json = listed.json();
    let owners: Vec<&Value> =
        json.as_array().expect("a list").iter().map(|a| &a["userId"]).collect();
    assert_eq!(owners, [&json!(eve.id), &json!(eve.id)]);
    for secret in ["access-secret", "refresh-secret", "id-secret", "password"] {
        assert!(!listed.text().contains(secret), "{secret} in {listed:?}");
    }
    server.assert_unharmed();
}

#[tokio::test]
async fn of_the_last_two_accounts_one_stays_however_many_ask_at_once() {
    let options = Options::default();
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let database = open(&options);
    let names: Vec<String> = (0..8).map(|number| format!("account-{number}")).collect();
    for name in &names {
        link(&database, &ada, name);
    }
    // The password's own is taken first, so that those eight are all there are.
    let sql = r#"DELETE FROM "account" WHERE "password" IS NOT NULL"#;
    database.execute(sql, []).expect("a deletion");
    let mut tasks = tokio::task::JoinSet::new();
    for name in names {
        tasks.spawn(server.post("/unlink-account", &json!({"accountId": name})).by(&ada).send());
    }
    let answers = tasks.join_all().await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert_eq!(refused.len(), 1, "{answers:?}");
    assert_eq!(refused[0].json()["code"], json!("FAILED_TO_UNLINK_LAST_ACCOUNT"));
    assert_eq!(rows_of(&database, &ada).iter().filter(|row| row.starts_with("account")).count(), 1);
    server.assert_unharmed();
}

#[tokio::test]
async fn nobody_changes_anothers_name_address_or_id() {
    let options = Options::default();
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let database = open(&options);
    let before = rows_of(&database, &ada);
    let body = json!({"id": ada.id, "userId": ada.id, "emailVerified": true, "name": "Mallory",
        "session": {"userId": ada.id}, "user": {"id": ada.id}});
    let answer = server.post("/update-user", &body).by(&eve).send().await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": true})));
    assert_eq!(rows_of(&database, &ada), before);

    let session = server.get("/get-session").by(&eve).send().await.json();
    let user = &session["user"];
    assert_eq!((&user["name"], &user["id"]), (&json!("Mallory"), &json!(eve.id)));
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!(eve.email), &json!(false)));
    let body = json!({"email": ada.email, "name": "Ada"});
    let answer = server.post("/update-user", &body).by(&eve).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("EMAIL_CAN_NOT_BE_UPDATED")));
    assert_eq!(server.get("/get-session").by(&eve).send().await.json()["user"], *user);
    server.assert_unharmed();
}
