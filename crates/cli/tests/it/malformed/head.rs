//! Request lines and headers that are none.

use super::{Judge, complaints, get_with, no_session, not_found, ok, refused, refused_or_closed};
use crate::hold;
use crate::raw::{self, RawAnswer};
use crate::server::{Options, Server};

#[test]
fn odd_paths_are_not_found() {
    let server = Server::start(&Options::default());
    let long = format!("/api/auth/{}", "a".repeat(8_000));
    let deep = format!("/api/auth{}", "/a".repeat(4_000));
    let paths: Vec<&[u8]> = vec![
        b"/",
        b"/api",
        b"/api/auth",
        b"/api/auth/",
        b"/api/auth/ok/",
        b"/api/auth//ok",
        b"//api/auth/ok",
        b"/api/auth/./ok",
        b"/api/auth/../auth/ok",
        b"/api/auth/%2e%2e/auth/ok",
        b"/api/auth/ok%00",
        b"/api/auth/%00",
        b"/api/auth/%6fk%2f",
        b"/api/auth/%ff%fe",
        b"/api/auth/%c0%af",
        b"/api/auth/%zz",
        b"/api/auth/%",
        b"/API/AUTH/OK",
        b"/api/auth/ok;x=1",
        b"/api/auth/sign-in/email/",
        b"/../../../../etc/passwd",
        b"/.gatewright/secret",
        b"/gatewright.db",
        long.as_bytes(),
        deep.as_bytes(),
    ];
    let names: Vec<String> =
        paths.iter().map(|path| String::from_utf8_lossy(path).into()).collect();
    let cases = names.iter().zip(&paths);
    let cases = cases.map(|(name, path)| (name.as_str(), get_with(path, b""), not_found as Judge));
    hold("404 without a body", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn paths_that_are_no_paths_are_refused() {
    let server = Server::start(&Options::default());
    let too_long = format!("/api/auth/{}", "a".repeat(70_000));
    let paths: Vec<(&str, &[u8])> = vec![
        ("a null byte", b"/api/auth/o\0k"),
        ("bytes of no UTF-8", b"/api/auth/\xff\xfe"),
        ("a control character", b"/api/auth/\x07"),
        ("a space", b"/api/auth/o k"),
        ("nothing", b""),
        ("no slash", b"api/auth/ok"),
        ("an address cut off", b"http://"),
        ("a broken host", b"http://[::1/api/auth/ok"),
        ("too long by far", too_long.as_bytes()),
        ("only a star", b"*"),
    ];
    let cases = paths.into_iter().map(|(name, path)| (name, get_with(path, b""), refused as Judge));
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn odd_queries_are_read_as_far_as_they_can_be() {
    let server = Server::start(&Options::default());
    let long = format!("a={}", "%41".repeat(2_000));
    let queries: Vec<&[u8]> = vec![
        b"%ff=%fe",
        b"%zz",
        b"%",
        b"&&&&====",
        b"a=%00&%00=a",
        b"disableCookieCache=%ff&disableRefresh=%zz",
        b"a[b][c]=1&a[]=2&__proto__[x]=1",
        b"a=1&a=2&a=3",
        b"?????",
        long.as_bytes(),
    ];
    let names: Vec<String> = queries.iter().map(|q| String::from_utf8_lossy(q).into()).collect();
    let cases = names.iter().zip(&queries).map(|(name, query)| {
        let path = [b"/api/auth/get-session?".as_slice(), query].concat();
        (name.as_str(), get_with(&path, b""), no_session as Judge)
    });
    hold("200 `null`", &complaints(server.address(), cases));
    // No UTF-8 in it: whether it is refused or read is the parser's affair, a failure it is not.
    let either: Judge = |answers| no_session(answers) || refused(answers);
    let cases = [("bytes of no UTF-8", get_with(b"/api/auth/get-session?a=\xff", b""), either)];
    hold("200 or 4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn methods_of_ones_own_are_not_found() {
    let server = Server::start(&Options::default());
    let request = |method: &str, path: &str| {
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .into_bytes()
    };
    let methods = ["BREW", "get", "DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "A-B_C.D"];
    let long = "M".repeat(2_000);
    let cases = methods.into_iter().chain([long.as_str()]);
    let cases = cases.map(|method| (method, request(method, "/api/auth/ok"), not_found as Judge));
    hold("404 without a body", &complaints(server.address(), cases));
    let cases = ["G\0T", "G(T", "\u{e9}", "GET\t", " GET"]
        .map(|method| (method, request(method, "/api/auth/ok"), refused_or_closed as Judge));
    hold("a method of no letters", &complaints(server.address(), cases));
    let cases = [
        ("CONNECT", request("CONNECT", "evil.example.com:443"), refused as Judge),
        ("CONNECT to a path", request("CONNECT", "/api/auth/ok"), refused as Judge),
        ("OPTIONS *", request("OPTIONS", "*"), refused as Judge),
    ];
    hold("this is no proxy", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn what_is_not_http_is_refused() {
    let server = Server::start(&Options::default());
    let cases: Vec<(&str, &[u8])> = vec![
        ("HTTP/0.9", b"GET /api/auth/ok\r\n\r\n"),
        ("no version", b"GET /api/auth/ok \r\n\r\n"),
        ("HTTP/3 in letters", b"GET /api/auth/ok HTTP/3.0\r\nhost: a\r\n\r\n"),
        ("HTTP/9.9", b"GET /api/auth/ok HTTP/9.9\r\nhost: a\r\n\r\n"),
        ("http in small letters", b"GET /api/auth/ok http/1.1\r\nhost: a\r\n\r\n"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        (
            "TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n",
        ),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        ("null bytes", b"\0\0\0\0\0\0\0\0\r\n\r\n"),
        ("words", b"hello, is anybody there?\r\n\r\n"),
    ];
    let cases =
        cases.into_iter().map(|(name, bytes)| (name, bytes.to_vec(), refused_or_closed as Judge));
    hold("4xx, or the connection closed", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn headers_that_are_none_are_refused() {
    let server = Server::start(&Options::default());
    let cases: Vec<(&str, &[u8])> = vec![
        ("a null byte in a value", b"x-a: b\0c\r\n"),
        ("a null byte in a name", b"x\0a: b\r\n"),
        ("a space before the colon", b"x-a : b\r\n"),
        ("no colon", b"hello\r\n"),
        ("no name", b": b\r\n"),
        ("a folded line", b"x-a: b\r\n c\r\n"),
        ("a carriage return alone", b"x-a: b\rc: d\r\n"),
        ("a name of no ASCII", b"x-\xc3\xa9: b\r\n"),
        ("a control character", b"x-a: \x01\x02\r\n"),
    ];
    let cases = cases
        .into_iter()
        .map(|(name, line)| (name, get_with(b"/api/auth/ok", line), refused as Judge));
    hold("4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn odd_values_of_headers_that_are_read_are_as_good_as_none() {
    let server = Server::start(&Options::default());
    let cases: Vec<(&str, &[u8])> = vec![
        ("authorization of no UTF-8", b"authorization: Bearer \xff\xfe\r\n"),
        ("authorization without a token", b"authorization: Bearer\r\n"),
        ("authorization of another kind", b"authorization: Basic YTpi\r\n"),
        ("authorization with bad escapes", b"authorization: Bearer a.%zz%00\r\n"),
        ("authorization of dots", b"authorization: Bearer .....\r\n"),
        ("an address that is none", b"x-forwarded-for: \xff, 999.1.1.1, ::::\r\n"),
        ("an origin of no UTF-8", b"origin: http://\xff\r\n"),
        ("an origin that is none", b"origin: http://[::::]:99999999\r\n"),
        ("a browser of no UTF-8", b"user-agent: \xf0\x28\x8c\x28\r\n"),
        ("an upgrade", b"connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAAA\r\n"),
        ("a range", b"range: bytes=9999999999999999999-\r\n"),
        ("a condition", b"if-none-match: *\r\nif-modified-since: yesterday\r\n"),
    ];
    let cases = cases
        .into_iter()
        .map(|(name, line)| (name, get_with(b"/api/auth/get-session", line), no_session as Judge));
    hold("200 `null`", &complaints(server.address(), cases));
    server.assert_unharmed();
}

/// What a session remembers of its browser may be no text at all.
#[test]
fn a_browser_without_a_proper_name_can_sign_up() {
    let server = Server::start(&Options::default());
    let body = r#"{"name":"Ada","email":"ada@example.com","password":"long enough"}"#.as_bytes();
    let head = format!(
        "POST /api/auth/sign-up/email HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nuser-agent: ",
        body.len()
    );
    let request = [head.as_bytes(), b"\xf0\x28\x8c\x28\r\n\r\n", body].concat();
    hold("200", &complaints(server.address(), [("sign-up", request, ok as Judge)]));
    server.assert_unharmed();
}

#[test]
fn the_target_may_be_a_whole_address() {
    let server = Server::start(&Options::default());
    let right: Judge = |answers| ok(answers) || refused(answers);
    let cases = [
        "http://localhost/api/auth/ok",
        "http://evil.example.com/api/auth/ok",
        "ftp://a/api/auth/ok",
    ]
    .map(|target| (target, get_with(target.as_bytes(), b""), right));
    hold("200 or 4xx", &complaints(server.address(), cases));
    server.assert_unharmed();
}

#[test]
fn every_answer_of_ours_has_a_request_id_of_its_own() {
    let server = Server::start(&Options::default());
    let ask = |path| -> RawAnswer { raw::get(server.address(), path) };
    let answers =
        [ask("/api/auth/ok"), ask("/nowhere"), ask("/health/live"), ask("/api/auth/token")];
    let ids: Vec<&str> =
        answers.iter().map(|a| a.header("x-request-id").expect("an x-request-id")).collect();
    for (number, id) in ids.iter().enumerate() {
        assert!(id.len() >= 16 && !ids[..number].contains(id), "{ids:?}");
    }
    server.assert_unharmed();
}
