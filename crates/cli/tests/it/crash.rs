//! A server that is killed keeps what it has promised.

use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::PASSWORD;
use crate::server::{Options, Server};

const USERS: usize = 200;

fn email(number: usize) -> String {
    format!("user{number}@example.com")
}

#[tokio::test]
async fn whoever_was_told_yes_can_sign_in_after_a_kill() {
    let options = Options::default();
    let server = Server::start(&options);
    let mut tasks = JoinSet::new();
    for number in 0..USERS {
        let body = json!({"name": "Somebody", "email": email(number), "password": PASSWORD});
        let request = server.post("/sign-up/email", &body);
        tasks.spawn(async move { (number, request.try_send().await) });
    }
    let mut promised = Vec::new();
    let mut is_killed = false;
    let mut unanswered = 0;
    while let Some(done) = tasks.join_next().await {
        match done.expect("a task that does not panic") {
            (number, Ok(answer)) if answer.status == 200 => promised.push(number),
            (_, Ok(answer)) => assert_eq!(answer.status, 503, "neither yes nor later: {answer:?}"),
            (_, Err(error)) => {
                assert!(is_killed, "no answer before the kill: {error:?}");
                unanswered += 1;
            }
        }
        if promised.len() == USERS / 3 && !is_killed {
            server.signal("KILL");
            is_killed = true;
        }
    }
    assert!(unanswered > 0, "it was not killed in their midst");
    assert_eq!(server.finish().code(), None, "killed");
    assert_whole(&options);

    let server = Server::start(&options);
    let mut tasks = JoinSet::new();
    for number in &promised {
        let request = server.sign_in(&email(*number), PASSWORD);
        tasks.spawn(async move { request.send().await });
    }
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.expect("a task that does not panic");
        assert_eq!(answer.status, 200, "told yes, and forgotten: {answer:?}");
    }
    // Whoever was told nothing is there wholly or not at all.
    let mut untold = (0..USERS).filter(|number| !promised.contains(number));
    for number in untold.by_ref().take(8) {
        let body = json!({"name": "Somebody", "email": email(number), "password": PASSWORD});
        let again = server.post("/sign-up/email", &body).send().await;
        let expected =
            if again.status == 422 { server.sign_in(&email(number), PASSWORD) } else { continue };
        assert_eq!(expected.send().await.status, 200, "there, but not wholly: {number}");
    }
    server.assert_unharmed();
    assert_whole(&options);
}

/// The file is sound, and nobody is in it by half.
fn assert_whole(options: &Options) {
    let database =
        Connection::open_with_flags(options.database(), OpenFlags::SQLITE_OPEN_READ_WRITE)
            .expect("a database");
    let verdict: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict");
    assert_eq!(verdict, "ok");
    let count =
        |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).expect("a count") };
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    for table in ["account", "session"] {
        let without = format!(
            "SELECT count(*) FROM \"user\" WHERE id NOT IN (SELECT \"userId\" FROM \"{table}\")"
        );
        assert_eq!(count(&without), 0, "users without {table}");
    }
    assert_eq!(
        count("SELECT count(*) FROM account WHERE password IS NULL OR length(password) <> 161"),
        0
    );
}
