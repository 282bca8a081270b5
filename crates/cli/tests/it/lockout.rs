//! Wrong passwords, and the delay that they lead to.

use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, Request, User};
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

/// The third wrong password of an account brings a delay, the sixth of an address.
fn locking() -> Options {
    Options::default()
        .variable("GATEWRIGHT__LOCKOUT__ENABLED", "true")
        .variable("GATEWRIGHT__LOCKOUT__ACCOUNT__MAX_FAILURES", "3")
        .variable("GATEWRIGHT__LOCKOUT__ADDRESS__MAX_FAILURES", "6")
}

fn sign_in(server: &Server, email: &str, password: &str, from: &str) -> Request {
    server.sign_in(email, password).header("x-forwarded-for", from)
}

async fn status(server: &Server, email: &str, password: &str, from: &str) -> u16 {
    sign_in(server, email, password, from).send().await.status
}

/// The delays end, and what was counted stays.
fn end_delays(options: &Options) {
    options.rows().execute(r#"UPDATE "gatewright_lockout" SET "lockedUntil" = 0"#);
}

/// Everything of an answer that a client sees, but what differs each time.
fn seen(answer: &Answer) -> (u16, String, Vec<String>) {
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status, answer.text(), names)
}

on_both_engines! {
    during_a_delay_the_right_password_is_refused_and_nobody_learns_who_exists,
    each_failure_after_a_delay_doubles_the_next_and_the_right_password_ends_it,
    an_address_that_tries_many_accounts_has_to_wait_and_a_right_one_does_not_help_it,
    of_fifty_tries_at_once_at_two_servers_three_are_answered_and_a_restart_forgets_nothing,
    whoever_holds_a_session_cannot_guess_and_strangers_do_not_lock_its_user_out,
    a_password_that_was_reset_lets_its_user_in_at_once,
    without_its_table_nobody_signs_in,
}

async fn during_a_delay_the_right_password_is_refused_and_nobody_learns_who_exists(engine: Engine) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    server.sign_up("ada").await;
    let mut during = Vec::new();
    for (email, from) in [("ada@example.com", "192.0.2.1"), ("nobody@example.com", "192.0.2.2")] {
        for _ in 0..3 {
            assert_eq!(status(&server, email, "a wrong password", from).await, 401);
        }
        for password in ["a wrong password", PASSWORD] {
            let answer = sign_in(&server, email, password, from).send().await;
            assert_eq!(answer.status, 429, "{answer:?}");
            let message = "Too many requests. Please try again later.";
            assert_eq!(answer.json(), json!({"message": message}));
            let seconds: i64 =
                answer.header("x-retry-after").expect("a time").parse().expect("a number");
            assert!((1..=60).contains(&seconds), "{answer:?}");
            assert!(!answer.sets_cookies(), "{answer:?}");
            during.push(seen(&answer));
        }
    }
    assert!(during.iter().all(|one| *one == during[0]), "{during:?}");
    // The address counts in whatever letters, and from wherever.
    assert_eq!(status(&server, "ADA@example.com", PASSWORD, "192.0.2.3").await, 429);
    // Whom the row is about is not to be read from it.
    let ids = options.rows().texts(r#"SELECT "id" FROM "gatewright_lockout""#);
    assert_eq!(ids.len(), 4, "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 44 && !id.contains('@')), "{ids:?}");
}

async fn each_failure_after_a_delay_doubles_the_next_and_the_right_password_ends_it(
    engine: Engine,
) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    server.sign_up("ada").await;
    let from = "192.0.2.1";
    let delay = async || {
        let answer = sign_in(&server, "ada@example.com", "a wrong password", from).send().await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let refused = sign_in(&server, "ada@example.com", PASSWORD, from).send().await;
        end_delays(&options);
        refused
            .header("x-retry-after")
            .map_or(0, |seconds| seconds.parse::<i64>().expect("a number"))
    };
    for _ in 0..2 {
        assert_eq!(status(&server, "ada@example.com", "a wrong password", from).await, 401);
    }
    for expected in [60, 120, 240] {
        let delay = delay().await;
        assert!((expected - 5..=expected).contains(&delay), "{delay} for {expected}");
    }
    assert_eq!(status(&server, "ada@example.com", PASSWORD, from).await, 200);
    for _ in 0..3 {
        assert_eq!(status(&server, "ada@example.com", "a wrong password", "192.0.2.9").await, 401);
    }
}

async fn an_address_that_tries_many_accounts_has_to_wait_and_a_right_one_does_not_help_it(
    engine: Engine,
) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    server.sign_up("eve").await;
    let from = "192.0.2.1";
    for number in 0..6 {
        let email = format!("user-{number}@example.com");
        assert_eq!(status(&server, &email, "a wrong password", from).await, 401);
        if number < 5 {
            assert_eq!(status(&server, "eve@example.com", PASSWORD, from).await, 200);
        }
    }
    assert_eq!(status(&server, "eve@example.com", PASSWORD, from).await, 429);
    assert_eq!(status(&server, "user-9@example.com", "a wrong password", from).await, 429);
    assert_eq!(status(&server, "eve@example.com", PASSWORD, "192.0.2.2").await, 200);
}

async fn of_fifty_tries_at_once_at_two_servers_three_are_answered_and_a_restart_forgets_nothing(
    engine: Engine,
) {
    let options = locking().using(engine);
    let servers = [Server::start(&options), Server::start(&options)];
    servers[0].sign_up("ada").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..50 {
        let password = if number == 49 { PASSWORD } else { "a wrong password" };
        let from = format!("192.0.2.{number}");
        let request = sign_in(&servers[number % 2], "ada@example.com", password, &from);
        tasks.spawn(async move { request.try_send().await.expect("an answer").status });
    }
    let statuses = tasks.join_all().await;
    let counted = |status| statuses.iter().filter(|one| **one == status).count();
    // The right one may have been among the first.
    assert!((3..=5).contains(&counted(401)), "{statuses:?}");
    assert!(counted(429) >= 44 && counted(200) <= 1, "{statuses:?}");
    for server in servers {
        server.stop().assert_no_failure();
    }
    let server = Server::start(&options);
    assert_eq!(status(&server, "ada@example.com", PASSWORD, "192.0.2.99").await, 429);
}

async fn try_own(server: &Server, user: &User, path: &str, body: &Value) -> u16 {
    server.post(path, body).by(user).send().await.status
}

async fn whoever_holds_a_session_cannot_guess_and_strangers_do_not_lock_its_user_out(
    engine: Engine,
) {
    let options =
        locking().variable("GATEWRIGHT__USER__DELETE_USER__ENABLED", "true").using(engine);
    let server = Server::start(&options);
    let (ada, bob) = (server.sign_up("ada").await, server.sign_up("bob").await);
    for number in 0..3 {
        let from = format!("192.0.2.{number}");
        assert_eq!(status(&server, &ada.email, "a wrong password", &from).await, 401);
    }
    assert_eq!(status(&server, &ada.email, PASSWORD, "192.0.2.9").await, 429);
    // She goes on where she is signed in, and knows her password there.
    assert_eq!(server.get("/get-session").by(&ada).send().await.json()["user"]["id"], ada.id);
    let right = json!({"password": PASSWORD});
    assert_eq!(try_own(&server, &ada, "/verify-password", &right).await, 200);

    // Each of the three endpoints counts.
    let wrong = json!({"password": "a wrong password"});
    let change = |password: &str| json!({"currentPassword": password, "newPassword": "another horse battery"});
    assert_eq!(try_own(&server, &bob, "/verify-password", &wrong).await, 400);
    let changed = change("a wrong password");
    assert_eq!(try_own(&server, &bob, "/change-password", &changed).await, 400);
    assert_eq!(try_own(&server, &bob, "/delete-user", &wrong).await, 400);
    assert_eq!(try_own(&server, &bob, "/verify-password", &right).await, 429);
    assert_eq!(try_own(&server, &bob, "/change-password", &change(PASSWORD)).await, 429);
    assert_eq!(try_own(&server, &bob, "/delete-user", &right).await, 429);
    assert_eq!(status(&server, &bob.email, PASSWORD, "192.0.2.9").await, 200);
}

async fn a_password_that_was_reset_lets_its_user_in_at_once(engine: Engine) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    server.sign_up("ada").await;
    for _ in 0..3 {
        let wrong = status(&server, "ada@example.com", "a wrong password", "192.0.2.1");
        assert_eq!(wrong.await, 401);
    }
    assert_eq!(status(&server, "ada@example.com", PASSWORD, "192.0.2.2").await, 429);
    let body = json!({"email": "ada@example.com", "redirectTo": "/"});
    assert_eq!(server.post("/request-password-reset", &body).send().await.status, 200);
    let mail = options.mail(0).await;
    let token = mail.path().trim_start_matches("/reset-password/");
    let token = token.split('?').next().expect("a token");
    let body = json!({"newPassword": "a staple that is not a battery", "token": token});
    assert_eq!(server.post("/reset-password", &body).send().await.status, 200);
    let password = "a staple that is not a battery";
    assert_eq!(status(&server, "ada@example.com", password, "192.0.2.2").await, 200);
}

async fn without_its_table_nobody_signs_in(engine: Engine) {
    let options = locking().using(engine);
    let server = Server::start(&options);
    server.sign_up("ada").await;
    let rename = r#"ALTER TABLE "gatewright_lockout" RENAME TO "gone""#;
    options.rows().execute(rename);
    let status = status(&server, "ada@example.com", PASSWORD, "192.0.2.1").await;
    assert!(status >= 500, "{status}");
}

#[tokio::test]
async fn ten_wrong_passwords_are_too_many_unless_configured() {
    let options = Options::bare().variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "false");
    let server = Server::start(&options);
    server.sign_up("ada").await;
    for _ in 0..10 {
        assert_eq!(status(&server, "ada@example.com", "a wrong password", "192.0.2.1").await, 401);
    }
    assert_eq!(status(&server, "ada@example.com", PASSWORD, "192.0.2.1").await, 429);
}
