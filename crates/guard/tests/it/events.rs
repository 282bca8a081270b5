//! What an observer is told, and what the log is not.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use axum::{Router, routing::get as route_get};
use gatewright_guard::{Event, Guard, Observer, RemoteKeys, UserPath, Verifier};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    source::{JWKS, Mode, Source, key, options, signed_by},
    support::{NOW, fixed_clock, get, policy, secret_key, token, valid, verifier},
};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn observer(&self) -> Observer {
        let told = Arc::clone(&self.0);
        Observer::new(move |event| {
            told.lock().unwrap().push(match event {
                Event::Judged { code, .. } => format!("judged {code}"),
                Event::DeniedWithin { code, .. } => format!("within {code}"),
                Event::KeysFetched { code, .. } => format!("keys {code}"),
                other => format!("{other:?}"),
            });
        })
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn router(guard: Guard) -> Router {
    Router::new()
        .route("/of/{user_id}", route_get(async |UserPath(user, ()): UserPath| user.to_string()))
        .layer(guard)
}

#[tokio::test]
async fn every_request_is_told_once_and_a_denial_behind_the_guard_too() {
    let told = Told::default();
    let router =
        router(Guard::new(verifier().with_observer(told.observer())).permitting_anonymous());
    let expired = token(&secret_key(), "alice", NOW - 60);
    for (path, token, expected) in [
        ("/of/alice", Some(&*valid("alice")), &["judged accepted"][..]),
        ("/of/bob", Some(&*valid("alice")), &["judged accepted", "within wrong-user"]),
        ("/of/alice", Some(&*expired), &["judged expired"]),
        ("/of/alice", None, &["judged anonymous", "within no-credential"]),
        ("/none", Some(&*valid("alice")), &["judged accepted"]),
    ] {
        get(&router, path, token).await;
        assert_eq!(told.take(), expected, "{path}");
    }
}

#[tokio::test]
async fn fetches_are_told_with_what_came_of_them() {
    let told = Told::default();
    let source = Source::start().await;
    let old = key(1, "old");
    source.publish(&[&old]);
    for (mode, expected) in [
        (Mode::Serving, "keys changed"),
        (Mode::CutOff, "keys unreachable"),
        (Mode::Down, "keys bad-status"),
        (Mode::Garbage, "keys unreachable"),
        (Mode::Hanging, "keys timed-out"),
        (Mode::Html, "keys no-keys"),
        (Mode::Huge, "keys too-large"),
    ] {
        source.set(mode);
        let keys = RemoteKeys::new(&format!("{}{JWKS}", source.url()), options(mode)).unwrap();
        let verifier = Verifier::from_remote(policy(), keys)
            .with_clock(fixed_clock())
            .with_observer(told.observer());
        let judged = match mode {
            Mode::Serving => "judged accepted",
            _ => "judged keys-unavailable",
        };
        get(&router(Guard::new(verifier)), "/of/alice", Some(&signed_by(&old))).await;
        assert_eq!(told.take(), [expected, judged], "{mode:?}");
    }
}

/// Keeps every field of every span and event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("gatewright")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Requests for each kind of line that the guard logs.
async fn all_that_is_logged(source: &Source) {
    let url = format!("{}{JWKS}?key=hidden", source.url());
    let remote =
        Verifier::from_remote(policy(), RemoteKeys::new(&url, options(Mode::Serving)).unwrap());
    let expired = token(&secret_key(), "alice-in-the-token", NOW - 60);
    for guard in [Guard::new(verifier()), Guard::new(remote.with_clock(fixed_clock()))] {
        let router = router(guard.permitting_anonymous());
        for token in [Some(&*valid("alice-in-the-token")), Some(&*expired), Some("x"), None] {
            get(&router, "/of/bob-in-the-path", token).await;
        }
    }
}

#[tokio::test]
async fn the_log_knows_codes_and_neither_tokens_nor_claims() {
    let source = Source::start().await;
    source.serve(&format!("{JWKS}?key=hidden"), "{}");
    // A line that is reached for the first time while there is just one subscriber asks the thread
    // that reaches it whether it is wanted, for all threads and for good. So all are reached before,
    // and there are two.
    all_that_is_logged(&source).await;
    let log = Log::default();
    let _second = tracing::Dispatch::new(Log::default());
    let _guard = tracing::subscriber::set_default(log.clone());
    all_that_is_logged(&source).await;

    let log = log.0.lock().unwrap();
    for expected in
        ["accepted", "expired", "anonymous", "wrong-user", "keys-unavailable", "no-keys"]
    {
        assert!(log.contains(&format!("code=\"{expected}\"")), "{expected}: {log}");
    }
    assert!(log.contains("has_subject=true") && log.contains("has_subject=false"), "{log}");
    assert!(log.contains(&format!("{}{JWKS}", source.url())), "{log}");
    for secret in ["alice", "bob", "eyJ", "hidden", "app.example"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
