//! Cookies that nobody was given.

use super::{Judge, complaints, get_with, no_session};
use crate::client::SESSION_COOKIE;
use crate::hold;
use crate::raw;
use crate::server::{Options, Server};

#[tokio::test]
async fn a_broken_cookie_is_no_cookie() {
    let server = Server::start(&Options::default());
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let (token, signature) = ada.cookie.split_once('.').expect("a signed cookie");
    let of_eve = eve.cookie.split_once('.').expect("a signed cookie").1;
    let values = [
        String::new(),
        ".".to_owned(),
        "....".to_owned(),
        token.to_owned(),
        format!("{token}."),
        format!(".{signature}"),
        format!("{token}.{of_eve}"),
        format!("{}.{signature}", eve.token),
        format!("{token}x.{signature}"),
        format!("{token}.{}", &signature[1..]),
        format!("{token}.{}", signature.trim_end_matches("%3D")),
        format!("{token}.{signature}%3D"),
        format!("{token}.{signature}%00"),
        format!("{token}%00.{signature}"),
        format!("{token}.{signature}.{signature}x"),
        format!("{}.{signature}", token.to_ascii_lowercase()),
        format!("{token}.{}%3D", "A".repeat(43)),
        format!("{token}.{}%3D", "%2B".repeat(43)),
        "%".to_owned(),
        "%z".to_owned(),
        "%zz".to_owned(),
        "%E0%A4%A".to_owned(),
        "%ff%fe.%ff".to_owned(),
        "%00".to_owned(),
        "x".repeat(8000),
        format!("{}.{signature}", "x".repeat(4000)),
        "' OR 1=1 --".to_owned(),
    ];
    let mut complaints = complaints(
        server.address(),
        values.iter().map(|value| {
            let header = format!("cookie: {SESSION_COOKIE}={value}\r\n");
            (
                value.as_str(),
                get_with(b"/api/auth/get-session", header.as_bytes()),
                no_session as Judge,
            )
        }),
    );
    for (name, bytes) in [
        ("bytes of no UTF-8", b"cookie: better-auth.session_token=\xff\xfe.\x80\r\n".as_slice()),
        ("no names at all", b"cookie: ;;;=;==;\r\n"),
        ("an empty line", b"cookie:\r\n"),
        ("the name alone", b"cookie: better-auth.session_token\r\n"),
    ] {
        let answers = raw::send(server.address(), &get_with(b"/api/auth/get-session", bytes));
        if !no_session(&answers) {
            complaints.push(format!("{name}: {answers:?}"));
        }
    }
    hold("A broken cookie is as good as none", &complaints);

    let good = format!("cookie: {SESSION_COOKIE}={}\r\n", ada.cookie);
    let answer = raw::only(raw::send(
        server.address(),
        &get_with(b"/api/auth/get-session", good.as_bytes()),
    ));
    assert!(answer.text().contains(&ada.id), "the one that it began with works: {answer:?}");
    server.assert_unharmed();
}

#[tokio::test]
async fn the_first_of_two_cookies_counts() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let ask = |cookies: String| server.get("/get-session").cookie(&cookies);
    let forged = format!("{SESSION_COOKIE}=forged; {SESSION_COOKIE}={}", ada.cookie);
    assert!(ask(forged).send().await.json().is_null());
    let good = format!("{SESSION_COOKIE}={}; {SESSION_COOKIE}=forged", ada.cookie);
    assert!(ask(good).send().await.json().is_object());
    let quoted = format!("{SESSION_COOKIE}=\"{}\"", ada.cookie);
    assert!(ask(quoted).send().await.json().is_object());
    server.assert_unharmed();
}

#[tokio::test]
async fn whoever_sends_a_cookie_must_say_where_from() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let cookie = format!("{SESSION_COOKIE}={}", ada.cookie);
    let sign_out = || server.post("/sign-out", &serde_json::json!({})).header("cookie", &cookie);
    for (request, code) in [
        (sign_out(), "MISSING_OR_NULL_ORIGIN"),
        (sign_out().header("origin", "null"), "MISSING_OR_NULL_ORIGIN"),
        (sign_out().header("origin", "https://evil.example.com"), "INVALID_ORIGIN"),
        (sign_out().header("origin", "http://localhost:3000.evil.example.com"), "INVALID_ORIGIN"),
        (sign_out().header("referer", "https://evil.example.com/a"), "INVALID_ORIGIN"),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(answer.json()["code"], code);
    }
    let session = server.get("/get-session").by(&ada).send().await;
    assert!(session.json().is_object(), "nobody has signed her out: {session:?}");
    let from_a_page = sign_out().header("referer", "http://localhost:3000/account?x=1");
    assert_eq!(from_a_page.send().await.status, 200);
    server.assert_unharmed();
}
