//! Users who delete themselves, and nobody else.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{PASSWORD, SESSION_COOKIE, User};
use crate::database::{Engine, on_both_engines};
use crate::process::{Process, gatewright};
use crate::server::{Options, SECRET, Server};

fn enabled(engine: Engine) -> Options {
    Options::on(engine).variable("GATEWRIGHT__USER__DELETE_USER__ENABLED", "true")
}

/// How many users, accounts and sessions there are.
fn counts(options: &Options) -> [usize; 3] {
    ["user", "account", "session"].map(|table| options.rows().count(table))
}

/// Starts `user`'s session at another time.
fn date_session(options: &Options, user: &User, created_at: &str) {
    let sql = format!(
        r#"UPDATE "session" SET "createdAt" = '{created_at}' WHERE "token" = '{}'"#,
        user.token
    );
    assert_eq!(options.rows().execute(&sql), 1);
}

on_both_engines! {
    it_is_off_unless_it_is_configured,
    nobody_deletes_another,
    a_browser_left_open_is_not_enough,
    of_many_deletions_at_once_one_is_done,
    a_mailed_token_used_fifty_times_at_once_deletes_once,
    a_mailed_token_is_for_its_user_and_burns_in_other_hands,
    a_mailed_token_is_in_no_log,
}

async fn it_is_off_unless_it_is_configured(engine: Engine) {
    for options in [
        Options::on(engine),
        Options::on(engine).file("gatewright.toml", "[user.delete_user]\nenabled = false\n"),
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

async fn nobody_deletes_another(engine: Engine) {
    let options = enabled(engine);
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

async fn a_browser_left_open_is_not_enough(engine: Engine) {
    let options = enabled(engine);
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

async fn of_many_deletions_at_once_one_is_done(engine: Engine) {
    let options = enabled(engine);
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

fn by_mail(engine: Engine) -> Options {
    enabled(engine)
        .variable("GATEWRIGHT__USER__DELETE_USER__SEND_DELETE_ACCOUNT_VERIFICATION", "true")
}

async fn ask(server: &Server, user: &User) {
    let answer = server.post("/delete-user", &json!({"password": PASSWORD})).by(user).send().await;
    assert_eq!(
        (answer.status, &answer.json()["message"]),
        (200, &json!("Verification email sent"))
    );
}

async fn a_mailed_token_used_fifty_times_at_once_deletes_once(engine: Engine) {
    let options = by_mail(engine);
    let server = Server::start(&options);
    let (ada, _eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    ask(&server, &ada).await;
    let mail = options.mail(0).await;
    assert_eq!(mail.to(), ada.email);
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        // The link, and the same token in a body.
        let path = format!("/delete-user/callback?token={}", mail.token());
        let body = json!({"token": mail.token()});
        let request = match number % 2 {
            0 => server.get(&path),
            _ => server.post("/delete-user", &body),
        };
        tasks.spawn(request.by(&ada).send());
    }
    let (done, late): (Vec<_>, Vec<_>) =
        tasks.join_all().await.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(done.len(), 1, "{done:?}");
    for answer in late {
        let json = answer.json();
        let code = json["code"].as_str().unwrap_or_default();
        let is_late = matches!(code, "UNAUTHORIZED" | "FAILED_TO_GET_USER_INFO" | "INVALID_TOKEN");
        assert!(is_late, "{answer:?}");
    }
    assert_eq!(counts(&options), [1, 1, 1]);
    server.assert_unharmed();
}

async fn a_mailed_token_is_for_its_user_and_burns_in_other_hands(engine: Engine) {
    let options = by_mail(engine);
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    ask(&server, &ada).await;
    let mail = options.mail(0).await;
    let path = format!("/delete-user/callback?token={}", mail.token());

    // A scanner of links has no session, and does no harm.
    let answer = server.get(&path).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("FAILED_TO_GET_USER_INFO")));
    for user in [&eve, &ada] {
        let answer = server.get(&path).by(user).send().await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("INVALID_TOKEN")));
    }
    assert_eq!(counts(&options), [2, 2, 2]);

    ask(&server, &ada).await;
    let mail = options.mail(1).await;
    let answer = server.get(mail.path()).by(&ada).send().await;
    assert_eq!((answer.status, answer.header("location")), (302, Some("/")));
    assert_eq!(counts(&options), [1, 1, 1]);
    server.assert_unharmed();
}

async fn a_mailed_token_is_in_no_log(engine: Engine) {
    let options = by_mail(engine).variable("GATEWRIGHT_LOG", "trace");
    let server = Server::start(&options);
    let grace = server.sign_up("grace").await;
    ask(&server, &grace).await;
    let mail = options.mail(0).await;
    assert_eq!(server.get(mail.path()).by(&grace).send().await.status, 302);
    let log = server.stop();
    log.assert_no_failure();
    for secret in [mail.token(), "grace@example.com", "grace%40"] {
        assert!(!log.text.contains(secret), "{secret} is in the log:\n{}", log.text);
    }
}

#[test]
fn a_server_that_could_mail_nobody_does_not_start() {
    let variables = [
        ("BETTER_AUTH_SECRET".to_owned(), SECRET.to_owned()),
        (
            "GATEWRIGHT__USER__DELETE_USER__SEND_DELETE_ACCOUNT_VERIFICATION".to_owned(),
            "true".to_owned(),
        ),
    ];
    let directory = tempfile::tempdir().expect("a temporary directory");
    let args = ["serve", "--listen", "0.0.0.0:0", "--base-url", "https://auth.example.com"];
    let finished = Process::spawn(gatewright(directory.path(), &args, &variables)).finish();
    assert_eq!(finished.code(), Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("send_delete_account_verification"), "{}", finished.stderr);
}
