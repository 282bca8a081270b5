//! How often one may ask.

use serde_json::json;

use crate::client::PASSWORD;
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, SECRET, Server};

#[tokio::test]
async fn the_fourth_sign_in_within_ten_seconds_is_refused() {
    let server = Server::start(&Options::bare());
    for _ in 0..3 {
        let answer = server.sign_in("nobody@example.com", PASSWORD).send().await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.header("x-retry-after"), None);
    }
    let request = server.sign_in("nobody@example.com", PASSWORD);
    let answer = request.header("origin", "http://localhost:3000").send().await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.text(), r#"{"message":"Too many requests. Please try again later."}"#);
    let seconds = answer.header("x-retry-after").and_then(|seconds| seconds.parse().ok());
    assert!(seconds.is_some_and(|seconds: u64| (1..=10).contains(&seconds)), "{answer:?}");

    // A page on another origin can read all that.
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let exposed = answer.list("access-control-expose-headers");
    assert!(exposed.contains(&"x-retry-after".to_owned()), "{exposed:?}");

    // Other paths are counted apart.
    assert_eq!(server.get("/ok").send().await.status, 200);
    server.sign_up("ada").await;
    server.stop().assert_no_failure();
}

#[tokio::test]
async fn everything_else_may_be_asked_a_hundred_times() {
    let server = Server::start(&Options::bare());
    for count in 0..100 {
        let answer = server.get("/ok").send().await;
        assert_eq!(answer.status, 200, "the request after {count}: {answer:?}");
    }
    assert_eq!(server.get("/ok").send().await.status, 429);
    // Whoever watches over the process is not counted.
    for _ in 0..150 {
        let answer = server.http.get(server.url("/health/live")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn unknown_paths_are_counted_too_and_together() {
    let server = Server::start(&Options::bare());
    for number in 0..100 {
        assert_eq!(server.get(&format!("/unknown-{number}")).send().await.status, 404);
    }
    assert_eq!(server.get("/unknown-100").send().await.status, 429);
    assert_eq!(server.get("/ok").send().await.status, 200);
}

#[tokio::test]
async fn the_configuration_switches_it_off() {
    let off = Options::bare().file("gatewright.toml", "[rate_limit]\nenabled = false\n");
    let server = Server::start(&off);
    for _ in 0..5 {
        let answer = server.sign_in("nobody@example.com", PASSWORD).send().await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (401, &json!("INVALID_EMAIL_OR_PASSWORD"))
        );
    }
}

fn shared(engine: Engine) -> Options {
    Options::bare().using(engine).variable("GATEWRIGHT__RATE_LIMIT__STORAGE", "database")
}

on_both_engines! {
    two_servers_on_one_database_allow_together_what_one_would,
    by_default_postgresql_counts_for_all_and_sqlite_for_none,
    a_database_that_cannot_count_lets_nobody_sign_in_and_everybody_fetch_keys,
}

async fn two_servers_on_one_database_allow_together_what_one_would(engine: Engine) {
    let options = shared(engine).variable("BETTER_AUTH_SECRET", SECRET);
    let servers = [Server::start(&options), Server::start(&options)];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..30 {
        let request = servers[number % 2].sign_in("nobody@example.com", PASSWORD);
        tasks.spawn(async move { request.try_send().await.expect("an answer").status });
    }
    let statuses = tasks.join_all().await;
    let counted = |status| statuses.iter().filter(|one| **one == status).count();
    assert_eq!((counted(401), counted(429)), (3, 27), "{statuses:?}");
    let keys = options.rows().texts(r#"SELECT "key" FROM "rateLimit""#);
    assert_eq!(keys, ["127.0.0.1|/sign-in/email"]);

    // A restart forgets nothing.
    let [server, other] = servers;
    server.stop().assert_no_failure();
    other.stop().assert_no_failure();
    let server = Server::start(&options);
    let answer = server.sign_in("nobody@example.com", PASSWORD).send().await;
    assert_eq!(answer.status, 429, "{answer:?}");
}

async fn by_default_postgresql_counts_for_all_and_sqlite_for_none(engine: Engine) {
    let options = Options::bare().using(engine);
    let server = Server::start(&options);
    server.sign_in("nobody@example.com", PASSWORD).send().await;
    let keys = r#"SELECT "key" FROM "rateLimit" WHERE "key" LIKE '%sign-in%'"#;
    let expected = usize::from(engine == Engine::Postgres);
    assert_eq!(options.rows().texts(keys).len(), expected);
    server.assert_unharmed();
}

async fn a_database_that_cannot_count_lets_nobody_sign_in_and_everybody_fetch_keys(engine: Engine) {
    let options = shared(engine);
    let server = Server::start(&options);
    options.rows().execute(r#"ALTER TABLE "rateLimit" RENAME TO "gone""#);
    let answer = server.sign_in("nobody@example.com", PASSWORD).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("SERVICE_UNAVAILABLE")));
    assert_eq!(server.get("/ok").send().await.status, 200);
    assert_eq!(server.get("/jwks").send().await.status, 200);
    options.rows().execute(r#"ALTER TABLE "gone" RENAME TO "rateLimit""#);
    let answer = server.sign_in("nobody@example.com", PASSWORD).send().await;
    assert_eq!(answer.status, 401, "{answer:?}");
}
