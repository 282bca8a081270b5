//! Nobody is signed in to a session that somebody else has chosen.

use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, SESSION_COOKIE};
use crate::server::{Options, Server};

/// The session that a sign-in gave: its token, and the cookie's value. Both are of one session.
fn given(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    let cookie = answer.cookie(SESSION_COOKIE).expect("a session cookie").value;
    assert!(cookie.starts_with(&format!("{token}.")), "the cookie is of the session of the answer");
    (token, cookie)
}

async fn whose(server: &Server, cookie: &str) -> Value {
    let cookies = format!("{SESSION_COOKIE}={cookie}");
    server.get("/get-session").cookie(&cookies).send().await.json()["user"]["email"].clone()
}

#[tokio::test]
async fn each_sign_in_starts_a_session_of_its_own() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let mut tokens = vec![ada.token.clone()];
    let mut cookie = ada.cookie;
    for _ in 0..3 {
        let request = server.sign_in("ada@example.com", PASSWORD);
        let answer = request.cookie(&format!("{SESSION_COOKIE}={cookie}")).send().await;
        let (token, next) = given(&answer);
        assert!(!tokens.contains(&token), "a token came twice");
        tokens.push(token);
        cookie = next;
    }
}

#[tokio::test]
async fn a_planted_cookie_is_never_adopted() {
    let server = Server::start(&Options::default());
    let eve = server.sign_up("eve").await;
    server.sign_up("ada").await;
    let ended = given(&server.sign_in("eve@example.com", PASSWORD).send().await);
    let sign_out = server.post("/sign-out", &json!({}));
    let cookies = format!("{SESSION_COOKIE}={}", ended.1);
    assert_eq!(sign_out.cookie(&cookies).send().await.status, 200);
    let signature = eve.cookie.split_once('.').expect("a signature").1;

    let planted = [
        eve.cookie.clone(),
        ended.1.clone(),
        format!("{}.{signature}", "p".repeat(32)),
        "p".repeat(32),
        String::new(),
    ];
    for (number, planted) in planted.iter().enumerate() {
        let cookies = format!("{SESSION_COOKIE}={planted}; better-auth.session_data={planted}");
        let name = format!("new-{number}");
        let body = json!({
            "name": name, "email": format!("{name}@example.com"), "password": PASSWORD,
        });
        let sign_in = server.sign_in("ada@example.com", PASSWORD).cookie(&cookies);
        let sign_up = server.post("/sign-up/email", &body).cookie(&cookies);
        let bearer = server
            .sign_in("ada@example.com", PASSWORD)
            .header("authorization", &format!("Bearer {planted}"));
        for answer in [sign_in.send().await, sign_up.send().await, bearer.send().await] {
            let (token, cookie) = given(&answer);
            assert!(token != eve.token && token != ended.0 && !planted.starts_with(&token));
            assert_eq!(whose(&server, &cookie).await, answer.json()["user"]["email"]);
        }
        let expected = if *planted == eve.cookie { json!("eve@example.com") } else { Value::Null };
        assert_eq!(whose(&server, planted).await, expected, "what was planted is as it was");
    }
}
