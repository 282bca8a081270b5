//! Where a body ends, said wrongly, twice or not at all.

use super::{Judge, SIGN_IN, complaints, invalid, refused};
use crate::hold;
use crate::raw::{self, Connection, RawAnswer};
use crate::server::{Options, Server};

/// A `POST` with these lines before the body.
fn post(lines: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {SIGN_IN} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\n{lines}\r\n{body}"
    )
    .into_bytes()
}

#[test]
fn a_length_that_is_none_is_refused() {
    let server = Server::start(&Options::default());
    let cases = [
        "content-length: -1\r\n",
        "content-length: +2\r\n",
        "content-length: 0x2\r\n",
        "content-length: 2.0\r\n",
        "content-length: two\r\n",
        "content-length: \r\n",
        "content-length: 99999999999999999999999999\r\n",
        "content-length: 18446744073709551615\r\n",
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: 2, 3\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
    ];
    let cases = cases.map(|line| (line, post(line, "{}"), refused as Judge));
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn without_a_length_there_is_no_body() {
    let server = Server::start(&Options::default());
    let is_one = |answers: &[RawAnswer]| answers.len() == 1;
    let answers = raw::send(server.address(), &post("", "{}"));
    assert!(is_one(&answers) && invalid(&answers), "{answers:?}");
    server.assert_unharmed();
}

#[test]
fn broken_chunks_are_refused() {
    let server = Server::start(&Options::default());
    let cases = [
        ("no number", "hello\r\n{}\r\n0\r\n\r\n"),
        ("a negative number", "-2\r\n{}\r\n0\r\n\r\n"),
        ("a number too large", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        ("a chunk longer than it says", "1\r\n{}\r\n0\r\n\r\n"),
        ("a line end missing", "2\r\n{}0\r\n\r\n"),
    ];
    let cases = cases
        .map(|(name, body)| (name, post("transfer-encoding: chunked\r\n", body), refused as Judge));
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

/// Two servers in a row that understand the end of a request differently let one user's request
/// begin with another's: whatever is answered, it is one answer.
#[test]
fn nobody_smuggles_a_second_request() {
    let server = Server::start(&Options::default());
    let hidden = "GET /api/auth/ok HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let cases = [
        (
            "a length and chunks",
            "content-length: 60\r\ntransfer-encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        ("chunks and a length", "transfer-encoding: chunked\r\ncontent-length: 5\r\n", "0\r\n\r\n"),
        ("two lengths", "content-length: 0\r\ncontent-length: 60\r\n", ""),
        (
            "chunked twice",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        ("a blank before the colon", "content-length : 0\r\n", ""),
        ("chunked behind a tab", "transfer-encoding:\tchunked\r\n", "0\r\n\r\n"),
    ];
    let mut complaints = Vec::new();
    for (name, lines, body) in cases {
        let answers = raw::send(server.address(), &post(lines, &format!("{body}{hidden}")));
        let is_right = matches!(&answers[..], [answer] if (400..500).contains(&answer.status));
        if !is_right {
            complaints.push(format!("{name}: {answers:?}"));
        }
    }
    hold("One answer, and no more", &complaints);
    server.assert_unharmed();
}

#[test]
fn a_client_that_leaves_in_between_harms_nobody() {
    let server = Server::start(&Options::default());
    let whole = post(
        "content-length: 57\r\n",
        r#"{"email":"ada@example.com","password":"wrong password 1"}"#,
    );
    for cut in [1, 5, whole.len() / 2, whole.len() - 30, whole.len() - 1, whole.len()] {
        let mut connection = Connection::open(server.address());
        connection.write(&whole[..cut]);
        drop(connection);
    }
    server.assert_unharmed();
}

#[test]
fn a_client_may_wait_for_leave_to_send_its_body() {
    let server = Server::start(&Options::default());
    let mut connection = Connection::open(server.address());
    connection.write(&post("content-length: 2\r\nexpect: 100-continue\r\n", ""));
    assert_eq!(connection.read_any().map(|interim| interim.status), Some(100));
    connection.write(b"{}");
    let answer = connection.read_answer().expect("an answer");
    assert!(invalid(&[answer]), "after the body");

    let other = raw::send(server.address(), &post("content-length: 2\r\nexpect: cake\r\n", "{}"));
    assert!(refused(&other), "{other:?}");
    server.assert_unharmed();
}

#[test]
fn requests_in_a_row_are_answered_in_order() {
    let server = Server::start(&Options::default());
    let mut connection = Connection::open(server.address());
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let paths = ["/api/auth/ok", "/nowhere", "/api/auth/token", "/health/live"];
    connection.write(paths.map(one).concat().as_bytes());
    let statuses: Vec<Option<u16>> =
        paths.iter().map(|_| connection.read_answer().map(|answer| answer.status)).collect();
    assert_eq!(statuses, [200, 404, 401, 200].map(Some));
    drop(connection);
    server.assert_unharmed();
}
