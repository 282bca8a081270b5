//! Fields of the wrong type.

use serde_json::{Value, json};

use super::{SIGN_IN, SIGN_UP, post};
use crate::client::PASSWORD;
use crate::hold;
use crate::raw;
use crate::server::{Options, Server};

#[test]
fn a_field_of_the_wrong_type_is_named() {
    let server = Server::start(&Options::default());
    let sign_up = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let sign_in = json!({"email": "ada@example.com", "password": PASSWORD});
    let texts =
        [json!(null), json!(true), json!(1), json!(1.5), json!([]), json!({}), json!(["a"])];
    let flags = [json!(null), json!(1), json!("true"), json!(""), json!([]), json!({})];
    let not_addresses = [json!(""), json!("a"), json!("a@b"), json!("@b.co"), json!("a b@c.co")];
    let shapes: [(&str, &Value, &str, &[Value]); 8] = [
        (SIGN_UP, &sign_up, "name", &texts),
        (SIGN_UP, &sign_up, "email", &texts),
        (SIGN_UP, &sign_up, "email", &not_addresses),
        (SIGN_UP, &sign_up, "password", &texts),
        (SIGN_UP, &sign_up, "image", &texts),
        (SIGN_UP, &sign_up, "rememberMe", &flags),
        (SIGN_IN, &sign_in, "email", &texts),
        (SIGN_IN, &sign_in, "password", &texts),
    ];
    let mut complaints = Vec::new();
    for (path, good, field, values) in shapes {
        for value in values {
            let mut body = good.clone();
            body[field] = value.clone();
            let answer =
                raw::only(raw::send(server.address(), &post(path, body.to_string().as_bytes())));
            let names_it = answer.text().contains("\"code\":\"VALIDATION_ERROR\"")
                && answer.text().contains(&format!("[body.{field}]"));
            if answer.status != 400 || !names_it {
                complaints.push(format!("{path}, {field} = {value}: {answer:?}"));
            }
        }
    }
    hold("400 that names the field", &complaints);
    server.assert_unharmed();
}

#[test]
fn a_missing_field_is_named() {
    let server = Server::start(&Options::default());
    let sign_up = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    for field in ["name", "email", "password"] {
        let mut body = sign_up.clone();
        body.as_object_mut().expect("an object").remove(field);
        let request = post(SIGN_UP, body.to_string().as_bytes());
        let answer = raw::only(raw::send(server.address(), &request));
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text().contains(&format!("[body.{field}]")), "{answer:?}");
    }
    server.assert_unharmed();
}

#[test]
fn an_address_to_return_to_is_a_text_and_leads_nowhere_else() {
    let server = Server::start(&Options::default());
    let ask = |url: Value| {
        let body = json!({"email": "a@b.co", "password": PASSWORD, "callbackURL": url});
        let request = post(SIGN_IN, body.to_string().as_bytes());
        raw::only(raw::send(server.address(), &request))
    };
    for url in [json!(1), json!(true), json!([]), json!({"a": 1})] {
        let answer = ask(url);
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.text(), r#"{"message":"Invalid callbackURL: expected a string"}"#);
    }
    for url in [
        "https://evil.example.com",
        "//evil.example.com",
        "/\\evil.example.com",
        "/%2fevil.example.com",
        "/%5cevil.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost:3000.evil.example.com",
        "http://localhost:3000@evil.example.com",
        "http://localhost:30000",
        "https://localhost:3000",
        " //evil.example.com",
        "\t//evil.example.com",
        "/a\r\nset-cookie: a=b",
        "/a\u{0}",
    ] {
        let answer = ask(json!(url));
        assert_eq!(answer.status, 403, "{url:?}: {answer:?}");
        assert!(answer.text().contains("INVALID_CALLBACK_URL"), "{url:?}: {answer:?}");
        assert_eq!(answer.header("location"), None);
    }
    server.assert_unharmed();
}

#[test]
fn passwords_are_neither_too_short_nor_too_long() {
    let server = Server::start(&Options::default());
    let ask = |password: &str| {
        let body = json!({"name": "Ada", "email": "ada@example.com", "password": password});
        let request = post(SIGN_UP, body.to_string().as_bytes());
        raw::only(raw::send(server.address(), &request))
    };
    // An emoji counts as two, as in JavaScript.
    for (password, code) in [
        ("1234567", "PASSWORD_TOO_SHORT"),
        ("\u{1f511}\u{1f511}\u{1f511}1", "PASSWORD_TOO_SHORT"),
        (&"x".repeat(129), "PASSWORD_TOO_LONG"),
        (&"\u{1f511}".repeat(65), "PASSWORD_TOO_LONG"),
    ] {
        let answer = ask(password);
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text().contains(code), "{answer:?}");
    }
    assert_eq!(ask(&"\u{1f511}".repeat(64)).status, 200);
    server.assert_unharmed();
}
