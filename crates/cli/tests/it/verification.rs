//! Links that verify an address: stored nowhere, so that they can be opened again, and good once all
//! the same.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::SESSION_COOKIE;
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

on_both_engines! {
    of_fifty_at_once_who_open_a_link_one_is_signed_in,
    a_link_verifies_the_address_that_it_was_mailed_to_and_no_later_one,
}

async fn of_fifty_at_once_who_open_a_link_one_is_signed_in(engine: Engine) {
    let options = Options::on(engine)
        .variable("GATEWRIGHT__EMAIL_VERIFICATION__AUTO_SIGN_IN_AFTER_VERIFICATION", "true")
        .variable("GATEWRIGHT__EMAIL_VERIFICATION__SEND_ON_SIGN_UP", "true");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let mail = options.mail(0).await;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        tasks.spawn(server.get(&format!("/verify-email?token={}", mail.token())).send());
    }
    let answers = tasks.join_all().await;
    for answer in &answers {
        let verified = json!({"status": true, "user": null});
        assert_eq!((answer.status, answer.json()), (200, verified));
    }
    let signed_in = answers.iter().filter(|answer| answer.cookie(SESSION_COOKIE).is_some());
    assert_eq!(signed_in.count(), 1);
    let later = server.get(mail.path()).send().await;
    assert!(!later.sets_cookies(), "{later:?}");
    let session = server.get("/get-session").by(&ada).send().await.json();
    assert_eq!(session["user"]["emailVerified"], true, "{session}");
    server.assert_unharmed();
}

async fn a_link_verifies_the_address_that_it_was_mailed_to_and_no_later_one(engine: Engine) {
    let options = Options::on(engine)
        .variable("GATEWRIGHT__EMAIL_VERIFICATION__SEND_ON_SIGN_UP", "true")
        .variable("GATEWRIGHT__USER__CHANGE_EMAIL__ENABLED", "true")
        .variable("GATEWRIGHT__USER__CHANGE_EMAIL__UPDATE_EMAIL_WITHOUT_VERIFICATION", "true");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let first = options.mail(0).await;
    let body = json!({"newEmail": "somebody@example.com"});
    assert_eq!(server.post("/change-email", &body).by(&ada).send().await.status, 200);
    // Somebody else signs up with the address that has become free: the link is not theirs either.
    let body = json!({"name": "eve", "email": "ada@example.com", "password": "password of eve"});
    assert_eq!(server.post("/sign-up/email", &body).send().await.status, 200);
    let answer = server.get(&format!("/verify-email?token={}", first.token())).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (401, &Value::from("INVALID_TOKEN")));
    let user = server.get("/get-session").by(&ada).send().await.json()["user"].take();
    assert_eq!(
        (&user["email"], &user["emailVerified"]),
        (&json!("somebody@example.com"), &json!(false))
    );
    server.assert_unharmed();
}
