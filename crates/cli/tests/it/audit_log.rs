//! What the audit log says, and what it does not.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use crate::client::{PASSWORD, SESSION_COOKIE, User};
use crate::database::{Engine, on_both_engines};
use crate::process::{Finished, PATIENCE, gatewright, run};
use crate::server::{Options, SECRET, Server};

const NEW_PASSWORD: &str = "a staple that is not a battery";

fn audit_log(options: &Options, args: &[&str]) -> Finished {
    let database = options.rows().url();
    let args = [&["audit-log", "--database", &database], args].concat();
    run(&options.path("."), &args, &[])
}

#[track_caller]
fn events(options: &Options, args: &[&str]) -> Vec<Value> {
    let finished = audit_log(options, &[&["--format", "json"], args].concat());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    let parsed = |line| serde_json::from_str(line).expect("a line of JSON");
    finished.stdout.lines().map(parsed).collect()
}

/// The names and outcomes of events, without the server's own.
fn told(events: &[Value]) -> Vec<String> {
    let text = |event: &Value, name: &str| event[name].as_str().expect("a text").to_owned();
    let told = events.iter().map(|event| text(event, "event") + " " + &text(event, "outcome"));
    told.filter(|told| !told.starts_with("server-start") && !told.starts_with("key-make")).collect()
}

async fn ask(server: &Server, user: &User, path: &str, body: Value, expected: u16) {
    let answer = server.post(path, &body).by(user).header("user-agent", "a test/1").send().await;
    assert_eq!(answer.status, expected, "{path}: {answer:?}");
}

fn locking() -> Options {
    Options::default()
        .variable("GATEWRIGHT__LOCKOUT__ENABLED", "true")
        .variable("GATEWRIGHT__LOCKOUT__ACCOUNT__MAX_FAILURES", "2")
        .variable("GATEWRIGHT__USER__DELETE_USER__ENABLED", "true")
}

on_both_engines! {
    what_users_do_is_told_with_whom_from_where_and_in_which_request,
    nobodys_address_no_password_and_no_token_is_in_it,
    links_tell_what_they_did,
    an_operator_who_ends_sessions_is_in_it,
    what_the_table_does_not_take_is_in_the_servers_log,
}

async fn what_users_do_is_told_with_whom_from_where_and_in_which_request(engine: Engine) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.sign_in(&ada.email, "a wrong password").send().await.status, 401);
    let request = server.sign_in(&ada.email, PASSWORD).header("x-forwarded-for", "192.0.2.7");
    let answer = request.header("user-agent", "a browser/1").send().await;
    assert_eq!(answer.status, 200);
    ask(&server, &ada, "/verify-password", json!({"password": "wrong"}), 400).await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD});
    ask(&server, &ada, "/change-password", change, 200).await;
    ask(&server, &ada, "/revoke-other-sessions", json!({}), 200).await;
    ask(&server, &ada, "/sign-out", json!({}), 200).await;

    let all = events(&options, &[]);
    let expected = [
        "sign-up ok",
        "sign-in failed",
        "sign-in ok",
        "password-check failed",
        "password-change ok",
        "sessions-revoke ok",
        "sign-out ok",
    ];
    assert_eq!(told(&all), expected);
    let sign_in = all.iter().find(|event| event["ip_address"] == "192.0.2.7").expect("it");
    assert_eq!(sign_in["event"], "sign-in");
    assert_eq!(sign_in["user_id"], ada.id);
    assert_eq!(sign_in["user_agent"], "a browser/1");
    assert_eq!(sign_in["request_id"], answer.header("x-request-id").expect("an id"));
    assert_eq!(sign_in["session_id"].as_str().map(str::len), Some(32));
    let revoked = all.iter().find(|event| event["event"] == "sessions-revoke").expect("it");
    assert_eq!(revoked["details"], json!({"count": 1, "which": "others"}));

    let hers = events(&options, &["--user", "ADA@example.com"]);
    assert_eq!(told(&hers), expected);
    let some = events(&options, &["--user", &ada.id, "--event", "sign-in"]);
    assert_eq!(told(&some), ["sign-in failed", "sign-in ok"]);
    assert_eq!(told(&events(&options, &["--limit", "2"])), expected[5..]);
    assert_eq!(events(&options, &["--since", "+1h"]), [] as [Value; 0]);
    assert_eq!(told(&events(&options, &["--since", "-1h"])), expected);
    assert_eq!(events(&options, &["--until", "-1h"]), [] as [Value; 0]);
    let human = audit_log(&options, &[]);
    assert!(human.stdout.contains("sign-in ok") && human.stdout.contains("a browser/1"));
}

async fn nobodys_address_no_password_and_no_token_is_in_it(engine: Engine) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    for email in ["nobody@example.com", "nobody@example.com", "other@example.com"] {
        assert_eq!(server.sign_in(email, "a secret guess").send().await.status, 401);
    }
    // During the delay nothing is written.
    for _ in 0..3 {
        assert_eq!(server.sign_in("nobody@example.com", "x").send().await.status, 429);
    }
    let body = json!({"email": "nobody@example.com", "redirectTo": "/"});
    assert_eq!(server.post("/request-password-reset", &body).send().await.status, 200);
    assert_eq!(server.signing_up("ada", &ada.email).send().await.status, 422);
    server.get("/get-session").by(&ada).send().await;
    server.get("/token").by(&ada).send().await;
    ask(&server, &ada, "/delete-user", json!({"password": PASSWORD}), 200).await;

    let all = events(&options, &[]);
    assert_eq!(
        told(&all),
        [
            "sign-up ok",
            "sign-in failed",
            "sign-in locked",
            "sign-in failed",
            "password-reset-request ok",
            "sign-up failed",
            "user-delete ok",
        ]
    );
    let account = |index: usize| {
        let tries = all.iter().filter(|event| event["event"] == "sign-in");
        tries.map(|event| event["details"]["account"].clone()).nth(index).expect("a try")
    };
    assert_eq!(account(0), account(1), "the same for the same address");
    assert_ne!(account(0), account(2));
    let text = format!("{all:?}");
    for secret in [PASSWORD, "a secret guess", SECRET, "@example.com", &ada.token, &ada.cookie] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    // Of a user who is gone the log still tells, by their id.
    assert_eq!(told(&events(&options, &["--user", &ada.id])).len(), 2);
    let key = all.iter().find(|event| event["event"] == "key-make").expect("a key was made");
    assert_eq!(key["details"]["alg"], "EdDSA");
    let start = all.first().expect("a first event");
    assert_eq!(start["event"], "server-start");
    assert_eq!(start["details"]["set"]["lockout.account.max_failures"], 2);
}

async fn links_tell_what_they_did(engine: Engine) {
    let options = Options::on(engine)
        .variable("GATEWRIGHT__EMAIL_VERIFICATION__SEND_ON_SIGN_UP", "true")
        .variable("GATEWRIGHT__EMAIL_AND_PASSWORD__REVOKE_SESSIONS_ON_PASSWORD_RESET", "true");
    let server = Server::start(&options);
    server.sign_up("ada").await;
    let verify = options.mail(0).await;
    for _ in 0..2 {
        assert_eq!(server.get(verify.path()).send().await.status, 302);
    }
    let body = json!({"email": "ada@example.com", "redirectTo": "/"});
    assert_eq!(server.post("/request-password-reset", &body).send().await.status, 200);
    let mail = options.mail(1).await;
    let token = mail.path().trim_start_matches("/reset-password/");
    let token = token.split('?').next().expect("a token");
    let body = json!({"newPassword": NEW_PASSWORD, "token": token});
    assert_eq!(server.post("/reset-password", &body).send().await.status, 200);
    let all = events(&options, &[]);
    let expected =
        ["sign-up ok", "email-verify ok", "password-reset-request ok", "password-reset ok"];
    assert_eq!(told(&all), expected);
    assert_eq!(all.last().expect("it")["details"], json!({"sessions_revoked": true}));
}

async fn an_operator_who_ends_sessions_is_in_it(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let database = options.rows().url();
    let args = ["sessions", "revoke", "--user", &ada.email, "--database", &database];
    assert_eq!(run(&options.path("."), &args, &[]).code(), Some(0));
    let all = events(&options, &["--event", "sessions-revoke"]);
    let [event] = all.as_slice() else { panic!("not one: {all:?}") };
    assert_eq!(event["user_id"], ada.id);
    assert_eq!(event["details"], json!({"by": "operator", "count": 1, "which": "all"}));
}

async fn what_the_table_does_not_take_is_in_the_servers_log(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    for change in [
        r#"UPDATE "gatewright_audit_log" SET "outcome" = 'failed'"#,
        r#"DELETE FROM "gatewright_audit_log""#,
    ] {
        let refused = options.rows().refusal(change);
        assert!(refused.contains("append-only"), "{refused}");
    }
    let rename = r#"ALTER TABLE "gatewright_audit_log" RENAME TO "gone""#;
    options.rows().execute(rename);
    let answer = server.sign_in(&ada.email, PASSWORD).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let session = answer.cookie(SESSION_COOKIE).expect("a session").value;
    let log = server.stop();
    let line = log.lines.iter().find(|line| line["target"] == "audit").expect("a line");
    assert_eq!((&line["level"], &line["event"]), (&json!("ERROR"), &json!("sign-in")));
    assert_eq!((&line["user_id"], &line["outcome"]), (&json!(ada.id), &json!("ok")));
    assert!(!log.text.contains(&session), "{}", log.text);
}

#[tokio::test]
async fn it_can_be_switched_off_and_followed() {
    let options = Options::default().variable("GATEWRIGHT__AUDIT_LOG__ENABLED", "false");
    let server = Server::start(&options);
    server.sign_up("ada").await;
    assert_eq!(events(&options, &[]), [] as [Value; 0]);

    let server = Server::start(&Options::default());
    let database = server.rows().url();
    let args = ["audit-log", "--follow", "--format", "json", "--database", &database];
    let follower = Follower::start(gatewright(server.directory(), &args, &[]));
    assert_eq!(follower.next()["event"], "server-start");
    for name in ["ada", "bob"] {
        let user = server.sign_up(name).await;
        // Each is told once, or another one would come first.
        assert_eq!(follower.next()["user_id"], user.id);
    }
}

/// A command that goes on, and the lines that it prints.
struct Follower {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Follower {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (to, lines) = mpsc::channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| to.send(line))
        });
        Self { child, lines }
    }

    #[track_caller]
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("a line in time");
        serde_json::from_str(&line).expect("a line of JSON")
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let server = Server::start(&Options::default());
    let database = server.rows().url();
    for args in [
        &["--event", "sign-inn"][..],
        &["--since", "yesterday"],
        &["--limit", "0"],
        &["--user", "nobody@example.com"],
        &["--follow", "--until", "+1h"],
    ] {
        let args = [&["audit-log", "--database", &database], args].concat();
        let finished = run(server.directory(), &args, &[]);
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert_eq!(finished.stdout, "", "{args:?}");
    }
}
