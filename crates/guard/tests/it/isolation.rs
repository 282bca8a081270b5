//! A path below `/{user_id}/` is served to that user alone.

use axum::{Router, http::StatusCode, routing::get as route_get};
use gatewright_guard::{Guard, UserPath};
use serde::Deserialize;

use crate::support::{get, valid, verifier};

#[derive(Deserialize)]
struct TaskPath {
    id: i64,
}

fn router() -> Router {
    Router::new()
        .route(
            "/api/{user_id}/tasks",
            route_get(async |UserPath(user, ()): UserPath| user.to_string()),
        )
        .route(
            "/api/{user_id}/tasks/{id}",
            route_get(async |UserPath(user, TaskPath { id }): UserPath<TaskPath>| {
                format!("{user} {id}")
            }),
        )
        .route("/tasks/{owner}", route_get(async |UserPath(user, ()): UserPath| user.to_string()))
        .route("/tasks", route_get(async |UserPath(user, ()): UserPath| user.to_string()))
        .layer(Guard::new(verifier()))
}

#[tokio::test]
async fn ones_own_path() {
    let answer = get(&router(), "/api/alice/tasks", Some(&valid("alice"))).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "alice"));
    let answer = get(&router(), "/api/alice/tasks/7", Some(&valid("alice"))).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "alice 7"));
}

#[tokio::test]
async fn somebody_elses_path_is_403_and_only_with_a_valid_token() {
    for path in ["/api/bob/tasks", "/api/bob/tasks/7", "/api/bob/tasks/x"] {
        let answer = get(&router(), path, Some(&valid("alice"))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.body, r#"{"detail":"Access denied"}"#);
        assert_eq!(answer.header("www-authenticate"), None);
        assert_eq!(get(&router(), path, None).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn the_path_is_compared_after_decoding_and_exactly() {
    for (subject, path) in [
        ("alice", "/api/%61lice/tasks"),
        ("a/b", "/api/a%2Fb/tasks"),
        ("a b", "/api/a%20b/tasks"),
        ("ä", "/api/%C3%A4/tasks"),
        ("a%2Fb", "/api/a%252Fb/tasks"),
        ("..", "/api/../tasks"),
    ] {
        let answer = get(&router(), path, Some(&valid(subject))).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::OK, subject), "{path}");
    }
    for (subject, path) in [
        ("alice", "/api/Alice/tasks"),
        ("alice", "/api/alice%20/tasks"),
        ("alice", "/api/alice%00/tasks"),
        ("alice", "/api/%2561lice/tasks"),
        ("a b", "/api/a+b/tasks"),
        ("ä", "/api/a%CC%88/tasks"), // the same letter to the eye, in two code points
        ("ä", "/api/%E4/tasks"),     // Latin-1, hence not UTF-8
    ] {
        let answer = get(&router(), path, Some(&valid(subject))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_names_nothing_is_404() {
    for path in ["/api/alice/tasks/x", "/api/alice/tasks/99999999999999999999"] {
        let answer = get(&router(), path, Some(&valid("alice"))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.detail(), "Not found");
    }
}

#[tokio::test]
async fn a_route_without_a_user_is_closed() {
    for path in ["/tasks/alice", "/tasks"] {
        let answer = get(&router(), path, Some(&valid("alice"))).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}
