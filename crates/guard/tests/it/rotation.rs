//! Keys change while requests are in flight.

use axum::http::StatusCode;
use gatewright_jose::SigningKey;

use crate::{
    source::{Fixture, Mode, key, signed_by},
    support::get,
};

/// Many at once, with tokens of each key.
async fn all_pass(fixture: &Fixture, keys: &[&SigningKey]) {
    let requests: Vec<_> = (0..200)
        .map(|i| {
            let (router, token) = (fixture.router.clone(), signed_by(keys[i % keys.len()]));
            tokio::spawn(async move { get(&router, "/", Some(&token)).await.status })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_valid_token_is_refused_while_keys_change() {
    let keys: Vec<SigningKey> = (0..8).map(|i| key(i, &format!("key-{i}"))).collect();
    let fixture = Fixture::new(&[&keys[0]]).await;
    all_pass(&fixture, &[&keys[0]]).await;
    for pair in keys.windows(2) {
        let [old, new] = pair else { unreachable!("windows of two") };
        fixture.source.publish(&[old, new]);
        all_pass(&fixture, &[old, new]).await;
        // The next key comes when the cooldown is over, the old one goes meanwhile.
        fixture.pass(10);
        fixture.source.publish(&[new]);
        all_pass(&fixture, &[new]).await;
    }
}

/// A service that knows `old`, which its issuer has withdrawn in favour of `new` since.
async fn with_withdrawn_key(old: &SigningKey, new: &SigningKey) -> Fixture {
    let fixture = Fixture::new(&[old, new]).await;
    assert_eq!(fixture.status(&signed_by(old)).await, StatusCode::OK);
    fixture.source.publish(&[new]);
    fixture
}

#[tokio::test]
async fn a_withdrawn_key_is_accepted_for_its_grace_and_not_a_second_longer() {
    let (old, new) = (key(1, "old"), key(2, "new"));
    for (seconds, expected) in [
        (0, StatusCode::OK),
        (239, StatusCode::OK),
        (299, StatusCode::OK),
        (300, StatusCode::UNAUTHORIZED),
        (301, StatusCode::UNAUTHORIZED),
        (86_399, StatusCode::UNAUTHORIZED),
    ] {
        let fixture = with_withdrawn_key(&old, &new).await;
        fixture.pass(seconds);
        // The first request of that second, however long nobody came; its token was seen before.
        assert_eq!(fixture.status(&signed_by(&old)).await, expected, "after {seconds} s");
        assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::OK, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_renewal_on_the_side_ends_the_grace_before_its_time() {
    let (old, new) = (key(1, "old"), key(2, "new"));
    let fixture = with_withdrawn_key(&old, &new).await;
    fixture.pass(240);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.settled(2).await;
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::OK);
}

#[tokio::test]
async fn while_the_issuer_is_down_the_grace_is_a_day() {
    let (old, new) = (key(1, "old"), key(2, "new"));
    let fixture = with_withdrawn_key(&old, &new).await;
    fixture.source.set(Mode::Down);
    fixture.pass(86_399);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.pass(1);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::SERVICE_UNAVAILABLE);
    // And a source that is back is asked within the cooldown.
    fixture.source.set(Mode::Serving);
    fixture.pass(10);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::OK);
}
