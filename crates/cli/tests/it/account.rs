//! What users change of their own, and of nobody else's.

use serde_json::{Value, json};

use crate::client::User;
use crate::database::{Database, Engine, on_both_engines};
use crate::server::{Options, Server};

/// Everything that is stored of a user, as text.
fn rows_of(database: &Database, user: &User) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, column) in [("user", "id"), ("account", "userId"), ("session", "userId")] {
        let sql =
            format!(r#"SELECT * FROM "{table}" WHERE "{column}" = '{}' ORDER BY "id""#, user.id);
        rows.extend(database.rows(&sql).into_iter().map(|row| format!("{table}: {row:?}")));
    }
    rows
}

/// Gives a user an account at a provider, with tokens of theirs.
fn link(database: &Database, user: &User, id: &str) {
    let sql = format!(
        r#"INSERT INTO "account" ("id", "accountId", "providerId", "userId", "accessToken",
        "refreshToken", "idToken", "scope", "createdAt", "updatedAt")
        VALUES ('{id}', '{id}', 'github', '{}', 'access-secret', 'refresh-secret', 'id-secret',
        'repo,user', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"#,
        user.id
    );
    assert_eq!(database.execute(&sql), 1);
}

on_both_engines! {
    nobody_sees_or_unlinks_anothers_account,
    of_the_last_two_accounts_one_stays_however_many_ask_at_once,
    nobody_changes_anothers_name_address_or_id,
}

async fn nobody_sees_or_unlinks_anothers_account(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let database = options.rows();
    link(&database, &ada, "ada-github");
    link(&database, &eve, "eve-github");
    let before = rows_of(&database, &ada);
    let own = |user: &User| -> String {
        let sql = r#"SELECT "id" FROM "account" WHERE "password" IS NOT NULL AND "userId" = "#;
        database.texts(&format!("{sql}'{}'", user.id)).remove(0)
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

async fn of_the_last_two_accounts_one_stays_however_many_ask_at_once(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let database = options.rows();
    let names: Vec<String> = (0..8).map(|number| format!("account-{number}")).collect();
    for name in &names {
        link(&database, &ada, name);
    }
    // The password's own is taken first, so that those eight are all there are.
    let sql = r#"DELETE FROM "account" WHERE "password" IS NOT NULL"#;
    assert_eq!(database.execute(sql), 1);
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

async fn nobody_changes_anothers_name_address_or_id(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let database = options.rows();
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
