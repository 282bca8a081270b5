//! Which pages of other origins may call the server, and what they may read.

use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, PASSWORD, Request};
use crate::server::{Options, Server};

const OURS: &str = "https://app.example.com";

fn server() -> Server {
    Server::start(&Options::default().variable("BETTER_AUTH_TRUSTED_ORIGINS", OURS))
}

fn preflight(server: &Server, path: &str, origin: &str) -> Request {
    let request = server.request(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    request.header("access-control-request-headers", "content-type,authorization")
}

fn assert_allowed(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{answer:?}");
    assert_varies(answer);
}

fn assert_forbidden(answer: &Answer) {
    for name in answer.headers.keys() {
        // Naming what could be read lets nobody read it.
        let harmless = name == "access-control-expose-headers";
        assert!(harmless || !name.as_str().starts_with("access-control-"), "{answer:?}");
    }
    assert_varies(answer);
}

fn assert_varies(answer: &Answer) {
    assert!(answer.list("vary").contains(&"origin".to_owned()), "{answer:?}");
    let is_star = |value: &reqwest::header::HeaderValue| value.as_bytes().contains(&b'*');
    assert!(!answer.headers.values().any(is_star), "never everybody: {answer:?}");
}

#[tokio::test]
async fn a_trusted_page_may_ask() {
    let server = server();
    for path in ["/sign-in/email", "/get-session", "/token", "/sign-out"] {
        let answer = preflight(&server, path, OURS).send().await;
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        assert_allowed(&answer, OURS);
        let methods = answer.list("access-control-allow-methods");
        assert!(
            ["get", "post"].iter().all(|name| methods.iter().any(|m| m == name)),
            "{methods:?}"
        );
        let headers = answer.list("access-control-allow-headers");
        let needed = ["content-type", "authorization"];
        assert!(needed.iter().all(|name| headers.iter().any(|h| h == name)), "{headers:?}");
    }
    server.assert_unharmed();
}

#[tokio::test]
async fn a_trusted_page_may_read_the_headers_that_it_needs() {
    let server = server();
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let sign_up = server.post("/sign-up/email", &body).header("origin", OURS).send().await;
    let refused =
        server.sign_in("ada@example.com", "wrong password").header("origin", OURS).send().await;
    let session = server.get("/get-session").header("origin", OURS).send().await;
    let nowhere = server.get("/nowhere").header("origin", OURS).send().await;
    for (status, answer) in [(200, sign_up), (401, refused), (200, session), (404, nowhere)] {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_allowed(&answer, OURS);
        let exposed = answer.list("access-control-expose-headers");
        for name in ["set-auth-token", "set-auth-jwt", "x-retry-after"] {
            assert!(exposed.iter().any(|header| header == name), "{name}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn no_other_page_may() {
    let server = server();
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://evilapp.example.com",
        "https://user@app.example.com",
        "HTTPS://APP.EXAMPLE.COM",
        "https://app.example.com https://evil.example.com",
        "http://localhost:3000",
        "null",
        "*",
        "",
    ] {
        let answer = preflight(&server, "/sign-in/email", origin).send().await;
        assert_eq!(answer.status, 404, "{origin}: {answer:?}");
        assert_forbidden(&answer);
        assert_forbidden(&server.get("/get-session").header("origin", origin).send().await);
    }
    assert_forbidden(&server.get("/get-session").send().await);
    server.assert_unharmed();
}

#[tokio::test]
async fn without_configuration_the_front_end_of_development_may() {
    let server = Server::start(&Options::default());
    let own = "http://localhost:3000";
    assert_allowed(&preflight(&server, "/sign-in/email", own).send().await, own);
    let other = preflight(&server, "/sign-in/email", "http://localhost:3001").send().await;
    assert_forbidden(&other);
}

#[tokio::test]
async fn a_sign_in_from_another_site_is_refused() {
    let server = server();
    server.sign_up("ada").await;
    let sign_in = || server.sign_in("ada@example.com", PASSWORD);
    for (request, code) in [
        (sign_in().header("origin", "https://evil.example.com"), "INVALID_ORIGIN"),
        (sign_in().header("referer", "https://evil.example.com/x"), "INVALID_ORIGIN"),
        (sign_in().header("sec-fetch-mode", "cors"), "MISSING_OR_NULL_ORIGIN"),
        (
            sign_in().header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate"),
            "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        ),
    ] {
        let answer = request.send().await;
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!(code)), "{answer:?}");
        assert!(!answer.sets_cookies(), "{answer:?}");
    }
    assert_eq!(sign_in().header("origin", OURS).send().await.status, 200);
    server.assert_unharmed();
}
