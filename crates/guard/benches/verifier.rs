//! What a token costs through a `Verifier`: one that was seen before, and one that was not.
//!
//! `cargo bench -p gatewright-guard --profile dist`. Each bench judges the same token of 430 bytes or
//! more with the clock of the machine, as a service does. "Seen" is the default; "each time" has
//! the cache turned off.
#![expect(
    clippy::expect_used,
    reason = "a benchmark has nothing to do but end when its setup fails"
)]

use std::convert::Infallible;
use std::future::ready;
use std::task::{Context, Poll, Waker};

use divan::{Bencher, black_box};
use gatewright_guard::{Algorithm, Guard, KeySet, Policy, Verifier};
use gatewright_jose::SigningKey;
use http::{Request, Response};
use serde_json::json;
use tower::{Layer as _, Service as _, service_fn};

const SECRET: &[u8] = b"a shared secret of more than 32 bytes";
const ISSUER: &str = "https://app.example.com";
const ALGORITHMS: [Algorithm; 2] = [Algorithm::EdDSA, Algorithm::HS256];

fn main() {
    divan::main();
}

fn key(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::HS256 => SigningKey::hmac(algorithm, SECRET),
        _ => SigningKey::ed25519_from_seed(&[7; 32]),
    }
    .expect("a key")
}

/// Ten claims, as Better Auth's jwt plugin puts them in.
fn token(key: &SigningKey, subject: &str) -> String {
    let claims = json!({
        "aud": ISSUER, "createdAt": "2026-01-31T09:30:00.000Z", "email": "ada.lovelace@example.com",
        "emailVerified": true, "exp": 4_102_444_800_i64, "iat": 1_700_000_000, "iss": ISSUER,
        "name": "Ada Lovelace", "role": "administrator", "sub": subject,
    });
    key.sign(&claims).expect("claims become JSON")
}

fn verifier(key: &SigningKey) -> Verifier {
    let policy =
        Policy::builder().issuer(ISSUER).audience(ISSUER).algorithms([key.algorithm()]).build();
    Verifier::from_keys(policy, KeySet::from(key.verifying_key()))
}

#[divan::bench(args = ALGORITHMS)]
fn a_seen(bencher: Bencher, algorithm: Algorithm) {
    let key = key(algorithm);
    let (verifier, token) = (verifier(&key), token(&key, "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e"));
    bencher.bench_local(|| verifier.verify_now(black_box(&token)).expect("a good token"));
}

/// A thousand clients in turn: their tokens do not fit the processor's nearest caches.
#[divan::bench(args = ALGORITHMS)]
fn b_seen_of_a_thousand(bencher: Bencher, algorithm: Algorithm) {
    let key = key(algorithm);
    let verifier = verifier(&key);
    let tokens: Vec<String> =
        (0..1_000).map(|n| token(&key, &format!("Qk3pVn8yXc5tRw2zLm7bHs4dGf{n:06}"))).collect();
    for token in &tokens {
        verifier.verify_now(token).expect("a good token");
    }
    let mut turn = tokens.iter().cycle();
    bencher.bench_local(move || {
        let token = turn.next().expect("it never ends");
        verifier.verify_now(black_box(token)).expect("a good token")
    });
}

/// Two threads with the same token: the worst that can happen to a lock.
#[divan::bench(args = ALGORITHMS, threads = 2)]
fn c_seen_on_two_threads(bencher: Bencher, algorithm: Algorithm) {
    let key = key(algorithm);
    let (verifier, token) = (verifier(&key), token(&key, "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e"));
    bencher.bench(|| verifier.verify_now(black_box(&token)).expect("a good token"));
}

/// As seen before, by somebody who is async.
#[divan::bench(args = ALGORITHMS)]
fn d_seen_async(bencher: Bencher, algorithm: Algorithm) {
    let key = key(algorithm);
    let (verifier, token) = (verifier(&key), token(&key, "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e"));
    bencher.bench_local(|| {
        let judging = std::pin::pin!(verifier.verify(black_box(&token)));
        let judged = judging.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(judged, Poll::Ready(Ok(_))));
        judged
    });
}

/// The whole layer around a service that does nothing: the header, the token, the extension.
#[divan::bench(args = ALGORITHMS)]
fn e_seen_by_the_layer(bencher: Bencher, algorithm: Algorithm) {
    let key = key(algorithm);
    let bearer = format!("Bearer {}", token(&key, "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e"));
    let inner = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(""))));
    let mut service = Guard::new(verifier(&key)).layer(inner);
    let request =
        || Request::builder().header("authorization", &bearer).body(()).expect("a request");
    bencher.with_inputs(request).bench_local_values(|request| {
        let answering = std::pin::pin!(service.call(request));
        let answered = answering.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(&answered, Poll::Ready(Ok(response)) if response.status() == 200));
        answered
    });
}

#[divan::bench(args = ALGORITHMS)]
fn f_each_time(bencher: Bencher, algorithm: Algorithm) {
    let key = key(algorithm);
    let verifier = verifier(&key).token_cache(0);
    let token = token(&key, "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e");
    bencher.bench_local(|| verifier.verify_now(black_box(&token)).expect("a good token"));
}
