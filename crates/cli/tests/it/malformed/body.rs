//! Bodies that are not JSON, or not what was asked for.

use serde_json::json;

use super::{Judge, SIGN_IN, SIGN_UP, bad_json, complaints, invalid, post, refused};
use crate::client::PASSWORD;
use crate::hold;
use crate::server::{Options, Server};

#[test]
fn what_is_not_json_is_refused() {
    let server = Server::start(&Options::default());
    let deep = b"[".repeat(100_000);
    let deep_and_closed = [deep.clone(), b"]".repeat(100_000)].concat();
    let deep_objects = br#"{"a":"#.repeat(100_000);
    let deep_member = [br#"{"name":"#.as_slice(), &deep_and_closed, b"}"].concat();
    let bodies: Vec<(&str, &[u8])> = vec![
        ("a word", b"hello"),
        ("a lone brace", b"{"),
        ("cut off in a text", br#"{"email":"ada@exam"#),
        ("cut off after a colon", br#"{"email":"#),
        ("a comma too many", br#"{"email":"a@b.co",}"#),
        ("single quotes", b"{'email':'a@b.co'}"),
        ("a comment", b"{} // hello"),
        ("two values", b"{}{}"),
        ("JavaScript's words", br#"{"name":undefined,"email":NaN}"#),
        ("spaces alone", b"   \n  "),
        ("two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbf{}"),
        ("a bare null byte", b"\0"),
        ("a null byte in a text", b"{\"name\":\"a\0b\"}"),
        ("invalid UTF-8 in a text", b"{\"name\":\"\xff\xfe\"}"),
        ("an overlong slash in UTF-8", b"{\"name\":\"\xc0\xaf\"}"),
        ("a surrogate in UTF-8", b"{\"name\":\"\xed\xa0\x80\"}"),
        ("UTF-16", b"\xff\xfe{\0}\0"),
        ("half a surrogate, escaped", br#"{"name":"\ud800"}"#),
        ("surrogates in the wrong order", br#"{"name":"\udc00\ud800"}"#),
        ("a cut escape", br#"{"name":"\u00"}"#),
        ("an unknown escape", br#"{"name":"\x41"}"#),
        ("a number out of range", br#"{"name":1e999}"#),
        ("a number with a leading zero", br#"{"name":01}"#),
        ("a very deep array, never closed", &deep),
        ("a very deep array", &deep_and_closed),
        ("very deep objects, never closed", &deep_objects),
        ("a very deep member", &deep_member),
    ];
    for path in [SIGN_UP, SIGN_IN, "/api/auth/sign-out", "/api/auth/revoke-session"] {
        let cases = bodies.iter().map(|(name, body)| (*name, post(path, body), bad_json as Judge));
        hold(&format!("{path}: 400 for what is not JSON"), &complaints(server.address(), cases));
    }
    server.assert_unharmed();
}

#[test]
fn json_that_is_no_object_is_refused() {
    let server = Server::start(&Options::default());
    let bodies = ["null", "true", "0", "-1.5", "\"text\"", "[]", "[{}]", "[null]", "{}", "\"\""];
    for path in [SIGN_UP, SIGN_IN, "/api/auth/revoke-session"] {
        let cases =
            bodies.iter().map(|body| (*body, post(path, body.as_bytes()), invalid as Judge));
        hold(&format!("{path}: 400 for what is no object"), &complaints(server.address(), cases));
        let nothing = [("no body", post(path, b""), invalid as Judge)];
        hold(&format!("{path}: 400 without a body"), &complaints(server.address(), nothing));
    }
    server.assert_unharmed();
}

#[test]
fn odd_but_harmless_objects_are_judged_by_what_they_mean() {
    let server = Server::start(&Options::default());
    let bodies: Vec<(&str, String)> = vec![
        (
            "an unknown user, said twice",
            r#"{"email":"a@b.co","email":"c@d.co","password":"x"}"#.into(),
        ),
        (
            "members named like JavaScript's own",
            r#"{"__proto__":{"email":"a@b.co"},"constructor":1}"#.into(),
        ),
        ("a great number of members", {
            let members: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\":{n}")).collect();
            format!("{{{}}}", members.join(","))
        }),
        ("a huge number", format!("{{\"email\":{}}}", "9".repeat(5_000))),
        ("a null byte in an address", r#"{"email":"a\u0000@b.co","password":"x"}"#.into()),
        ("a line end in an address", r#"{"email":"a@b.co\r\nx: y","password":"x"}"#.into()),
        (
            "a very long address",
            json!({"email": format!("{}@b.co", "a".repeat(500_000)), "password": "x"}).to_string(),
        ),
        (
            "an address of dots",
            json!({"email": format!("a@{}co", "b.".repeat(100_000)), "password": "x"}).to_string(),
        ),
        (
            "a very long password",
            json!({"email": "a@b.co", "password": "x".repeat(500_000)}).to_string(),
        ),
    ];
    let cases =
        bodies.iter().map(|(name, body)| (*name, post(SIGN_IN, body.as_bytes()), refused as Judge));
    hold("4xx for what makes no sense", &complaints(server.address(), cases));
    server.assert_unharmed();
}

/// A text that is cut at its first null byte would make a short password of a long one.
#[tokio::test]
async fn null_bytes_cut_nothing_off() {
    let server = Server::start(&Options::default());
    let password = "long enough\0and more";
    let body = json!({"name": "A\0da", "email": "ada@example.com", "password": password});
    let answer = server.post("/sign-up/email", &body).send().await;
    if answer.status == 200 {
        assert_eq!(answer.json()["user"]["name"], "A\0da");
        let cut = server.sign_in("ada@example.com", "long enough").send().await;
        assert_eq!(cut.status, 401, "{cut:?}");
        let whole = server.sign_in("ada@example.com", password).send().await;
        assert_eq!(whole.status, 200, "{whole:?}");
        assert_eq!(whole.json()["user"]["name"], "A\0da");
    } else {
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let body = json!({"name": "Eve", "email": "ada@example.com\0", "password": PASSWORD});
    let answer = server.post("/sign-up/email", &body).send().await;
    assert_eq!(answer.status, 400, "{answer:?}");
    server.assert_unharmed();
}
