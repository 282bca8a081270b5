//! Whatever a JWKS address answers: the service stays up, and no token gets in by it.

use axum::http::StatusCode;

use crate::{
    source::{Fixture, Mode, key, signed_by},
    support::get,
};

const MISBEHAVIOURS: [Mode; 8] = [
    Mode::CutOff,
    Mode::Down,
    Mode::Garbage,
    Mode::Hanging,
    Mode::Html,
    Mode::Huge,
    Mode::Redirecting,
    Mode::Slammed,
];

/// Sets that are JSON, and still of no use.
const USELESS: [&str; 6] = [
    "",
    "null",
    "[]",
    r#"{"keys":[]}"#,
    r#"{"keys":{}}"#,
    // A secret that is published proves nothing.
    r#"{"keys":[{"kty":"oct","alg":"HS256","kid":"old","k":"YSBzaGFyZWQgc2VjcmV0IG9mIG1vcmUgdGhhbiAzMiBieXRlcw"}]}"#,
];

#[tokio::test]
async fn without_keys_nobody_gets_in_and_the_next_good_answer_serves() {
    let old = key(1, "old");
    for mode in MISBEHAVIOURS {
        let fixture = Fixture::for_mode(mode, &[&old]).await;
        fixture.source.set(mode);
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(fixture.status(&signed_by(&old)).await, unavailable, "{mode:?}");
        // It is not asked again at once, and then it is.
        assert_eq!(fixture.status(&signed_by(&old)).await, unavailable, "{mode:?}");
        assert_eq!(fixture.source.requests(), 1, "{mode:?}");
        // What no key could make good is the token's fault all the same.
        for token in ["undefined", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."] {
            let answer = get(&fixture.router, "/", Some(token)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{mode:?} {token}");
        }
        fixture.source.set(Mode::Serving);
        fixture.pass(9);
        assert_eq!(fixture.status(&signed_by(&old)).await, unavailable, "{mode:?}");
        fixture.pass(1);
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK, "{mode:?}");
    }
}

#[tokio::test]
async fn with_keys_they_serve_on_and_no_other_gets_in() {
    let (old, other) = (key(1, "old"), key(2, "other"));
    for mode in MISBEHAVIOURS {
        let fixture = Fixture::for_mode(mode, &[&old]).await;
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
        // What it would answer holds the other key, and is not an answer.
        fixture.source.publish(&[&other]);
        fixture.source.set(mode);
        fixture.pass(300);
        for _ in 0..3 {
            assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK, "{mode:?}");
            let answer = get(&fixture.router, "/", Some(&signed_by(&other))).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{mode:?}");
        }
        // One regular fetch, and one for the unknown key.
        assert_eq!(fixture.source.requests(), 3, "{mode:?}");
    }
}

#[tokio::test]
async fn useless_sets_are_no_answer() {
    let old = key(1, "old");
    for body in USELESS {
        let fixture = Fixture::new(&[&old]).await;
        fixture.source.serve("/jwks", body);
        let status = fixture.status(&signed_by(&old)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");

        let fixture = Fixture::new(&[&old]).await;
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
        fixture.source.serve("/jwks", body);
        fixture.pass(300);
        assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK, "{body}");
    }
}

/// Ten thousand requests that each invent a key, all before the source answers.
async fn crowd_with_invented_keys(fixture: &Fixture, expected: StatusCode) {
    let before = fixture.source.requests();
    let held = fixture.source.permits.forget_permits(1_000);
    let inventor = key(9, "");
    let crowd: Vec<_> = (0..10_000)
        .map(|i| {
            let token = signed_by(&inventor.clone().with_key_id(format!("invented-{i}")));
            let router = fixture.router.clone();
            tokio::spawn(async move { get(&router, "/", Some(&token)).await.status })
        })
        .collect();
    while fixture.source.requests() == before {
        tokio::task::yield_now().await;
    }
    fixture.source.permits.add_permits(held);
    for request in crowd {
        assert_eq!(request.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn ten_thousand_invented_keys_cause_one_fetch_per_cooldown() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    for cooldowns in 1..=3 {
        crowd_with_invented_keys(&fixture, StatusCode::UNAUTHORIZED).await;
        assert_eq!(fixture.source.requests(), 1 + cooldowns);
        fixture.pass(9);
        let invented = signed_by(&key(9, "one-more"));
        assert_eq!(fixture.status(&invented).await, StatusCode::UNAUTHORIZED);
        assert_eq!(fixture.source.requests(), 1 + cooldowns);
        fixture.pass(1);
    }
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_crowd_at_the_very_start_causes_one_fetch_too() {
    let old = key(1, "old");
    let fixture = Fixture::new(&[&old]).await;
    crowd_with_invented_keys(&fixture, StatusCode::UNAUTHORIZED).await;
    assert_eq!(fixture.source.requests(), 1);
    let fixture = Fixture::new(&[&old]).await;
    fixture.source.set(Mode::Down);
    crowd_with_invented_keys(&fixture, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(fixture.source.requests(), 1);
}
