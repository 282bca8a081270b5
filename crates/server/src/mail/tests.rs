//! The queue and its lanes, with a directory that can be taken away as the way out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;

use super::*;
use crate::clock::Date;
use crate::crypto::{Secret, SecretRotation};
use crate::metrics::Mails;
use crate::options::BaseUrl;
use crate::store::{DatabaseUrl, QueuedMail};

fn letter(to: &str) -> Letter {
    Letter {
        kind: Kind::PasswordReset,
        to: to.to_owned(),
        name: "Ada".to_owned(),
        link: "https://auth.example.com/x".to_owned(),
        expires_in: 3600,
    }
}

async fn open(file: &Path) -> Store {
    Store::open(&DatabaseUrl::Sqlite(file.to_owned())).await.unwrap()
}

/// A database and a directory for mails, with a clock that is set by hand.
struct Place {
    directory: TempDir,
    store: Store,
    now: Arc<AtomicI64>,
}

impl Place {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory.path().join("mail.db")).await;
        Self { directory, store, now: Arc::new(AtomicI64::new(1_000_000)) }
    }

    /// The same database once more, as another server has it.
    async fn open(&self) -> Store {
        open(&self.directory.path().join("mail.db")).await
    }

    fn mails(&self) -> PathBuf {
        self.directory.path().join("mails")
    }

    fn options(&self) -> Options {
        let base_url = BaseUrl::new("https://auth.example.com", "/api/auth").unwrap();
        let secret = Secret::new(&"x".repeat(32)).unwrap();
        let mut options = Options::new(base_url, &[], secret).unwrap();
        options.mail.directory = Some(self.mails());
        options
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Clock::new(move || Date::from_milliseconds(now.load(Ordering::SeqCst)))
    }

    fn later(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    fn mailer(&self) -> Mailer {
        self.start(&self.options(), &self.store)
    }

    fn start(&self, options: &Options, store: &Store) -> Mailer {
        let (store, random) = (store.clone(), Random::system());
        Mailer::start(options, store, self.clock(), random, Mails::default()).unwrap()
    }

    /// Lets a server start, deliver what is due, and end.
    async fn deliver(&self) {
        let mailer = self.mailer();
        mailer.close().await;
    }

    fn delivered(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.mails()) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        let mails = paths.filter(|path| path.extension().is_some_and(|end| end == "eml"));
        let mut to: Vec<String> = mails
            .map(|path| {
                let text = fs::read_to_string(path).unwrap();
                let to = text.lines().find_map(|line| line.strip_prefix("To: "));
                to.unwrap().to_owned()
            })
            .collect();
        to.sort();
        to
    }

    async fn is_empty(&self) -> bool {
        self.store.next_mail_at().await.unwrap().is_none()
    }
}

#[tokio::test]
async fn what_is_queued_is_delivered_before_the_end_and_once() {
    let place = Place::new().await;
    let mailer = place.mailer();
    for to in ["a@b.co", "c@b.co"] {
        mailer.send(Some(letter(to))).await;
    }
    mailer.send(None).await;
    mailer.close().await;
    assert_eq!(place.delivered(), ["a@b.co", "c@b.co"]);
    assert!(place.is_empty().await);
    place.deliver().await;
    assert_eq!(place.delivered().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_delivered_is_tried_again_by_the_next_start_until_it_can() {
    let place = Place::new().await;
    // A file, where the directory should be.
    fs::write(place.mails(), "").unwrap();
    let mailer = place.mailer();
    mailer.send(Some(letter("a@b.co"))).await;
    mailer.close().await;
    assert!(!place.is_empty().await);
    fs::remove_file(place.mails()).unwrap();
    // Not before its time.
    place.deliver().await;
    assert_eq!(place.delivered().len(), 0);
    place.later(3);
    place.deliver().await;
    assert_eq!(place.delivered(), ["a@b.co"]);
    assert!(place.is_empty().await);
}

#[tokio::test]
async fn a_mail_is_given_up_after_so_many_attempts_or_when_its_link_is_dead() {
    let place = Place::new().await;
    fs::write(place.mails(), "").unwrap();
    let mailer = place.mailer();
    let patient = Letter { expires_in: 30 * 24 * 3600, ..letter("a@b.co") };
    mailer.send(Some(patient)).await;
    mailer.close().await;
    let mut attempts = 1;
    while !place.is_empty().await {
        place.later(4600);
        place.deliver().await;
        attempts += 1;
        assert!(attempts <= retry::MOST_ATTEMPTS, "it is never given up");
    }
    // A day is over before all attempts are.
    assert!((18..=20).contains(&attempts), "{attempts}");

    let mailer = place.mailer();
    mailer.send(Some(letter("a@b.co"))).await;
    mailer.close().await;
    fs::remove_file(place.mails()).unwrap();
    place.later(3600);
    place.deliver().await;
    assert!(place.is_empty().await);
    assert_eq!(place.delivered().len(), 0);
}

#[tokio::test]
async fn several_servers_on_one_database_deliver_each_mail_once() {
    let place = Place::new().await;
    let other = place.open().await;
    let start = |store: &Store| place.start(&place.options(), store);
    let mailers = [start(&place.store), start(&other), start(&place.store), start(&other)];
    for number in 0..40 {
        mailers[number % 4].send(Some(letter(&format!("user{number}@b.co")))).await;
    }
    for mailer in &mailers {
        mailer.close().await;
    }
    let delivered = place.delivered();
    assert_eq!(delivered.len(), 40, "{delivered:?}");
    assert!(place.is_empty().await);
    other.close().await;
}

#[tokio::test]
async fn a_claim_is_one_servers_alone_until_it_is_over() {
    let place = Place::new().await;
    let at = Date::from_milliseconds;
    let row = |id: &str, created: i64| QueuedMail {
        id: id.to_owned(),
        payload: "x".to_owned(),
        attempts: 0,
        expires_at: at(100_000),
        created_at: at(created),
    };
    let store = &place.store;
    assert!(store.queue_mail(row("b", 2), true, 10).await.unwrap());
    assert!(store.queue_mail(row("a", 1), true, 10).await.unwrap());
    let claim = async |now, until| {
        store.claim_mail(at(now), at(until)).await.unwrap().map(|row| (row.id, row.attempts))
    };
    assert_eq!(claim(0, 50).await, None);
    assert_eq!(claim(5, 50).await, Some(("a".to_owned(), 1)));
    assert_eq!(claim(5, 60).await, Some(("b".to_owned(), 1)));
    assert_eq!(claim(49, 99).await, None);
    assert_eq!(claim(50, 99).await, Some(("a".to_owned(), 2)));
    // Whoever had it before comes too late to say when it is due.
    store.postpone_mail("a", 1, at(51)).await.unwrap();
    assert_eq!(store.next_mail_at().await.unwrap(), Some(at(60)));
    store.postpone_mail("a", 2, at(51)).await.unwrap();
    assert_eq!(store.next_mail_at().await.unwrap(), Some(at(51)));
    store.remove_mail("a").await.unwrap();
    assert_eq!(store.next_mail_at().await.unwrap(), Some(at(60)));
}

#[tokio::test]
async fn the_queue_has_an_end_and_what_is_not_wanted_leaves_nothing() {
    let place = Place::new().await;
    let at = Date::from_milliseconds;
    let queue = async |id: &str, is_wanted| {
        let row = QueuedMail {
            id: id.to_owned(),
            payload: "x".to_owned(),
            attempts: 0,
            expires_at: at(9),
            created_at: at(1),
        };
        place.store.queue_mail(row, is_wanted, 2).await.unwrap()
    };
    assert!(queue("unwanted", false).await);
    assert!(place.is_empty().await);
    assert_eq!([queue("a", true).await, queue("b", true).await], [true, true]);
    assert!(!queue("c", true).await);
    assert!(queue("unwanted", false).await);
}

#[tokio::test]
async fn nothing_of_a_mail_lies_in_the_database_in_clear() {
    let place = Place::new().await;
    fs::write(place.mails(), "").unwrap();
    let mailer = place.mailer();
    mailer.send(Some(letter("ada@example.com"))).await;
    mailer.close().await;
    assert!(!place.is_empty().await);
    place.store.close().await;
    let mut bytes = Vec::new();
    for file in ["mail.db", "mail.db-wal"] {
        bytes.extend(fs::read(place.directory.path().join(file)).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("gatewright_mail"));
    for secret in ["ada@example.com", "https://auth.example.com/x", "Reset your"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_mail_of_before_the_change_of_secrets_is_delivered() {
    let listed = |options: &Options| (vec![(1, options.secret.clone())], None);
    let single = |options: &Options| (Vec::new(), Some(options.secret.clone()));
    for is_listed in [true, false] {
        let place = Place::new().await;
        let mut options = place.options();
        let (older, unversioned) = if is_listed { listed(&options) } else { single(&options) };
        if is_listed {
            options.secret_rotation = SecretRotation::new(1, Vec::new(), None).ok();
        }
        let start = |options: &Options| place.start(options, &place.store);
        fs::write(place.mails(), "").unwrap();
        let before = start(&options);
        before.send(Some(letter("a@b.co"))).await;
        before.close().await;
        fs::remove_file(place.mails()).unwrap();
        place.later(10);
        options.secret = Secret::new(&"y".repeat(32)).unwrap();
        options.secret_rotation = SecretRotation::new(2, older, unversioned).ok();
        start(&options).close().await;
        assert_eq!(place.delivered(), ["a@b.co"], "listed: {is_listed}");
    }
}

#[tokio::test]
async fn a_mail_of_another_secret_waits_for_that_secret() {
    let place = Place::new().await;
    let mut options = place.options();
    options.secret = Secret::new(&"y".repeat(32)).unwrap();
    fs::write(place.mails(), "").unwrap();
    let other = place.start(&options, &place.store);
    other.send(Some(letter("a@b.co"))).await;
    other.close().await;
    fs::remove_file(place.mails()).unwrap();
    place.later(10);
    place.deliver().await;
    assert_eq!(place.delivered().len(), 0);
    assert!(!place.is_empty().await);
    place.later(10);
    place.start(&options, &place.store).close().await;
    assert_eq!(place.delivered(), ["a@b.co"]);
}

#[tokio::test]
async fn no_address_can_add_a_line_to_the_head_and_no_link_is_longer_than_can_be_followed() {
    let place = Place::new().await;
    let mailer = place.mailer();
    let link = |bytes| Letter { link: "x".repeat(bytes), ..letter("a@b.co") };
    mailer.send(Some(letter("a@b.co\r\nBcc: eve@b.co"))).await;
    mailer.send(Some(letter(&format!("a@{}.co", "b".repeat(MOST_ADDRESS_BYTES))))).await;
    mailer.send(Some(link(MOST_LINK_BYTES + 1))).await;
    mailer.send(Some(link(MOST_LINK_BYTES))).await;
    mailer.close().await;
    assert_eq!(place.delivered(), ["a@b.co"]);
}

#[test]
fn options_that_contradict_each_other_or_protect_nothing_are_refused() {
    use crate::options::{MailPassword, Smtp};
    let smtp = |host: &str| Smtp { host: Some(host.to_owned()), ..Smtp::default() };
    let mail =
        |smtp: Smtp| MailOptions { from: "a@b.co".parse().ok(), smtp, ..MailOptions::default() };
    let password = || Some(MailPassword::new("hunter2"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    for (options, expected) in [
        (MailOptions { directory: Some(PathBuf::new()), ..mail(smtp("a.co")) }, "keep one of them"),
        (MailOptions { from: None, ..mail(smtp("a.co")) }, "set mail.from"),
        (mail(Smtp { port: Some(25), ..Smtp::default() }), "set mail.smtp.host"),
        (mail(Smtp { timeout: 601, ..smtp("a.co") }), "10 minutes at most"),
        (mail(smtp("a.co:25")), "mail.smtp.port"),
        (mail(smtp("")), "no name of a host"),
        (mail(Smtp { password: password(), ..smtp("a.co") }), "go together"),
        (mail(Smtp { username: Some("x".to_owned()), ..smtp("a.co") }), "go together"),
        (mail(Smtp { security: Security::None, ..smtp("a.co") }), "a.co is not this machine"),
        (mail(Smtp { ca_file: Some("missing.pem".into()), ..smtp("a.co") }), "missing.pem cannot"),
        (mail(Smtp { ca_file: Some(file), ..smtp("a.co") }), "holds no certificate"),
        (
            MailOptions { templates: Some("missing".into()), ..MailOptions::default() },
            "mail.templates: missing",
        ),
    ] {
        let error = check(&options).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(!error.contains("hunter2"));
    }
    for options in [
        MailOptions::default(),
        mail(smtp("a.co")),
        mail(smtp("::1")),
        mail(Smtp { security: Security::None, ..smtp("127.0.0.1") }),
        mail(Smtp { password: password(), username: Some("x".to_owned()), ..smtp("a.co") }),
    ] {
        check(&options).unwrap();
    }
}
