//! Further checks behind a guard, as layers and in handlers.

use axum::{
    Router,
    body::Body,
    http::{HeaderName, Request, StatusCode, header::AUTHORIZATION},
    routing::get as route_get,
};
use gatewright_guard::{
    Authenticated, Denial, Grants, Guard, Require, Scopes, UserHeader, UserPath, UserQuery,
    Verified,
};
use serde::Deserialize;
use serde_json::json;

use crate::support::{Answer, ISSUER, NOW, get, secret_key, send, valid, verifier};

const SUBJECT_HEADER: HeaderName = HeaderName::from_static("x-owner");

#[derive(Deserialize)]
struct Page {
    page: u32,
}

fn guard() -> Guard {
    Guard::new(verifier()).realm("todo").unwrap()
}

fn router() -> Router {
    let open = || route_get(async || "in");
    let writing = async |Authenticated(caller): Authenticated| {
        let writing = Scopes::parse("write").unwrap();
        Grants::of(&caller).require_scopes(&writing).map(|()| "written")
    };
    let even = |caller: &Verified, head: gatewright_guard::Head<'_>| {
        let fits = head.uri.query() == Some("even") && caller.subject().len() % 2 == 0;
        if fits { Ok(()) } else { Err(Denial::WrongUser) }
    };
    Router::new()
        .route("/scopes", open().layer(Require::scopes("read write").unwrap()))
        .route("/roles", open().layer(Require::any_role(["admin", "owner"])))
        .route("/of/{owner}", open().layer(Require::user_in_path("owner")))
        .route("/of", open().layer(Require::user_in_path("owner")))
        .route("/query", open().layer(Require::user_in_query("owner")))
        .route("/header", open().layer(Require::user_in_header(SUBJECT_HEADER)))
        .route("/custom", open().layer(Require::that(even)))
        .route("/handler", route_get(writing))
        .layer(guard())
        .route("/unguarded", open().layer(Require::any_role(["admin"])))
        .route(
            "/anonymous",
            open()
                .layer::<_, std::convert::Infallible>(Require::any_role(["admin"]))
                .layer(guard().permitting_anonymous()),
        )
}

fn with_claims(claims: &serde_json::Value) -> String {
    let mut all = json!({ "iss": ISSUER, "aud": ISSUER, "sub": "alice", "exp": NOW + 60 });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    secret_key().sign(&all).unwrap()
}

#[tokio::test]
async fn scopes_are_demanded_and_named() {
    let all = with_claims(&json!({"scope": "write read other"}));
    assert_eq!(get(&router(), "/scopes", Some(&all)).await.status, StatusCode::OK);
    assert_eq!(get(&router(), "/handler", Some(&all)).await.body, "written");
    for (path, scope) in [("/scopes", "read write"), ("/handler", "write")] {
        let some = with_claims(&json!({"scope": "read"}));
        let answer = get(&router(), path, Some(&some)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.body, r#"{"detail":"Access denied"}"#);
        let challenge =
            format!(r#"Bearer realm="todo", error="insufficient_scope", scope="{scope}""#);
        assert_eq!(answer.header("www-authenticate"), Some(&*challenge));
        let answer = get(&router(), path, None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="todo""#));
    }
}

#[tokio::test]
async fn roles_are_demanded() {
    let admin = with_claims(&json!({"role": "user,admin"}));
    assert_eq!(get(&router(), "/roles", Some(&admin)).await.status, StatusCode::OK);
    let answer = get(&router(), "/roles", Some(&valid("alice"))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.header("www-authenticate"), None);
}

#[tokio::test]
async fn a_requirement_without_a_guard_is_closed_and_nobody_is_asked_to_sign_in() {
    let admin = with_claims(&json!({"role": "admin"}));
    let unguarded = get(&router(), "/unguarded", Some(&admin)).await;
    assert_eq!(unguarded.status, StatusCode::INTERNAL_SERVER_ERROR);
    let anonymous = get(&router(), "/anonymous", None).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&router(), "/anonymous", Some(&admin)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_user_may_be_named_in_the_path_the_query_or_by_a_closure() {
    for (path, expected) in [
        ("/of/alice", StatusCode::OK),
        ("/of/%61lice", StatusCode::OK),
        ("/of/bob", StatusCode::FORBIDDEN),
        ("/of/%ff", StatusCode::FORBIDDEN),
        ("/of", StatusCode::INTERNAL_SERVER_ERROR),
        ("/query?owner=alice", StatusCode::OK),
        ("/query?owner=bob", StatusCode::FORBIDDEN),
        ("/query?owner=alice&owner=bob", StatusCode::FORBIDDEN),
        ("/query", StatusCode::FORBIDDEN),
        ("/custom?even", StatusCode::FORBIDDEN), // five letters
    ] {
        assert_eq!(get(&router(), path, Some(&valid("alice"))).await.status, expected, "{path}");
        assert_eq!(get(&router(), path, None).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let anna = get(&router(), "/custom?even", Some(&valid("anna"))).await;
    assert_eq!(anna.status, StatusCode::OK);
}

async fn with_headers(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request =
        Request::get(path).header(AUTHORIZATION, format!("Bearer {}", valid("alice")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_user_may_be_named_in_a_header() {
    let alice = ("x-owner", "alice");
    for (headers, expected) in [
        (&[alice][..], StatusCode::OK),
        (&[], StatusCode::FORBIDDEN),
        (&[("x-owner", "bob")], StatusCode::FORBIDDEN),
        (&[alice, alice], StatusCode::FORBIDDEN),
        (&[("x-owner", "Alice")], StatusCode::FORBIDDEN),
    ] {
        assert_eq!(with_headers(&router(), "/header", headers).await.status, expected);
    }
}

/// Handlers that cannot be written without the check.
fn extracting(guard: Guard) -> Router {
    let query = async |UserQuery(user, Page { page }): UserQuery<Page>| format!("{user} {page}");
    Router::new()
        .route("/of/{owner}", route_get(async |UserPath(user, ()): UserPath| user.to_string()))
        .route("/query", route_get(query))
        .route("/header", route_get(async |UserHeader(user): UserHeader| user.to_string()))
        .layer(guard)
}

#[tokio::test]
async fn extractors_find_the_user_by_the_names_that_the_guard_gives() {
    let router = extracting(guard().user_parameter("owner").user_header(SUBJECT_HEADER));
    assert_eq!(get(&router, "/of/alice", Some(&valid("alice"))).await.body, "alice");
    let answer = get(&router, "/of/bob", Some(&valid("alice"))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = get(&router, "/query?owner=alice&page=2", Some(&valid("alice"))).await;
    assert_eq!(answer.body, "alice 2");
    assert_eq!(with_headers(&router, "/header", &[("x-owner", "alice")]).await.body, "alice");
    let answer = with_headers(&router, "/header", &[("x-user-id", "alice")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn extractors_have_usual_names() {
    let router = extracting(guard());
    for (path, expected) in [
        ("/query?user_id=alice&page=2", StatusCode::OK),
        ("/query?user_id=alice&page=x", StatusCode::BAD_REQUEST),
        ("/query?user_id=alice", StatusCode::BAD_REQUEST),
        ("/query?user_id=bob&page=x", StatusCode::FORBIDDEN),
        ("/query?page=2", StatusCode::FORBIDDEN),
        ("/query?user_id=alice&user%5fid=bob&page=2", StatusCode::FORBIDDEN),
        ("/of/alice", StatusCode::INTERNAL_SERVER_ERROR), // the route calls it owner
    ] {
        assert_eq!(get(&router, path, Some(&valid("alice"))).await.status, expected, "{path}");
        assert_eq!(get(&router, path, None).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(with_headers(&router, "/header", &[("x-user-id", "alice")]).await.body, "alice");
    let twice = [("x-user-id", "alice"), ("x-user-id", "alice")];
    assert_eq!(with_headers(&router, "/header", &twice).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_inner_guard_does_not_take_over_the_names_of_an_outer_one() {
    let router = extracting(guard()).layer(guard().user_parameter("owner"));
    let answer = get(&router, "/of/alice", Some(&valid("alice"))).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}
