//! Mails: where they go, who can read them, and what they may be used for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Answer, PASSWORD};
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

const NEW_PASSWORD: &str = "a staple that is not a battery";

fn text(options: &Options) -> String {
    let mails = options.mails();
    let [mail] = mails.as_slice() else { panic!("not one mail: {mails:?}") };
    fs::read_to_string(mail).expect("a mail of text")
}

/// The link of the only mail.
fn link(options: &Options) -> String {
    let text = text(options);
    let link = text.lines().find(|line| line.starts_with("http"));
    link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
}

fn reset_token(options: &Options) -> String {
    let link = link(options);
    let token = link.split("/reset-password/").nth(1).and_then(|rest| rest.split('?').next());
    token.expect("a token").to_owned()
}

async fn request_reset(server: &Server, email: &str) -> Answer {
    let body = json!({"email": email, "redirectTo": "/choose"});
    server.post("/request-password-reset", &body).send().await
}

fn reset(server: &Server, token: &str, password: &str) -> crate::client::Request {
    server.post("/reset-password", &json!({"newPassword": password, "token": token}))
}

/// A server, grace who has signed up with it, and a mail for her.
async fn with_a_mail(options: &Options) -> Server {
    let server = Server::start(options);
    server.sign_up("grace").await;
    assert_eq!(request_reset(&server, "grace@example.com").await.status, 200);
    server.wait_for_log("a mail was delivered");
    server
}

#[tokio::test]
async fn a_mail_is_a_file_for_the_servers_own_user() {
    let options = Options::default();
    let server = with_a_mail(&options).await;
    let mode = |path: PathBuf| fs::metadata(path).expect("its mode").permissions().mode() & 0o777;
    assert_eq!(mode(options.mails().remove(0)), 0o600);
    assert_eq!(mode(options.path(".gatewright/mail")), 0o700);
    let ignored = fs::read_to_string(options.path(".gatewright/mail/.gitignore"));
    assert_eq!(ignored.expect("a file"), "*\n");

    let text = text(&options);
    let head = text.split("\r\n\r\n").next().expect("a head");
    assert!(head.contains("\r\nTo: grace@example.com\r\n"), "{head}");
    let start = format!("{}/api/auth/reset-password/", server.origin());
    assert!(link(&options).starts_with(&start), "{text}");
    let log = server.stop();
    let listening = log.lines.iter().find(|line| line["message"] == "listening");
    let place = listening.and_then(|line| line["mails"].as_str()).expect("where mails go");
    assert!(place.ends_with("/.gatewright/mail"), "{place}");
}

#[tokio::test]
async fn nothing_of_a_mail_is_logged() {
    let options = Options::default().variable("GATEWRIGHT_LOG", "trace");
    let server = with_a_mail(&options).await;
    let token = reset_token(&options);
    let path = link(&options).split("/api/auth").nth(1).expect("a path").to_owned();
    let followed = server.get(&path).send().await;
    assert_eq!(followed.status, 302, "{followed:?}");
    assert_eq!(reset(&server, &token, NEW_PASSWORD).send().await.status, 200);
    assert_eq!(reset(&server, &token, NEW_PASSWORD).send().await.status, 400);
    server.post("/send-verification-email", &json!({"email": "grace@example.com"})).send().await;
    let log = server.stop();
    log.assert_no_failure();
    let verification = options.mails().pop().expect("a second mail");
    let verification = fs::read_to_string(verification).expect("a mail of text");
    let jwt = verification.split("?token=").nth(1).and_then(|rest| rest.split('&').next());
    for secret in [&token, jwt.expect("a JWT"), "grace@example.com", "grace%40", NEW_PASSWORD] {
        assert!(!log.text.contains(secret), "{secret} is in the log:\n{}", log.text);
    }
}

#[tokio::test]
async fn mails_that_cannot_be_delivered_fail_no_request() {
    // A file, where the directory should be.
    let options =
        Options::default().file("mails", "").variable("GATEWRIGHT__MAIL__DIRECTORY", "mails");
    let server = Server::start(&options);
    server.sign_up("grace").await;
    assert_eq!(request_reset(&server, "grace@example.com").await.status, 200);
    server.wait_for_log("a mail could not be delivered");
    assert_eq!(request_reset(&server, "grace@example.com").await.status, 200);
    let log = server.stop();
    assert!(!log.text.contains("grace@example.com"), "{}", log.text);
}

on_both_engines! {
    mails_that_wait_are_delivered_before_the_end,
    a_token_used_fifty_times_at_once_is_good_once,
}

async fn mails_that_wait_are_delivered_before_the_end(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    server.sign_up("grace").await;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let body = json!({"email": "grace@example.com"});
        let request = server.post("/request-password-reset", &body);
        tasks.spawn(async move { request.send().await.status });
    }
    assert_eq!(tasks.join_all().await, [200; 20]);
    server.stop().assert_no_failure();
    assert_eq!(options.mails().len(), 20);
}

async fn a_token_used_fifty_times_at_once_is_good_once(engine: Engine) {
    let options = Options::on(engine);
    let server = with_a_mail(&options).await;
    let token = reset_token(&options);
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let password = format!("{NEW_PASSWORD} {number}");
        let request = reset(&server, &token, &password);
        tasks.spawn(async move { (password, request.send().await) });
    }
    let mut winners = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        let (password, answer) = answer.expect("a task that does not panic");
        match answer.status {
            200 => winners.push(password),
            _ => assert_eq!(answer.json()["code"], "INVALID_TOKEN", "{answer:?}"),
        }
    }
    let [password] = winners.as_slice() else { panic!("not one was right: {winners:?}") };
    assert_eq!(server.sign_in("grace@example.com", password).send().await.status, 200);
    assert_eq!(server.sign_in("grace@example.com", PASSWORD).send().await.status, 401);
    server.assert_unharmed();
}

#[tokio::test]
async fn no_header_of_a_request_gets_into_a_mail() {
    let options = Options::default();
    let server = Server::start(&options);
    server.sign_up("grace").await;
    let request = server
        .post("/request-password-reset", &json!({"email": "grace@example.com"}))
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "gopher")
        .header("forwarded", "host=evil.example;proto=gopher");
    assert_eq!(request.send().await.status, 200);
    server.stop().assert_no_failure();
    let text = text(&options);
    assert!(!text.contains("evil") && !text.contains("gopher"), "{text}");
}

/// Where JWTs are signed with the secret, as verification tokens are, they must not pass for one:
/// they have the address in them, and anybody gets one who signs up with it.
#[tokio::test]
async fn a_users_jwt_verifies_no_address() {
    let options =
        Options::default().variable("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", "HS256");
    let server = Server::start(&options);
    let grace = server.sign_up("grace").await;
    let jwt = server.get("/token").by(&grace).send().await.json();
    let jwt = jwt["token"].as_str().expect("a JWT");
    let answer = server.get(&format!("/verify-email?token={jwt}")).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (401, &Value::from("INVALID_TOKEN")));
    let session = server.get("/get-session").by(&grace).send().await.json();
    assert_eq!(session["user"]["emailVerified"], false, "{session}");
    server.assert_unharmed();
}

/// Longer than any of the work may take, so that an answer's time tells nothing of it.
const LEAST: Duration = Duration::from_millis(250);

#[tokio::test]
async fn no_answer_comes_so_soon_that_its_time_could_tell_who_is_known() {
    let server = Server::start(&Options::default());
    server.sign_up("grace").await;
    for path in ["/request-password-reset", "/send-verification-email"] {
        for email in ["grace@example.com", "nobody@example.com"] {
            let started = Instant::now();
            let answer = server.post(path, &json!({"email": email})).send().await;
            let took = started.elapsed();
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(took >= LEAST, "{path} for {email} took {took:?}");
        }
    }
    server.assert_unharmed();
}
