//! Clients that take their time. The only slow tests: they wait for the server's own limits.

use std::time::{Duration, Instant};

use super::SIGN_UP;
use crate::raw::Connection;
use crate::server::{Options, Server};

/// What a server may wait, by default, for the rest of a request.
const LIMIT: Duration = Duration::from_secs(33);

#[test]
fn who_never_ends_a_request_is_not_waited_for() {
    let server = Server::start(&Options::default());
    let silent = Connection::open(server.address());
    let mut in_the_line = Connection::open(server.address());
    in_the_line.write(b"GET /api/auth");
    let mut in_the_head = Connection::open(server.address());
    in_the_head.write(b"GET /api/auth/ok HTTP/1.1\r\nhost: localhost\r\nx-a: ");
    let mut in_the_body = Connection::open(server.address());
    let head = format!(
        "POST {SIGN_UP} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n"
    );
    in_the_body.write(head.as_bytes());
    in_the_body.write(br#"{"name":"Ada","#);

    let mut in_a_chunk = Connection::open(server.address());
    let head = format!(
        "POST {SIGN_UP} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{{}}\r\n0\r\n\r\n"
    );
    in_a_chunk.write(head.as_bytes());

    let start = Instant::now();
    for (name, mut connection) in [
        ("silent", silent),
        ("in the request line", in_the_line),
        ("in the head", in_the_head),
        ("in the body", in_the_body),
        ("in a chunk said to be as long as a number can be", in_a_chunk),
    ] {
        let answer = connection.read_answer();
        assert!(start.elapsed() < LIMIT, "{name}: it was waited for {:?}", start.elapsed());
        if let Some(answer) = answer {
            assert_eq!(answer.status, 408, "{name}: {answer:?}");
            assert_eq!(connection.read_answer().map(|a| a.status), None, "{name}: it is closed");
        }
    }
    server.assert_unharmed();
}

#[test]
fn half_a_request_does_not_keep_a_server_from_ending() {
    let server = Server::start(&Options::default());
    let mut halfway = Connection::open(server.address());
    halfway.write(b"GET /api/auth/ok HTTP/1.1\r\nhost");
    // It is accepted by now: connections are, in their order.
    assert_eq!(crate::raw::get(server.address(), "/api/auth/ok").status, 200);
    server.signal("TERM");
    let start = Instant::now();
    let finished = server.finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    assert!(start.elapsed() < LIMIT, "it took {:?} to end", start.elapsed());
    drop(halfway);
}
