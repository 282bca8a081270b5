//! A token in a cookie, and the pages that may make use of it.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header::AUTHORIZATION},
    routing::any,
};
use gatewright_guard::{Authenticated, CookiePages, Credential, Guard};

use crate::support::{Answer, send, valid, verifier};

fn router() -> Router {
    let pages = CookiePages::same_origin().and_origin("https://app.example").unwrap();
    let credential = Credential::cookie("token", pages).unwrap();
    let who = async |caller: Option<Authenticated>| match caller {
        Some(Authenticated(caller)) => caller.subject().to_owned(),
        None => "nobody".to_owned(),
    };
    Router::new()
        .route("/", any(who))
        .layer(Guard::new(verifier()).permitting_anonymous().credential(credential))
}

async fn ask(method: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(&router(), request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_cookie_authenticates_and_the_header_does_not() {
    let cookie = format!("other=1; token={}", valid("alice"));
    assert_eq!(ask("GET", &[("cookie", &cookie)]).await.body, "alice");
    let bearer = format!("Bearer {}", valid("alice"));
    assert_eq!(ask("GET", &[(AUTHORIZATION.as_str(), &bearer)]).await.body, "nobody");
    let bad = ask("GET", &[("cookie", "token=a.b.c")]).await;
    assert_eq!(bad.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bad.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
}

#[tokio::test]
async fn a_foreign_page_cannot_use_it_to_change_something() {
    let cookie = ("cookie", &*format!("token={}", valid("alice")));
    for headers in [&[cookie][..], &[cookie, ("origin", "https://evil.example")]] {
        let answer = ask("POST", headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.body, r#"{"detail":"Access denied"}"#);
        assert_eq!(answer.header("www-authenticate"), None);
    }
    assert_eq!(ask("POST", &[cookie, ("origin", "https://app.example")]).await.body, "alice");
    assert_eq!(ask("POST", &[cookie, ("sec-fetch-site", "same-origin")]).await.body, "alice");
    // Without the cookie there is nothing to make use of.
    assert_eq!(ask("POST", &[("origin", "https://evil.example")]).await.body, "nobody");
}

#[tokio::test]
async fn two_of_them_are_nobodys() {
    let token = valid("alice");
    let twice = format!("token={token}; token={token}");
    let answer = ask("GET", &[("cookie", &twice)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
