//! Sessions while the clock is wrong: it is set by hand, and requests go through the whole server.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::clock::{Clock, Date};
use crate::context::Context;
use crate::crypto::{Random, Secret};
use crate::options::{BaseUrl, Options};
use crate::router::router;
use crate::store::{DatabaseUrl, Store};

const ORIGIN_OF_OURS: &str = "https://auth.example.com";
const HOUR: i64 = 3600;
const WEEK: i64 = 7 * 24 * HOUR;

struct Server {
    router: Router,
    now: Arc<AtomicI64>,
    store: Store,
    _directory: tempfile::TempDir,
}

impl Server {
    async fn new(change: fn(&mut Options)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(directory.path().join("auth.db"))).await;
        let store = store.unwrap();
        let now = Arc::new(AtomicI64::new(1_800_000_000));
        let clock = Arc::clone(&now);
        let clock =
            Clock::new(move || Date::from_milliseconds(clock.load(Ordering::SeqCst) * 1000));
        let base_url = BaseUrl::new(ORIGIN_OF_OURS, "/api/auth").unwrap();
        let mut options = Options::new(base_url, &[], Secret::new(&"s".repeat(32)).unwrap());
        options.as_mut().map(change).unwrap();
        let cx = Context::new(options.unwrap(), store.clone(), clock, Random::system()).unwrap();
        Self { router: router(cx), now, store, _directory: directory }
    }

    /// Moves the clock, back too.
    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    fn now(&self) -> Date {
        Date::from_milliseconds(self.now.load(Ordering::SeqCst) * 1000)
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Vec<String>, Value) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let cookies = answer.headers().get_all(SET_COOKIE).iter();
        let cookies = cookies.map(|line| line.to_str().unwrap().to_owned()).collect();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, cookies, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Signs somebody up; gives their cookies.
    async fn sign_up(&self) -> String {
        let body = json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse"});
        let request = Request::post("/api/auth/sign-up/email")
            .header(CONTENT_TYPE, "application/json")
            .header(ORIGIN, ORIGIN_OF_OURS);
        let (status, cookies, _) =
            self.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        let pairs = cookies.iter().map(|line| line.split(';').next().unwrap_or_default());
        pairs.collect::<Vec<_>>().join("; ")
    }

    async fn get(&self, path: &str, cookies: &str) -> (StatusCode, Value) {
        let request = Request::get(format!("/api/auth{path}")).header(COOKIE, cookies);
        let (status, _, body) = self.send(request.body(Body::empty()).unwrap()).await;
        (status, body)
    }

    async fn session(&self, cookies: &str) -> Value {
        self.get("/get-session", cookies).await.1
    }
}

fn ends(session: &Value) -> Date {
    Date::parse(session["session"]["expiresAt"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_lengthens_no_session_that_is_used() {
    let server = Server::new(|_| {}).await;
    let cookies = server.sign_up().await;
    server.pass(-HOUR);
    let after = server.session(&cookies).await;
    assert_eq!(
        ends(&after),
        server.now().plus_seconds(WEEK),
        "a week from now, and not an hour more"
    );
    server.pass(WEEK + 1);
    assert_eq!(server.session(&cookies).await, Value::Null);
}

#[tokio::test]
async fn a_session_that_a_clock_which_is_ahead_has_extended_is_cut_too() {
    let server = Server::new(|_| {}).await;
    let cookies = server.sign_up().await;
    server.pass(2 * 24 * HOUR);
    server.session(&cookies).await;
    server.pass(-24 * HOUR);
    for path in ["/list-accounts", "/get-session?disableRefresh=true", "/token"] {
        let (status, _) = server.get(path, &cookies).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    let end = ends(&server.session(&cookies).await);
    assert_eq!(end, server.now().plus_seconds(WEEK));
}

#[tokio::test]
async fn another_server_may_be_a_few_seconds_ahead() {
    let server = Server::new(|_| {}).await;
    let cookies = server.sign_up().await;
    let end = ends(&server.session(&cookies).await);
    server.pass(-30);
    assert_eq!(ends(&server.session(&cookies).await), end, "nothing is written for that");
}

#[tokio::test]
async fn a_session_from_the_future_is_not_fresh() {
    let server = Server::new(|_| {}).await;
    let cookies = server.sign_up().await;
    assert_eq!(server.get("/list-sessions", &cookies).await.0, StatusCode::OK);
    server.pass(-HOUR);
    let (status, body) = server.get("/list-sessions", &cookies).await;
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("SESSION_NOT_FRESH")));
}

#[tokio::test]
async fn a_cached_session_is_not_believed_for_longer_when_the_clock_is_set_back() {
    let server = Server::new(|options| options.session.cookie_cache.enabled = true).await;
    let cookies = server.sign_up().await;
    let user = server.session(&cookies).await["user"]["id"].as_str().unwrap().to_owned();
    server.store.delete_sessions(&user).await.unwrap();
    assert_ne!(server.session(&cookies).await, Value::Null, "it is cached");
    server.pass(-HOUR);
    assert_eq!(server.session(&cookies).await, Value::Null);
    server.pass(HOUR + 300);
    assert_ne!(server.session(&cookies).await, Value::Null, "five minutes, to the second");
    server.pass(1);
    assert_eq!(server.session(&cookies).await, Value::Null);
}
