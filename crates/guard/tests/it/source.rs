//! A JWKS server on loopback that does what it is told, and a guarded service that asks it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get as route_get};
use gatewright_guard::{
    Authenticated, Clock, Guard, JwkSet, RemoteKeys, RemoteKeysOptions, UnixTime, Verifier,
};
use gatewright_jose::SigningKey;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::support::{NOW, get, policy, token};

pub(crate) const JWKS: &str = "/jwks";

/// What the source does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// Ends the connection in the middle of the body.
    CutOff,
    /// Says 500, with the keys as its body.
    Down,
    Garbage,
    /// Takes the request and says nothing.
    Hanging,
    Html,
    /// The keys, and ten megabytes of white space.
    Huge,
    /// To an address where the keys are.
    Redirecting,
    Serving,
    /// Ends the connection at once.
    Slammed,
}

/// Written by hand over TCP, so that it can be as rude as it likes.
pub(crate) struct Source {
    url: String,
    bodies: Mutex<HashMap<String, String>>,
    mode: Mutex<Mode>,
    asked: Mutex<Vec<String>>,
    requests: AtomicUsize,
    /// A permit for each request that may be answered.
    pub(crate) permits: Semaphore,
}

impl Source {
    pub(crate) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let source = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            bodies: Mutex::default(),
            mode: Mutex::new(Mode::Serving),
            asked: Mutex::default(),
            requests: AtomicUsize::new(0),
            permits: Semaphore::new(1_000),
        });
        let answering = Arc::clone(&source);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let source = Arc::clone(&answering);
                tokio::spawn(async move { source.answer(stream).await });
            }
        });
        source
    }

    /// Where it is, without a path.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How often it was asked.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// The paths that it was asked for, and forgets them.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        self.publish_at(JWKS, keys);
    }

    pub(crate) fn publish_at(&self, path: &str, keys: &[&SigningKey]) {
        let set = JwkSet { keys: keys.iter().map(|key| key.public_jwk().unwrap()).collect() };
        self.serve(path, &serde_json::to_string(&set).unwrap());
    }

    pub(crate) fn serve(&self, path: &str, body: &str) {
        self.bodies.lock().unwrap().insert(path.to_owned(), body.to_owned());
    }

    async fn answer(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return, // the client hung up
            }
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        self.requests.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
        let body = self.bodies.lock().unwrap().get(&path).cloned();
        let mode = *self.mode.lock().unwrap();
        let found = body.as_deref().unwrap_or_default();
        let answer = match mode {
            Mode::CutOff => http("200 OK", &format!("{found}{}", " ".repeat(100)))
                .trim_end_matches(' ')
                .to_owned(),
            Mode::Down => http("500 Internal Server Error", found),
            Mode::Garbage => "\u{0}\u{1}garbage\r\n\r\n".to_owned(),
            Mode::Hanging => std::future::pending().await,
            Mode::Html => http("200 OK", &format!("<html>{found}</html>")),
            Mode::Huge => http("200 OK", &format!("{found}{}", " ".repeat(10 << 20))),
            Mode::Redirecting => http("307 Temporary Redirect\r\nlocation: /jwks", found),
            Mode::Serving if body.is_some() => http("200 OK", found),
            Mode::Serving => http("404 Not Found", ""),
            Mode::Slammed => String::new(),
        };
        // The guard may hang up before ten megabytes are through.
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

fn http(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// A service whose guard asks a [`Source`], at a time of our own.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) source: Arc<Source>,
    pub(crate) router: Router,
    clock: Arc<AtomicI64>,
}

impl Fixture {
    pub(crate) async fn new(keys: &[&SigningKey]) -> Self {
        Self::for_mode(Mode::Serving, keys).await
    }

    /// With a guard that gives up early where it must.
    pub(crate) async fn for_mode(mode: Mode, keys: &[&SigningKey]) -> Self {
        Self::with(keys, |source| {
            RemoteKeys::new(&format!("{}{JWKS}", source.url()), options(mode)).unwrap()
        })
        .await
    }

    pub(crate) async fn with(
        keys: &[&SigningKey],
        remote: impl FnOnce(&Source) -> RemoteKeys,
    ) -> Self {
        let source = Source::start().await;
        source.publish(keys);
        let clock = Arc::new(AtomicI64::new(NOW));
        let now = Arc::clone(&clock);
        let verifier = Verifier::from_remote(policy(), remote(&source))
            .with_clock(Clock::new(move || UnixTime::new(now.load(Ordering::SeqCst))));
        Self { source, router: guarded(verifier), clock }
    }

    pub(crate) async fn status(&self, token: &str) -> StatusCode {
        get(&self.router, "/", Some(token)).await.status
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Lets a fetch that was started on the side end.
    pub(crate) async fn settled(&self, requests: usize) {
        while self.source.requests() < requests {
            tokio::task::yield_now().await;
        }
        // An unknown key waits for a fetch under way.
        let unknown = signed_by(&key(99, "nobody's"));
        assert_eq!(self.status(&unknown).await, StatusCode::UNAUTHORIZED);
    }
}

pub(crate) fn guarded(verifier: Verifier) -> Router {
    Router::new()
        .route("/", route_get(async |Authenticated(c): Authenticated| c.subject().to_owned()))
        .layer(Guard::new(verifier))
}

/// Patient enough for a busy machine; with a source that hangs a test has to wait for the end.
pub(crate) fn options(mode: Mode) -> RemoteKeysOptions {
    let seconds = if mode == Mode::Hanging { 1 } else { 60 };
    let total_timeout = Duration::from_secs(seconds);
    RemoteKeysOptions {
        total_timeout,
        connect_timeout: total_timeout,
        ..RemoteKeysOptions::default()
    }
}

pub(crate) fn key(seed: u8, name: &str) -> SigningKey {
    SigningKey::ed25519_from_seed(&[seed; 32]).unwrap().with_key_id(name)
}

pub(crate) fn signed_by(key: &SigningKey) -> String {
    token(key, "alice", NOW + 1_000_000)
}
