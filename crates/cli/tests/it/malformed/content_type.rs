//! Bodies said to be something else.

use serde_json::json;

use super::{
    Judge, SIGN_IN, SIGN_UP, bad_json, complaints, invalid, ok, post_as, refused, unsupported,
};
use crate::client::PASSWORD;
use crate::hold;
use crate::server::{Options, Server};

#[test]
fn a_body_of_another_type_is_refused() {
    let server = Server::start(&Options::default());
    let types = [
        "content-type: text/plain\r\n",
        "content-type: text/plain; application/json\r\n",
        "content-type: application/xml\r\n",
        "content-type: application/jsonx\r\n",
        "content-type: application/vnd.api+json\r\n",
        "content-type: application/json-patch\r\n",
        "content-type: multipart/form-data; boundary=x\r\n",
        "content-type: application/octet-stream\r\n",
        "content-type: json\r\n",
        "content-type: /\r\n",
        "content-type: ;;;\r\n",
    ];
    for path in [SIGN_UP, SIGN_IN, "/api/auth/sign-out", "/api/auth/revoke-session"] {
        let cases =
            types.iter().map(|line| (*line, post_as(path, line, b"{}"), unsupported as Judge));
        hold(&format!("{path}: 415"), &complaints(server.address(), cases));
    }
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let cases = ["/api/auth/sign-out", "/api/auth/revoke-session"]
        .map(|path| (path, post_as(path, form, b"token=x"), unsupported as Judge));
    hold("415 for forms, but at sign-in and sign-up", &complaints(server.address(), cases));
    server.assert_unharmed();
}

/// Upstream passes over a body that does not say what it is.
#[test]
fn a_body_of_no_type_is_no_body() {
    let server = Server::start(&Options::default());
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD}).to_string();
    for path in [SIGN_UP, SIGN_IN, "/api/auth/revoke-session"] {
        let cases = [("no type", post_as(path, "", body.as_bytes()), invalid as Judge)];
        hold(&format!("{path}: 400"), &complaints(server.address(), cases));
    }
    let other: Judge = |answers| invalid(answers) || unsupported(answers);
    let cases = [("an empty type", post_as(SIGN_UP, "content-type: \r\n", body.as_bytes()), other)];
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn a_type_that_is_no_text_is_refused() {
    let server = Server::start(&Options::default());
    let head = format!(
        "POST {SIGN_IN} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n"
    );
    let request = [head.as_bytes(), b"content-type: application/\xff\xfe\r\n\r\n{}"].concat();
    let cases = [("a type of no UTF-8", request, refused as Judge)];
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn json_may_be_said_in_several_ways() {
    let server = Server::start(&Options::default());
    let types = [
        "content-type: application/json; charset=utf-8\r\n",
        "content-type: Application/JSON\r\n",
        "content-type: application/json;charset=UTF-8\r\n",
    ];
    let cases = types.iter().enumerate().map(|(number, line)| {
        let email = format!("ada{number}@example.com");
        let body = json!({"name": "Ada", "email": email, "password": PASSWORD}).to_string();
        (*line, post_as(SIGN_UP, line, body.as_bytes()), ok as Judge)
    });
    hold("200 for JSON by any of its names", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn forms_are_read_with_the_same_care() {
    let server = Server::start(&Options::default());
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let cases: Vec<(&str, &[u8], Judge)> = vec![
        ("a good one", b"name=Ada&email=ada%40example.com&password=long+enough", ok),
        ("no fields", b"hello", invalid),
        ("bad escapes", b"name=%zz&email=%&password=%f", invalid),
        ("invalid UTF-8", b"name=\xff&email=%ff%40example.com&password=12345678", invalid),
        ("signs alone", b"&&&===", invalid),
        ("JSON in a form's coat", br#"{"email":"a@b.co"}"#, invalid),
        ("null bytes", b"name=a&email=a%00%40example.com&password=12345678", invalid),
    ];
    let cases =
        cases.into_iter().map(|(name, body, judge)| (name, post_as(SIGN_UP, form, body), judge));
    hold("forms at sign-up", &complaints(server.address(), cases));
    let cases = [(
        "gzip in JSON's coat",
        post_as(
            SIGN_IN,
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0",
        ),
        bad_json as Judge,
    )];
    hold("compressed bodies are not opened", &complaints(server.address(), cases));
    server.assert_unharmed();
}
