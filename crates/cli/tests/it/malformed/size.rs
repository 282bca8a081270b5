//! More than anybody needs.

use std::fmt::Write;

use serde_json::json;

use super::{Judge, SIGN_UP, complaints, get_with, post, refused, too_large};
use crate::client::PASSWORD;
use crate::hold;
use crate::raw::{RawAnswer, send_parts};
use crate::server::{Options, Server};

const MIB: usize = 1024 * 1024;

/// What may be on the way, in buffers of the kernel's, when a server refuses at the first byte.
const ON_THE_WAY: usize = 40 * MIB;

#[test]
fn a_body_of_more_than_a_mebibyte_is_too_large() {
    let server = Server::start(&Options::default());
    let body = json!({"name": "a".repeat(MIB), "email": "ada@example.com", "password": PASSWORD});
    let cases = [
        (
            "a sign-up with a name of 1 MiB",
            post(SIGN_UP, body.to_string().as_bytes()),
            too_large as Judge,
        ),
        ("1 MiB of spaces, and one", post(SIGN_UP, &b" ".repeat(MIB + 1)), too_large as Judge),
        (
            "1 MiB for who wants none",
            post("/api/auth/revoke-sessions", &b" ".repeat(MIB + 1)),
            too_large,
        ),
    ];
    hold("413", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn a_hundred_mebibytes_are_refused_before_they_are_read() {
    let server = Server::start(&Options::default());
    let head = |line: &str| {
        format!(
            "POST {SIGN_UP} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{line}\r\n\r\n"
        )
    };
    let spaces = b" ".repeat(64 * 1024);
    let chunk = [b"10000\r\n".as_slice(), &spaces, b"\r\n"].concat();
    for (framing, part) in [
        (head(&format!("content-length: {}", 100 * MIB)), &spaces),
        (head("transfer-encoding: chunked"), &chunk),
    ] {
        let parts = std::iter::once(framing.as_bytes())
            .chain(std::iter::repeat_n(part.as_slice(), 100 * MIB / spaces.len()));
        let exchange = send_parts(server.address(), parts);
        assert!(is_413_or_closed(&exchange.answers), "{framing}: {:?}", exchange.answers);
        assert!(exchange.sent < ON_THE_WAY, "{framing}: it took {} bytes", exchange.sent);
    }
    server.assert_unharmed();
}

fn is_413_or_closed(answers: &[RawAnswer]) -> bool {
    answers.is_empty() || too_large(answers)
}

#[test]
fn a_head_without_measure_is_refused() {
    let server = Server::start(&Options::default());
    let value = "a".repeat(64 * 1024);
    let ok = b"/api/auth/ok".as_slice();
    let cases = [
        (
            "one header of 64 KiB",
            get_with(ok, format!("x-a: {value}\r\n").as_bytes()),
            refused as Judge,
        ),
        ("a name of 64 KiB", get_with(ok, format!("x{value}: a\r\n").as_bytes()), refused),
        ("a cookie of 64 KiB", get_with(ok, format!("cookie: {value}\r\n").as_bytes()), refused),
        ("10 000 headers", get_with(ok, "a: b\r\n".repeat(10_000).as_bytes()), refused),
        ("10 000 headers of different names", get_with(ok, different(10_000).as_bytes()), refused),
        (
            "a method of 64 KiB",
            format!("{} / HTTP/1.1\r\nhost: a\r\n\r\n", "M".repeat(65_536)).into(),
            refused,
        ),
    ];
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

fn different(count: usize) -> String {
    (0..count).fold(String::new(), |mut lines, number| {
        write!(lines, "x-{number}: b\r\n").expect("a text takes more");
        lines
    })
}
