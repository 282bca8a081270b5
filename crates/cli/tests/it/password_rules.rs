//! What a password may be, and that it counts as it was typed.

use serde_json::json;

use crate::client::PASSWORD;
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

on_both_engines! {
    a_password_of_any_characters_is_taken_and_told_apart_exactly,
    a_new_server_has_no_users,
}

async fn a_password_of_any_characters_is_taken_and_told_apart_exactly(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let long = "only small letters ".repeat(4);
    let longest = "x".repeat(127); // the one with a space more may be tried, too
    let passwords = [
        "lowercase",
        "12345678",
        "        ",
        "  Spaces around  ",
        "<b>\"'; DROP TABLE \"user\" --</b>",
        "\u{1f511}\u{1f40e}\u{1f50b}\u{1f9f7}",
        "tab\tand\u{0}null",
        &long,
        &longest,
    ];
    for (number, password) in passwords.into_iter().enumerate() {
        let email = format!("user{number}@example.com");
        let body = json!({"name": "User", "email": email, "password": password});
        let answer = server.post("/sign-up/email", &body).send().await;
        assert_eq!(answer.status, 200, "{password:?}: {answer:?}");
        assert_eq!(server.sign_in(&email, password).send().await.status, 200, "{password:?}");
        // Neither trimmed, nor cut off, nor in another case.
        let mut cut = password.to_owned();
        cut.pop();
        let others =
            [password.trim().to_owned(), password.to_uppercase(), cut, format!("{password} ")];
        for other in others.into_iter().filter(|other| *other != password && !other.is_empty()) {
            let status = server.sign_in(&email, &other).send().await.status;
            assert_eq!(status, 401, "{other:?} for {password:?}");
        }
    }
    server.assert_unharmed();
}

async fn a_new_server_has_no_users(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    assert_eq!(["user", "account", "session"].map(|table| options.rows().count(table)), [0; 3]);
    for name in ["root", "admin", "sa", "gatewright"] {
        for password in [name, "", "admin", "password", PASSWORD] {
            let answer = server.sign_in(&format!("{name}@example.com"), password).send().await;
            assert!([400, 401].contains(&answer.status), "{name}: {answer:?}");
        }
    }
    server.assert_unharmed();
}
