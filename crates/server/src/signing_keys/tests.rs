use std::sync::atomic::{AtomicI64, Ordering};

use tokio::task::JoinSet;

use super::*;
use crate::crypto::Secret;
use crate::options::{BaseUrl, Options};
use crate::store::testing::Database;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A database that many servers open, what they are told, and a clock that is set by hand.
struct Shared {
    database: Database,
    options: Options,
    time: Arc<AtomicI64>,
}

impl Shared {
    /// One on either engine.
    async fn both() -> [Self; 2] {
        Database::both().await.map(|database| {
            let secret = Secret::new(&"s".repeat(32)).unwrap();
            let base = BaseUrl::new("http://localhost:4000", "/api/auth").unwrap();
            Self {
                database,
                options: Options::new(base, &[], secret).unwrap(),
                time: Arc::new(AtomicI64::new(1_795_464_716_007)),
            }
        })
    }

    fn clock(&self) -> Clock {
        let time = Arc::clone(&self.time);
        Clock::new(move || Date::from_milliseconds(time.load(Ordering::Relaxed)))
    }

    fn pass(&self, seconds: i64) {
        self.time.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    async fn store(&self) -> Store {
        self.database.open().await
    }

    async fn keys(&self) -> SigningKeys {
        let Options { jwt, secret, secret_rotation, .. } = &self.options;
        let secrets = Secrets::new(secret.clone(), secret_rotation.clone());
        let store = self.store().await;
        let options = crate::options::AuditLogOptions::default();
        let audit = AuditLog::new(options, store.clone(), self.clock(), Random::system());
        SigningKeys::new(jwt, secrets, Random::system(), self.clock(), store, audit).unwrap()
    }

    async fn rotate(&self, old: OldKeys) -> Result<KeySummary, KeysError> {
        let random = Random::system();
        rotate_keys(&self.options, &self.store().await, &self.clock(), &random, old).await
    }

    async fn summaries(&self) -> Vec<KeySummary> {
        self.store().await.summarize_keys().await.unwrap()
    }
}

async fn signs_with(keys: &SigningKeys) -> String {
    keys.current(None).await.unwrap().key_id().unwrap().to_owned()
}

async fn published(keys: &SigningKeys) -> Vec<String> {
    let keys = keys.published().await.unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_servers_that_miss_a_key_at_once_make_one() {
    for mut shared in Shared::both().await {
        shared.options.jwt.jwks.rotation_interval = Some(DAY);
        let mut servers = Vec::new();
        for _ in 0..50 {
            servers.push(shared.keys().await);
        }
        // The first key, and the one after it has expired.
        for made in 1..=2 {
            let mut tasks = JoinSet::new();
            for keys in servers.clone() {
                tasks.spawn(async move { signs_with(&keys).await });
            }
            let mut signing = tasks.join_all().await;
            signing.dedup();
            assert_eq!(signing.len(), 1, "all sign with the same");
            assert_eq!(shared.summaries().await.len(), made);
            shared.pass(DAY);
        }
    }
}

#[tokio::test]
async fn a_key_signs_for_the_interval_and_is_published_for_the_grace_period_after_it() {
    for mut shared in Shared::both().await {
        shared.options.jwt.jwks.rotation_interval = Some(DAY);
        shared.options.jwt.jwks.grace_period = 2 * DAY;
        let keys = shared.keys().await;
        let first = signs_with(&keys).await;
        shared.pass(DAY - 1);
        assert_eq!(signs_with(&keys).await, first);
        shared.pass(1);
        assert_eq!(published(&keys).await, [first.as_str()], "publishing makes none");
        let second = signs_with(&keys).await;
        assert_ne!(second, first);
        assert_eq!(published(&keys).await.len(), 2);
        shared.pass(2 * DAY - 1);
        assert!(published(&keys).await.contains(&first));
        shared.pass(1);
        assert!(!published(&keys).await.contains(&first));
    }
}

#[tokio::test]
async fn a_rotation_by_hand_is_seen_by_servers_that_run() {
    for shared in Shared::both().await {
        let keys = shared.keys().await;
        let first = signs_with(&keys).await;
        shared.pass(60);
        let second = shared.rotate(OldKeys::Expire).await.unwrap().id;
        assert_eq!(signs_with(&keys).await, second);
        assert_eq!(published(&keys).await.len(), 2, "tokens of both verify");
        let third = shared.rotate(OldKeys::Forget).await.unwrap().id;
        assert_eq!(signs_with(&keys).await, third);
        assert_eq!(published(&keys).await, [third.as_str()]);
        assert_ne!(first, second);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rotations_at_once_one_key_signs() {
    for shared in Shared::both().await {
        let shared = Arc::new(shared);
        let keys = shared.keys().await;
        signs_with(&keys).await;
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let shared = Arc::clone(&shared);
            tasks.spawn(async move { shared.rotate(OldKeys::Expire).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.len(), 20);
        let rows = shared.summaries().await;
        let living: Vec<_> = rows.iter().filter(|key| key.expires_at.is_none()).collect();
        assert_eq!((rows.len(), living.len()), (21, 1));
        assert_eq!(signs_with(&keys).await, living[0].id);
    }
}

#[tokio::test]
async fn a_secret_that_servers_do_not_have_rotates_nothing() {
    for mut shared in Shared::both().await {
        let first = signs_with(&shared.keys().await).await;
        shared.options.secret = Secret::new(&"o".repeat(32)).unwrap();
        let refused = shared.rotate(OldKeys::Expire).await;
        assert!(matches!(refused, Err(KeysError::OtherSecret { .. })), "{refused:?}");
        let ids: Vec<_> = shared.summaries().await.into_iter().map(|key| key.id).collect();
        assert_eq!(ids, [first]);
        let new = shared.rotate(OldKeys::Forget).await.unwrap();
        assert_eq!(signs_with(&shared.keys().await).await, new.id);
    }
}

#[tokio::test]
async fn a_plain_key_is_written_only_on_demand_and_read_always() {
    for mut shared in Shared::both().await {
        shared.options.jwt.jwks.disable_private_key_encryption = true;
        let first = signs_with(&shared.keys().await).await;
        assert!(!shared.summaries().await[0].is_encrypted);
        shared.options.jwt.jwks.disable_private_key_encryption = false;
        assert_eq!(signs_with(&shared.keys().await).await, first);
        shared.pass(1);
        let second = shared.rotate(OldKeys::Expire).await.unwrap();
        assert!(second.is_encrypted);
        shared.options.jwt.jwks.disable_private_key_encryption = true;
        assert_eq!(signs_with(&shared.keys().await).await, second.id, "an encrypted one too");
    }
}
