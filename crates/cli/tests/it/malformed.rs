//! What no well-behaved client sends: each is refused as a client's mistake, and harms nobody.

mod body;
mod content_type;
mod cookie;
mod field;
mod framing;
mod head;
mod size;
mod slow;

use std::net::SocketAddr;

use crate::raw::{self, RawAnswer};

const SIGN_UP: &str = "/api/auth/sign-up/email";
const SIGN_IN: &str = "/api/auth/sign-in/email";

/// A `POST` of JSON, as bytes.
fn post(path: &str, body: &[u8]) -> Vec<u8> {
    post_as(path, "content-type: application/json\r\n", body)
}

/// A `POST` with `headers`, each line of which ends in `\r\n`.
fn post_as(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
         content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A `GET` with `headers`, each line of which ends in `\r\n`.
fn get_with(path: &[u8], headers: &[u8]) -> Vec<u8> {
    let start: &[&[u8]] =
        &[b"GET ", path, b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"];
    [&start.concat(), headers, b"\r\n"].concat()
}

/// Whether an answer is the expected one.
type Judge = fn(&[RawAnswer]) -> bool;

/// Sends each request and complains of every answer that its judge finds wrong.
fn complaints<'a>(
    address: SocketAddr,
    cases: impl IntoIterator<Item = (&'a str, Vec<u8>, Judge)>,
) -> Vec<String> {
    let judged = cases.into_iter().map(|(name, request, is_right)| {
        let answers = raw::send(address, &request);
        (!is_right(&answers)).then(|| format!("{name}: {answers:?}"))
    });
    judged.flatten().collect()
}

/// One answer, of the 4xx.
fn refused(answers: &[RawAnswer]) -> bool {
    matches!(answers, [answer] if (400..500).contains(&answer.status))
}

/// One answer of the 4xx, or the connection closed without a word.
fn refused_or_closed(answers: &[RawAnswer]) -> bool {
    answers.is_empty() || refused(answers)
}

/// 404 without a body.
fn not_found(answers: &[RawAnswer]) -> bool {
    matches!(answers, [answer] if answer.status == 404 && answer.body.is_empty()
        && answer.header("content-type").is_none())
}

fn ok(answers: &[RawAnswer]) -> bool {
    matches!(answers, [answer] if answer.status == 200)
}

/// What get-session says to strangers.
fn no_session(answers: &[RawAnswer]) -> bool {
    matches!(answers, [answer] if answer.status == 200 && answer.body == b"null"
        && answer.header("set-cookie").is_none())
}

fn has_code(answers: &[RawAnswer], status: u16, code: &str) -> bool {
    matches!(answers, [answer] if answer.status == status
        && answer.text().contains(&format!("\"code\":\"{code}\"")))
}

/// `Invalid JSON in request body`
fn bad_json(answers: &[RawAnswer]) -> bool {
    has_code(answers, 400, "BAD_REQUEST")
}

fn invalid(answers: &[RawAnswer]) -> bool {
    has_code(answers, 400, "VALIDATION_ERROR")
}

fn unsupported(answers: &[RawAnswer]) -> bool {
    has_code(answers, 415, "UNSUPPORTED_MEDIA_TYPE")
}

fn too_large(answers: &[RawAnswer]) -> bool {
    matches!(answers, [answer] if answer.status == 413)
}
