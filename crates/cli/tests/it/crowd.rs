//! Many clients: idle ones, slow ones, and all at once.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::PASSWORD;
use crate::process::PATIENCE;
use crate::raw::Connection;
use crate::server::{Options, Server};

/// Idle connections.
const IDLE: usize = 1000;

/// Clients that send a head byte by byte.
const SLOW: usize = 100;

/// Connections that stay open between requests.
const OPEN: usize = 500;

/// MiB that a server may have had: what it takes with nothing to do, 32 for each hash that is under way (one
/// a core), the pages of the database that it keeps, and some KiB a connection.
fn memory_bound() -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    96 + 40 * u64::try_from(cores).expect("a small number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_connections_and_a_hundred_slow_ones_hold_up_nobody() {
    let server = Server::start(&Options::default().with_few_files());
    let ada = server.sign_up("ada").await;
    let idle: Vec<_> = (0..IDLE).map(|_| Connection::open(server.address())).collect();
    let mut slow: Vec<_> = (0..SLOW).map(|_| Connection::open(server.address())).collect();
    let head = b"GET /api/auth/ok HTTP/1.1\r\nx-slow: abcdefghijklmnopqrstuvwxyz";
    let mut times = Vec::new();
    for byte in head {
        for connection in &mut slow {
            connection.write(&[*byte]);
        }
        let start = Instant::now();
        let answer = server.get("/get-session").by(&ada).header("connection", "close").send().await;
        times.push(start.elapsed());
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["user"]["email"], "ada@example.com");
    }
    times.sort_unstable();
    let slowest = times.last().expect("some");
    assert!(*slowest < Duration::from_secs(1), "somebody waited for {slowest:?}");
    drop((idle, slow));
    server.assert_unharmed();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_connections_and_a_storm_of_sign_ins_take_no_more_memory_than_is_said() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let open: Vec<_> = (0..OPEN).map(|_| Connection::open(server.address())).collect();
    let mut tasks = JoinSet::new();
    for number in 0..OPEN {
        // Every other one is wrong: that takes a hash as well.
        let password = if number % 2 == 0 { PASSWORD } else { "a wrong password" };
        let request = server.sign_in(&ada.email, password);
        tasks.spawn(async move { request.send().await.status });
    }
    let began = Instant::now();
    let mut statuses = std::collections::BTreeMap::new();
    while let Some(status) = tasks.join_next().await {
        *statuses.entry(status.expect("a task that does not panic")).or_insert(0) += 1;
        assert!(began.elapsed() < PATIENCE, "after {:?}: {statuses:?}", began.elapsed());
    }
    let known = statuses.keys().all(|status| [200, 401, 503].contains(status));
    assert!(known && statuses.contains_key(&200), "{statuses:?}");
    let most = server.most_memory() / 1024;
    let bound = memory_bound();
    assert!(most < bound, "{most} MiB, and {bound} are said to be the most");
    drop(open);
    let log = server.stop();
    assert!(!log.text.contains("panic"), "{}", log.text);
}
