//! Who passes, and what the others are told.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header::AUTHORIZATION},
    routing::get as route_get,
};
use gatewright_guard::{Authenticated, Guard};
use serde::Deserialize;

use crate::support::{NOW, get, secret_key, send, token, valid, verifier};

#[derive(Deserialize)]
struct Email {
    email: String,
}

#[derive(Deserialize)]
struct Role {
    #[expect(dead_code, reason = "it is never there, which is the point")]
    role: String,
}

async fn who(Authenticated(caller): Authenticated<Email>) -> String {
    format!("{} {}", caller.subject(), caller.claims().email)
}

async fn perhaps(caller: Option<Authenticated>) -> String {
    caller.map_or("nobody".into(), |Authenticated(caller)| caller.subject().into())
}

fn router() -> Router {
    Router::new()
        .route("/who", route_get(who))
        .route("/role", route_get(async |_: Authenticated<Role>| "never"))
        .layer(Guard::new(verifier()))
        .route("/perhaps", route_get(perhaps).layer(Guard::new(verifier()).permitting_anonymous()))
        .route("/demanding", route_get(who).layer(Guard::new(verifier()).permitting_anonymous()))
        .route("/unguarded", route_get(who))
        .route("/health", route_get(async || "ok"))
}

#[tokio::test]
async fn a_valid_token_passes_with_its_claims() {
    let answer = get(&router(), "/who", Some(&valid("alice"))).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "alice a@app.example"));
}

#[tokio::test]
async fn no_token_gets_a_bare_challenge() {
    for path in ["/who", "/demanding"] {
        let answer = get(&router(), path, None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.detail(), "Not authenticated");
    }
    assert_eq!(get(&router(), "/health", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_bad_token_gets_the_same_answer() {
    let expired = token(&secret_key(), "alice", NOW - 60);
    let tampered = format!("{}A", &valid("alice")[..valid("alice").len() - 1]);
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.";
    for token in [&*expired, &*tampered, unsigned, "x", "a.b.c"] {
        let answer = get(&router(), "/who", Some(token)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
        assert_eq!(answer.body, r#"{"detail":"Invalid or expired token"}"#);
    }
}

#[tokio::test]
async fn a_repeated_header_is_refused_even_if_both_are_valid() {
    let request = Request::get("/who")
        .header(AUTHORIZATION, format!("Bearer {}", valid("alice")))
        .header(AUTHORIZATION, format!("Bearer {}", valid("alice")));
    let answer = send(&router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_method_and_a_preflight_are_401_before_405() {
    for method in ["POST", "DELETE", "OPTIONS", "HEAD"] {
        let request = Request::builder().method(method).uri("/who");
        let answer = send(&router(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
    }
}

#[tokio::test]
async fn claims_of_another_shape_are_no_authentication() {
    let answer = get(&router(), "/role", Some(&valid("alice"))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.detail(), "Invalid or expired token");
}

#[tokio::test]
async fn anonymous_is_for_those_who_do_not_try() {
    assert_eq!(get(&router(), "/perhaps", None).await.body, "nobody");
    assert_eq!(get(&router(), "/perhaps", Some(&valid("alice"))).await.body, "alice");
    let answer = get(&router(), "/perhaps", Some("x")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_extractor_without_a_guard_is_closed() {
    for token in [None, Some(valid("alice"))] {
        let answer = get(&router(), "/unguarded", token.as_deref()).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.detail(), "Internal server error");
    }
}

#[tokio::test]
async fn an_inner_guard_forgets_what_an_outer_one_found() {
    let inner = Router::new()
        .route("/", route_get(perhaps))
        .layer(Guard::new(verifier()).permitting_anonymous())
        .layer(axum::middleware::map_request(async |mut request: axum::extract::Request| {
            request.headers_mut().remove(AUTHORIZATION);
            request
        }))
        .layer(Guard::new(verifier()));
    assert_eq!(get(&inner, "/", Some(&valid("alice"))).await.body, "nobody");
}
