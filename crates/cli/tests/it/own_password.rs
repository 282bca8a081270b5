//! What a user's own password changes, and whose it leaves alone.

use std::collections::BTreeMap;

use reqwest::header::COOKIE;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{PASSWORD, SESSION_COOKIE};
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

const NEW: &str = "a password that is new";

fn change(current: &str, new: &str, revoke: bool) -> Value {
    json!({"currentPassword": current, "newPassword": new, "revokeOtherSessions": revoke})
}

on_both_engines! {
    nobody_changes_anothers_password_or_ends_their_sessions,
    of_many_changes_at_once_one_counts,
    of_many_that_end_all_sessions_at_once_one_session_is_left,
}

async fn nobody_changes_anothers_password_or_ends_their_sessions(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let mut body = change(PASSWORD, NEW, true);
    body["userId"] = json!(ada.id);
    body["email"] = json!(ada.email);
    let answer = server.post("/change-password", &body).by(&eve).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["user"]["id"], json!(eve.id));

    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["session"]["token"], json!(ada.token));
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 200);
    assert_eq!(server.sign_in(&ada.email, NEW).send().await.status, 401);
    assert_eq!(server.sign_in(&eve.email, NEW).send().await.status, 200);
    let old = server.get("/get-session").by(&eve).send().await;
    assert_eq!(old.json(), Value::Null, "the session from before is over");
    server.assert_unharmed();
}

async fn of_many_changes_at_once_one_counts(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let ada = server.sign_up("ada").await;
    let mut tasks = JoinSet::new();
    for number in 0..6 {
        let new = format!("{NEW}, {number}");
        let request = server.post("/change-password", &change(PASSWORD, &new, false)).by(&ada);
        let answer = request.send();
        tasks.spawn(async move { (new, answer.await) });
    }
    let answers: BTreeMap<_, _> = tasks.join_all().await.into_iter().collect();
    let (right, wrong): (Vec<_>, Vec<_>) =
        answers.iter().partition(|(_, answer)| answer.status == 200);
    assert_eq!(right.len(), 1, "{answers:?}");
    for (_, answer) in wrong {
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("INVALID_PASSWORD")));
    }
    for new in answers.keys() {
        let is_new = right.iter().any(|(new_one, _)| *new_one == new);
        let status = if is_new { 200 } else { 401 };
        assert_eq!(server.sign_in(&ada.email, new).send().await.status, status, "{new}");
    }
    server.assert_unharmed();
}

async fn of_many_that_end_all_sessions_at_once_one_session_is_left(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let ada = server.sign_up("ada").await;
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        // The same password again: what stops the others is that their session has gone.
        let body = change(PASSWORD, PASSWORD, true);
        tasks.spawn(server.post("/change-password", &body).by(&ada).send());
    }
    let answers = tasks.join_all().await;
    let mut right = answers.iter().filter(|answer| answer.status == 200);
    let new = right.next().expect("one that counts");
    assert!(right.next().is_none(), "{answers:?}");
    let cookie = new.cookie(SESSION_COOKIE).expect("a new session").value;
    let cookies = format!("{SESSION_COOKIE}={cookie}");
    let listed = server.get("/list-sessions").header(COOKIE.as_str(), &cookies).send().await;
    let json = listed.json();
    let tokens: Vec<_> = json.as_array().expect("a list").iter().map(|s| &s["token"]).collect();
    assert_eq!(tokens, [&new.json()["token"]]);
    server.assert_unharmed();
}
