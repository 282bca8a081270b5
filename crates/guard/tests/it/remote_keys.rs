//! Keys from a real JWKS server on loopback.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get as route_get,
};
use gatewright_guard::{
    Authenticated, Clock, Guard, JwkSet, RemoteKeys, RemoteKeysOptions, UnixTime, Verifier,
};
use gatewright_jose::SigningKey;
use tokio::{net::TcpListener, sync::Semaphore};

use crate::support::{NOW, get, policy, token};

/// What the source does when it is asked.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Down,
    Huge,
    Redirecting,
    Serving,
}

struct Source {
    keys: Mutex<JwkSet>,
    mode: Mutex<Mode>,
    requests: AtomicUsize,
    /// A permit for each request that may be answered.
    permits: Semaphore,
}

struct Fixture {
    source: Arc<Source>,
    router: Router,
    clock: Arc<AtomicI64>,
}

impl Fixture {
    async fn new(keys: &[&SigningKey]) -> Self {
        let source = Arc::new(Source {
            keys: Mutex::new(published(keys)),
            mode: Mutex::new(Mode::Serving),
            requests: AtomicUsize::new(0),
            permits: Semaphore::new(1_000),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let jwks = Router::new()
            .route("/jwks", route_get(serve))
            .route(
                "/elsewhere",
                route_get(async |State(source): State<Arc<Source>>| {
                    Json(source.keys.lock().unwrap().clone())
                }),
            )
            .with_state(Arc::clone(&source));
        tokio::spawn(async move { axum::serve(listener, jwks).await.unwrap() });

        let clock = Arc::new(AtomicI64::new(NOW));
        let now = Arc::clone(&clock);
        let keys = RemoteKeys::new(&url, RemoteKeysOptions::default()).unwrap();
        let verifier = Verifier::from_remote(policy(), keys)
            .with_clock(Clock::new(move || UnixTime::new(now.load(Ordering::SeqCst))));
        let router = Router::new()
            .route("/", route_get(async |Authenticated(c): Authenticated| c.subject().to_owned()))
            .layer(Guard::new(verifier));
        Self { source, router, clock }
    }

    async fn status(&self, token: &str) -> StatusCode {
        get(&self.router, "/", Some(token)).await.status
    }

    fn requests(&self) -> usize {
        self.source.requests.load(Ordering::SeqCst)
    }

    fn publish(&self, keys: &[&SigningKey]) {
        *self.source.keys.lock().unwrap() = published(keys);
    }

    fn set(&self, mode: Mode) {
        *self.source.mode.lock().unwrap() = mode;
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn published(keys: &[&SigningKey]) -> JwkSet {
    JwkSet { keys: keys.iter().map(|key| key.public_jwk().unwrap()).collect() }
}

async fn serve(State(source): State<Arc<Source>>) -> Response {
    source.requests.fetch_add(1, Ordering::SeqCst);
    source.permits.acquire().await.unwrap().forget();
    let mode = *source.mode.lock().unwrap();
    match mode {
        Mode::Down => StatusCode::BAD_GATEWAY.into_response(),
        Mode::Huge => " ".repeat(300 * 1024).into_response(),
        Mode::Redirecting => Redirect::temporary("/elsewhere").into_response(),
        Mode::Serving => Json(source.keys.lock().unwrap().clone()).into_response(),
    }
}

fn key(seed: u8, name: &str) -> SigningKey {
    SigningKey::ed25519_from_seed(&[seed; 32]).unwrap().with_key_id(name)
}

fn signed_by(key: &SigningKey) -> String {
    token(key, "alice", NOW + 1_000_000)
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.requests(), 0);
    for _ in 0..3 {
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    }
    assert_eq!(fixture.requests(), 1);
}

#[tokio::test]
async fn no_fetch_for_a_request_without_a_token() {
    let fixture = Fixture::new(&[&key(1, "old")]).await;
    assert_eq!(get(&fixture.router, "/", None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.requests(), 0);
}

#[tokio::test]
async fn many_waiters_cause_one_fetch() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    fixture.source.permits.forget_permits(1_000);
    let waiters: Vec<_> = (0..50)
        .map(|_| {
            let (router, token) = (fixture.router.clone(), signed_by(&old));
            tokio::spawn(async move { get(&router, "/", Some(&token)).await.status })
        })
        .collect();
    // The runtime has one thread: after this every waiter has been polled, and waits.
    while fixture.requests() == 0 {
        tokio::task::yield_now().await;
    }
    fixture.source.permits.add_permits(1_000);
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(fixture.requests(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_by_one_more_fetch() {
    let (old, new) = (key(1, "old"), key(2, "new"));
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.publish(&[&old, &new]);
    // Within the cooldown nobody can make us ask again.
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.requests(), 1);
    fixture.pass(10);
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::OK);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.requests(), 2);
}

#[tokio::test]
async fn invented_keys_cause_one_fetch_per_cooldown() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.pass(10);
    for i in 0..20 {
        let invented = signed_by(&key(9, &format!("invented-{i}")));
        assert_eq!(fixture.status(&invented).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(fixture.requests(), 2);
}

#[tokio::test]
async fn a_source_that_never_answered_is_503() {
    let old = key(1, "old");
    for mode in [Mode::Down, Mode::Huge, Mode::Redirecting] {
        let fixture = Fixture::new(&[&old]).await;
        fixture.set(mode);
        let answer = get(&fixture.router, "/", Some(&signed_by(&old))).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), Some("10"));
        assert_eq!(answer.header("www-authenticate"), None);
        assert_eq!(answer.detail(), "Tokens cannot be verified at the moment");
        // It is not asked again at once, and then it is.
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(fixture.requests(), 1);
        fixture.set(Mode::Serving);
        fixture.pass(10);
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn nobody_listening_is_503() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    drop(listener);
    let keys = RemoteKeys::new(&url, RemoteKeysOptions::default()).unwrap();
    let verifier = Verifier::from_remote(policy(), keys);
    let router = Router::new().fallback(async || "in").layer(Guard::new(verifier));
    let answer = get(&router, "/", Some(&signed_by(&key(1, "old")))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn old_keys_serve_while_the_source_is_down() {
    let (old, new) = (key(1, "old"), key(2, "new"));
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.set(Mode::Down);
    fixture.pass(3_600);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    // A day later a withdrawn key must not serve any more.
    fixture.pass(86_400);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_client_that_gives_up_does_not_stop_the_fetch() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    fixture.source.permits.forget_permits(1_000);
    let (router, token) = (fixture.router.clone(), signed_by(&old));
    let impatient = tokio::spawn(async move { get(&router, "/", Some(&token)).await.status });
    while fixture.requests() == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    fixture.source.permits.add_permits(1);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.requests(), 1);
}
