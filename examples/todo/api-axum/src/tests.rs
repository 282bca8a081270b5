//! The router, driven without a socket: what each route does, and for whom it does not.

use axum::{
    Router,
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, Request, StatusCode,
        header::{ALLOW, AUTHORIZATION, CONTENT_TYPE},
    },
};
use gatewright_guard::{Algorithm, Clock as GuardClock, Policy, UnixTime, Verifier};
use gatewright_jose::SigningKey;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    clock::Clock,
    routes::{Context, router},
    store::Store,
};

const NOW: i64 = 1_700_000_000;
const SECRET: &[u8] = b"a shared secret of 32 characters";

struct Api(Router);

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Api {
    fn new() -> Self {
        let policy =
            Policy::builder().any_issuer().any_audience().algorithms([Algorithm::HS256]).build();
        let verifier = Verifier::from_secret(policy, SECRET)
            .unwrap()
            .with_clock(GuardClock::new(|| UnixTime::new(NOW)));
        let clock = Clock(|| Timestamp::from_second(NOW).unwrap());
        let context = Context { store: Store::memory().unwrap(), clock };
        Self(router(context, verifier, HeaderValue::from_static("http://localhost:3000")))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.0.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn call(&self, method: Method, path: &str, user: Option<&str>, body: &Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(user) = user {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token(user)));
        }
        let request = request.header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Makes a task of Alice's, and gives its path.
    async fn task_of_alice(&self, title: &str) -> String {
        let body = json!({ "title": title });
        let answer = self.call(Method::POST, "/api/alice/tasks", Some("alice"), &body).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        format!("/api/alice/tasks/{}", answer.body["id"])
    }
}

fn token(user: &str) -> String {
    let key = SigningKey::hmac(Algorithm::HS256, SECRET).unwrap();
    key.sign(&json!({ "sub": user, "exp": NOW + 60 })).unwrap()
}

/// Every route behind the guard, with a body that it accepts.
fn guarded(task: &str) -> [(Method, String, Value); 6] {
    let whole = json!({ "title": "changed", "completed": true });
    [
        (Method::GET, "/api/alice/tasks".into(), Value::Null),
        (Method::POST, "/api/alice/tasks".into(), json!({ "title": "new" })),
        (Method::GET, task.into(), Value::Null),
        (Method::PUT, task.into(), whole.clone()),
        (Method::PATCH, task.into(), whole),
        (Method::DELETE, task.into(), Value::Null),
    ]
}

#[tokio::test]
async fn the_life_of_a_task() {
    let api = Api::new();
    let path = api.task_of_alice("  buy milk ").await;
    let task = api.call(Method::GET, &path, Some("alice"), &Value::Null).await.body;
    let at = "2023-11-14T22:13:20.000Z";
    let id = task["id"].as_i64().unwrap();
    let expected = json!({ "id": id, "user_id": "alice", "title": "buy milk", "completed": false,
        "created_at": at, "updated_at": at });
    assert_eq!(task, expected);

    let part = json!({ "completed": true });
    let answer = api.call(Method::PATCH, &path, Some("alice"), &part).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        (&answer.body["title"], &answer.body["completed"]),
        (&json!("buy milk"), &json!(true))
    );

    let whole = json!({ "title": "buy oats", "completed": false });
    let answer = api.call(Method::PUT, &path, Some("alice"), &whole).await;
    assert_eq!(
        (&answer.body["title"], &answer.body["completed"]),
        (&json!("buy oats"), &json!(false))
    );

    let list = api.call(Method::GET, "/api/alice/tasks", Some("alice"), &Value::Null).await.body;
    assert_eq!(list, json!([answer.body]));

    let answer = api.call(Method::DELETE, &path, Some("alice"), &Value::Null).await;
    assert_eq!((answer.status, answer.body), (StatusCode::NO_CONTENT, Value::Null));
    for method in [Method::GET, Method::DELETE] {
        let answer = api.call(method, &path, Some("alice"), &Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body, json!({ "detail": "Task not found" }));
    }
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_reached() {
    let api = Api::new();
    let path = api.task_of_alice("mine").await;
    for (method, path, body) in guarded(&path) {
        let answer = api.call(method.clone(), &path, None, &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        assert_eq!(answer.body, json!({ "detail": "Not authenticated" }));
        let request = Request::builder().method(method).uri(&path);
        let request = request.header(AUTHORIZATION, "Bearer x").body(Body::empty()).unwrap();
        assert_eq!(api.send(request).await.status, StatusCode::UNAUTHORIZED);
    }
    // OPTIONS is the CORS layer's, which answers it by itself and reaches nothing.
    for method in [Method::TRACE, Method::HEAD] {
        let answer = api.call(method.clone(), &path, None, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    let answer = api.call(Method::TRACE, &path, None, &Value::Null).await;
    assert!(!answer.headers.contains_key(ALLOW));
    let answer = api.call(Method::TRACE, &path, Some("alice"), &Value::Null).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers[ALLOW], "GET, HEAD, PUT, PATCH, DELETE");
    assert_eq!(answer.body, json!({ "detail": "Method not allowed" }));
}

#[tokio::test]
async fn nobody_reaches_the_tasks_of_another() {
    let api = Api::new();
    let path = api.task_of_alice("mine").await;
    let before = api.call(Method::GET, &path, Some("alice"), &Value::Null).await.body;
    let missing = "/api/alice/tasks/999999";
    for (method, path, body) in guarded(&path).into_iter().chain(guarded(missing)) {
        // Alice's path is closed to Bob, and tells him nothing of what there is.
        let answer = api.call(method.clone(), &path, Some("bob"), &body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(answer.body, json!({ "detail": "Access denied" }));
        // Alice's task is nowhere on Bob's own path.
        let own = path.replace("alice", "bob");
        let answer = api.call(method.clone(), &own, Some("bob"), &body).await;
        if own.ends_with("/tasks") {
            assert!(answer.status.is_success());
            assert!(!answer.body.to_string().contains("mine"), "{method} {own}");
        } else {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {own}");
        }
    }
    let after = api.call(Method::GET, &path, Some("alice"), &Value::Null).await.body;
    assert_eq!(after, before);
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = Api::new();
    let path = api.task_of_alice("mine").await;
    let list = "/api/alice/tasks";
    let long = "ä".repeat(201);
    for (method, path, body) in [
        (Method::POST, list, json!({})),
        (Method::POST, list, json!({ "title": "" })),
        (Method::POST, list, json!({ "title": " \n" })),
        (Method::POST, list, json!({ "title": long })),
        (Method::POST, list, json!({ "title": 1 })),
        (Method::POST, list, json!("title")),
        (Method::POST, list, json!(["title"])),
        (Method::PUT, &path, json!({ "title": "a" })),
        (Method::PUT, &path, json!({ "completed": true })),
        (Method::PUT, &path, json!({ "title": "", "completed": true })),
        (Method::PATCH, &path, json!([])),
        (Method::PATCH, &path, json!({ "title": null })),
        (Method::PATCH, &path, json!({ "completed": "yes" })),
    ] {
        let answer = api.call(method.clone(), path, Some("alice"), &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {body}");
        assert!(answer.body["detail"].is_string());
    }
    let longest = json!({ "title": "ä".repeat(200) });
    let answer = api.call(Method::POST, list, Some("alice"), &longest).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let huge = json!({ "title": "a".repeat(20_000) });
    let answer = api.call(Method::POST, list, Some("alice"), &huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let untyped = Request::post(list).header(AUTHORIZATION, format!("Bearer {}", token("alice")));
    let answer = api.send(untyped.body(Body::from(r#"{"title":"a"}"#)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn titles_are_data() {
    let api = Api::new();
    let title = "'); DROP TABLE tasks; --<script>";
    let path = api.task_of_alice(title).await;
    let task = api.call(Method::GET, &path, Some("alice"), &Value::Null).await.body;
    assert_eq!(task["title"], title);
}

#[tokio::test]
async fn odd_paths() {
    let api = Api::new();
    assert_eq!(api.task_of_alice("mine").await, "/api/alice/tasks/1");
    for id in ["x", "1.5", "1%20or%201=1", "+1", "01", "0", "-1", "9223372036854775808"] {
        let path = format!("/api/alice/tasks/{id}");
        let answer = api.call(Method::GET, &path, Some("alice"), &Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/", "/api", "/api/alice", "/api/alice/tasks/", "/api/alice/tasks/1/x"] {
        let answer = api.call(Method::GET, path, Some("alice"), &Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.body, json!({ "detail": "Not found" }));
    }
    let answer = api.call(Method::GET, "/health", None, &Value::Null).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, json!({ "status": "ok" })));
}

#[tokio::test]
async fn browsers_come_from_one_origin() {
    let api = Api::new();
    let preflight = |origin: &'static str| {
        Request::options("/api/alice/tasks")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,content-type")
            .body(Body::empty())
            .unwrap()
    };
    let allowed = "http://localhost:3000";
    let headers = api.send(preflight(allowed)).await.headers;
    assert_eq!(headers["access-control-allow-origin"], allowed);
    assert_eq!(headers["access-control-allow-credentials"], "true");
    assert_eq!(headers["access-control-allow-methods"], "GET,POST,PUT,PATCH,DELETE");
    assert_eq!(headers["access-control-allow-headers"], "authorization,content-type");
    let headers = api.send(preflight("https://evil.example")).await.headers;
    assert!(!headers.contains_key("access-control-allow-origin"));
    // A browser can read why it was turned away.
    let request = Request::get("/api/alice/tasks").header("origin", allowed);
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["access-control-allow-origin"], allowed);
}
