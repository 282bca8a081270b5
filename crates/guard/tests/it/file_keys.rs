//! Keys from a file that changes.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode};
use gatewright_guard::{Algorithm, Clock, FileKeys, FileKeysOptions, JwkSet, UnixTime, Verifier};
use gatewright_jose::SigningKey;
use tempfile::TempDir;

use crate::{
    source::{guarded, key, signed_by},
    support::{NOW, get, policy, secret_key},
};

struct Fixture {
    folder: TempDir,
    router: Router,
    clock: Arc<AtomicI64>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        let now = Arc::clone(&clock);
        let options = FileKeysOptions {
            max_bytes: 8 * 1024,
            timeout: Duration::from_mins(1),
            ..FileKeysOptions::default()
        };
        let verifier =
            Verifier::from_file(policy(), FileKeys::new(folder.path().join("keys"), options))
                .with_clock(Clock::new(move || UnixTime::new(now.load(Ordering::SeqCst))));
        Self { folder, router: guarded(verifier), clock }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn write(&self, content: &str) {
        fs::write(self.path(), content).unwrap();
    }

    fn publish(&self, keys: &[&SigningKey]) {
        let set = JwkSet { keys: keys.iter().map(|key| key.public_jwk().unwrap()).collect() };
        self.write(&serde_json::to_string(&set).unwrap());
    }

    async fn status(&self, key: &SigningKey) -> StatusCode {
        get(&self.router, "/", Some(&signed_by(key))).await.status
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// The public half of RFC 8410 §10.1, and the seed of §10.3 that belongs to it.
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";
const PEM_SEED: [u8; 32] = [
    0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a, 0xd5, 0xb6, 0xd8, 0xf1, 0xf7, 0x69, 0xf8, 0xad,
    0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1, 0xd4, 0xfb, 0xe0, 0x97, 0xa8, 0x8f, 0x44, 0x75, 0x58, 0x42,
];

#[tokio::test]
async fn a_jwk_a_set_and_a_pem_are_read() {
    let fixture = Fixture::new();
    let (old, pem) = (key(1, "old"), SigningKey::ed25519_from_seed(&PEM_SEED).unwrap());
    fixture.publish(&[&key(2, "other"), &old]);
    assert_eq!(fixture.status(&old).await, StatusCode::OK);

    let fixture = Fixture::new();
    fixture.write(&serde_json::to_string(&old.public_jwk().unwrap()).unwrap());
    assert_eq!(fixture.status(&old).await, StatusCode::OK);

    let fixture = Fixture::new();
    fixture.write(PEM);
    assert_eq!(fixture.status(&pem).await, StatusCode::OK);
    assert_eq!(fixture.status(&key(1, "old")).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_shared_secret_may_stand_in_it() {
    let fixture = Fixture::new();
    fixture.write(&serde_json::to_string(&secret_key().private_jwk()).unwrap());
    assert_eq!(fixture.status(&secret_key()).await, StatusCode::OK);
    let forged = SigningKey::hmac(Algorithm::HS256, &[b'x'; 32]).unwrap();
    assert_eq!(fixture.status(&forged).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_written_to_it_holds_within_five_seconds() {
    let fixture = Fixture::new();
    let (old, new) = (key(1, "old"), key(2, "new"));
    fixture.publish(&[&old]);
    assert_eq!(fixture.status(&old).await, StatusCode::OK);
    // A key that is missing is looked for at once.
    fixture.publish(&[&new]);
    assert_eq!(fixture.status(&new).await, StatusCode::OK);
    assert_eq!(fixture.status(&old).await, StatusCode::UNAUTHORIZED);
    // And one that is gone is noticed.
    fixture.publish(&[&old]);
    assert_eq!(fixture.status(&new).await, StatusCode::OK);
    fixture.pass(5);
    assert_eq!(fixture.status(&new).await, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.status(&old).await, StatusCode::OK);
}

#[tokio::test]
async fn content_of_no_use_changes_nothing() {
    let old = key(1, "old");
    let (huge, cut) = (format!("{PEM}{}", " ".repeat(8 * 1024)), &PEM[..60]);
    for content in ["", "x", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":[{}]}"#, cut, &huge] {
        let fixture = Fixture::new();
        fixture.write(content);
        assert_eq!(fixture.status(&old).await, StatusCode::SERVICE_UNAVAILABLE, "{content:.60}");

        let fixture = Fixture::new();
        fixture.publish(&[&old]);
        assert_eq!(fixture.status(&old).await, StatusCode::OK);
        fixture.write(content);
        fixture.pass(5);
        assert_eq!(fixture.status(&old).await, StatusCode::OK, "{content:.60}");
        fixture.pass(86_400);
        assert_eq!(fixture.status(&old).await, StatusCode::SERVICE_UNAVAILABLE, "{content:.60}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_or_no_file_lets_nobody_in() {
    let old = key(1, "old");
    let fixture = Fixture::new();
    let answer = get(&fixture.router, "/", Some(&signed_by(&old))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("1"));
    fixture.publish(&[&old]);
    fixture.pass(1);
    assert_eq!(fixture.status(&old).await, StatusCode::OK);

    let fixture = Fixture::new();
    fs::create_dir(fixture.path()).unwrap();
    assert_eq!(fixture.status(&old).await, StatusCode::SERVICE_UNAVAILABLE);
}
