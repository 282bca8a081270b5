//! Keys from a real JWKS server on loopback.

use axum::{Router, http::StatusCode};
use gatewright_guard::{Guard, RemoteKeys, RemoteKeysOptions, Verifier};
use tokio::net::TcpListener;

use crate::{
    source::{Fixture, Mode, key, signed_by},
    support::{get, policy},
};

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.source.requests(), 0);
    for _ in 0..3 {
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    }
    assert_eq!(fixture.source.requests(), 1);
}

#[tokio::test]
async fn no_fetch_for_a_request_without_a_token() {
    let fixture = Fixture::new(&[&key(1, "old")]).await;
    assert_eq!(get(&fixture.router, "/", None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.source.requests(), 0);
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
    while fixture.source.requests() == 0 {
        tokio::task::yield_now().await;
    }
    fixture.source.permits.add_permits(1_000);
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(fixture.source.requests(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_at_once_even_right_after_a_fetch() {
    let (old, new) = (key(1, "old"), key(2, "new"));
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.source.publish(&[&old, &new]);
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::OK);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.source.requests(), 2);
    // A second one within the cooldown has to wait for its end: strangers could ask as well.
    let newest = key(3, "newest");
    fixture.source.publish(&[&old, &new, &newest]);
    assert_eq!(fixture.status(&signed_by(&newest)).await, StatusCode::UNAUTHORIZED);
    fixture.pass(10);
    assert_eq!(fixture.status(&signed_by(&newest)).await, StatusCode::OK);
    assert_eq!(fixture.source.requests(), 3);
}

#[tokio::test]
async fn a_source_that_never_answered_is_503() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    fixture.source.set(Mode::Down);
    let answer = get(&fixture.router, "/", Some(&signed_by(&old))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert_eq!(answer.header("www-authenticate"), None);
    assert_eq!(answer.detail(), "Tokens cannot be verified at the moment");
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
    fixture.source.set(Mode::Down);
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
    while fixture.source.requests() == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    fixture.source.permits.add_permits(1);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.source.requests(), 1);
}

#[test]
fn outside_of_a_runtime_nothing_panics_and_nobody_passes() {
    let keys = RemoteKeys::new("http://127.0.0.1:9/jwks", RemoteKeysOptions::default()).unwrap();
    let verifier = Verifier::from_remote(policy(), keys);
    let denial = verifier.verify_now(&signed_by(&key(1, "old"))).unwrap_err();
    assert_eq!(denial.code(), "keys-unavailable");
}
