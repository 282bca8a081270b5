//! How often one may ask.

use serde_json::json;

use crate::client::PASSWORD;
use crate::server::{Options, Server};

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
