//! A PostgreSQL that goes away and comes back, as it does when it is upgraded, or crashes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Answer, Request, User};
use crate::database::SparePostgres;
use crate::process::PATIENCE;
use crate::server::{Options, Server};

/// What the clients were told while they went on asking.
#[derive(Default)]
struct Told {
    is_over: AtomicBool,
    good: AtomicUsize,
    later: AtomicUsize,
    /// Whose sign-up was answered with yes.
    signed_up: Mutex<BTreeSet<String>>,
}

impl Told {
    /// Waits until so many more answers of a kind have come.
    async fn wait_for(&self, count: &AtomicUsize, more: usize) {
        let (began, before) = (Instant::now(), count.load(Ordering::Relaxed));
        while count.load(Ordering::Relaxed) < before + more {
            assert!(
                began.elapsed() < PATIENCE,
                "{} good answers",
                self.good.load(Ordering::Relaxed)
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Yes, or "try again later" in the words that clients know; nothing else, and not for ever.
    async fn ask(&self, request: Request) -> Option<Answer> {
        let began = Instant::now();
        let answer = request.send().await;
        assert!(began.elapsed() < Duration::from_secs(15), "an answer after {:?}", began.elapsed());
        match answer.status {
            200 => self.good.fetch_add(1, Ordering::Relaxed),
            503 => {
                assert_eq!(answer.json()["code"], json!("SERVICE_UNAVAILABLE"), "{answer:?}");
                self.later.fetch_add(1, Ordering::Relaxed)
            }
            _ => panic!("neither yes nor later: {answer:?}"),
        };
        (answer.status == 200).then_some(answer)
    }
}

/// Asks for a session again and again; it is the right one whenever there is an answer.
async fn read_on(told: Arc<Told>, server: Arc<Server>, ada: Arc<User>) {
    while !told.is_over.load(Ordering::Relaxed) {
        let answer = told.ask(server.get("/get-session").by(&ada)).await;
        if let Some(answer) = answer {
            assert_eq!(answer.json()["user"]["id"], json!(ada.id), "signed out by an outage");
        }
    }
}

async fn sign_up_on(told: Arc<Told>, server: Arc<Server>, who: usize) {
    for round in 0.. {
        if told.is_over.load(Ordering::Relaxed) {
            break;
        }
        let email = format!("user{who}.{round}@example.com");
        if told.ask(server.signing_up("Somebody", &email)).await.is_some() {
            told.signed_up.lock().expect("nobody panicked").insert(email);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_is_away_the_answer_is_later_and_afterwards_all_is_there() {
    let postgres = SparePostgres::get();
    let options = Options::default().on_spare(&postgres);
    let server = Arc::new(Server::start(&options));
    let ada = Arc::new(server.sign_up("ada").await);
    let told = Arc::new(Told::default());
    let mut tasks = JoinSet::new();
    for who in 0..4 {
        tasks.spawn(read_on(Arc::clone(&told), Arc::clone(&server), Arc::clone(&ada)));
        tasks.spawn(sign_up_on(Arc::clone(&told), Arc::clone(&server), who));
    }
    told.wait_for(&told.good, 50).await;
    for stop in [SparePostgres::shut_down, SparePostgres::crash] {
        stop(&postgres);
        told.wait_for(&told.later, 20).await;
        let alive = server.get("/ok").send().await;
        assert_eq!((alive.status, &alive.json()["ok"]), (200, &Value::Bool(true)));
        let ready = crate::raw::get(server.address(), "/health/ready");
        assert_eq!(ready.status, 503, "nobody should be sent here");
        postgres.start();
        // By itself, and not after a while only.
        let began = Instant::now();
        told.wait_for(&told.good, 50).await;
        assert!(began.elapsed() < Duration::from_secs(20), "back after {:?}", began.elapsed());
    }
    told.is_over.store(true, Ordering::Relaxed);
    while let Some(done) = tasks.join_next().await {
        done.expect("a task that does not panic");
    }

    let signed_up = told.signed_up.lock().expect("nobody panicked").clone();
    let there: BTreeSet<String> =
        options.rows().texts(r#"SELECT "email" FROM "user""#).into_iter().collect();
    let lost: Vec<_> = signed_up.difference(&there).collect();
    assert!(lost.is_empty(), "told yes, and forgotten: {lost:?}");
    options.rows().assert_whole();
    let server = Arc::into_inner(server).expect("nobody else has it");
    let log = server.stop();
    assert!(!log.text.contains("panic"), "{}", log.text);
    assert!(log.text.contains("503"), "the log tells of it");
}
