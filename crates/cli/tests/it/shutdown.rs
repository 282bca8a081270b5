//! Asked to stop, a server finishes what it has begun.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::PASSWORD;
use crate::process::PATIENCE;
use crate::raw::Connection;
use crate::server::{Options, Server};

/// What a container has, by default, between the request to stop and the kill.
const SHUTDOWN: Duration = Duration::from_secs(10);

#[test]
fn sigterm_lets_requests_in_flight_finish() {
    requests_in_flight_are_finished("TERM");
}

#[test]
fn sigint_lets_requests_in_flight_finish() {
    requests_in_flight_are_finished("INT");
}

fn requests_in_flight_are_finished(signal: &str) {
    let server = Server::start(&Options::default());
    let address = server.address();
    // Idle, after a request and before the first.
    let mut idle = Connection::open(address);
    idle.write(b"GET /api/auth/ok HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(idle.read_answer().map(|answer| answer.status), Some(200));
    let silent = Connection::open(address);

    // All of these are begun; the body of the last one comes when the server is stopping.
    let mut begun: Vec<_> = (0..5).map(|number| Begun::open(address, number)).collect();
    let mut last = begun.pop().expect("five");
    for sign_up in &mut begun {
        sign_up.send_body();
    }
    // Its answer shows that hashing goes on.
    begun.remove(0).assert_signed_up();
    server.signal(signal);
    server.wait_for_log("stopping");
    assert_refuses_connections(address);
    last.send_body();
    for sign_up in begun {
        sign_up.assert_signed_up();
    }
    last.assert_signed_up();

    let start = Instant::now();
    assert!(idle.read_answer().is_none(), "an idle connection is closed");
    drop(silent);
    let finished = server.finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    assert!(start.elapsed() < SHUTDOWN, "it took {:?} to end", start.elapsed());
    assert!(!finished.stderr.contains("panic"), "{}", finished.stderr);
}

#[test]
fn connections_without_a_request_hold_nobody_up() {
    let server = Server::start(&Options::default());
    let silent: Vec<_> = (0..3).map(|_| Connection::open(server.address())).collect();
    // All are accepted by now: connections are, in their order.
    assert_eq!(crate::raw::get(server.address(), "/api/auth/ok").status, 200);
    server.signal("TERM");
    let start = Instant::now();
    let finished = server.finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    assert!(start.elapsed() < SHUTDOWN, "it took {:?} to end", start.elapsed());
    drop(silent);
}

/// A sign-up that the server has begun to handle: it has asked for the body.
struct Begun {
    connection: Connection,
    body: String,
}

impl Begun {
    fn open(address: SocketAddr, number: usize) -> Self {
        let email = format!("user{number}@example.com");
        let body = json!({"name": "Ada", "email": email, "password": PASSWORD}).to_string();
        let mut connection = Connection::open(address);
        let head = format!(
            "POST /api/auth/sign-up/email HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        connection.write(head.as_bytes());
        assert_eq!(connection.read_any().map(|interim| interim.status), Some(100));
        Self { connection, body }
    }

    fn send_body(&mut self) {
        self.connection.write(self.body.as_bytes());
    }

    fn assert_signed_up(mut self) {
        let answer = self.connection.read_answer().expect("what was begun is answered");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

fn assert_refuses_connections(address: SocketAddr) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // Between the decision and the closed socket there may be a moment.
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            _ => assert!(Instant::now() < deadline, "it still takes connections"),
        }
    }
}
