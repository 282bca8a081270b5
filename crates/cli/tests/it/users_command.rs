//! `gatewright users`, beside a server that runs.

use serde_json::{Value, json};

use crate::client::PASSWORD;
use crate::database::{Engine, on_both_engines};
use crate::process::{Finished, Process, gatewright, run};
use crate::server::{Options, Server};

const NEW: &str = "a password that is new";

pub(crate) fn users(options: &Options, args: &[&str]) -> Finished {
    let url = &options.rows().url();
    let args = [&["users"], args, &["--database", url, "--format", "json"]].concat();
    let mut variables = vec![("NEW_PASSWORD", NEW)];
    variables.extend(options.given_variables());
    run(&options.path(""), &args, &variables)
}

#[track_caller]
pub(crate) fn done(finished: &Finished) -> Value {
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    finished.json()
}

async fn signs_in(server: &Server, email: &str, password: &str) -> bool {
    server.sign_in(email, password).send().await.status == 200
}

on_both_engines! {
    users_are_listed_in_pages_and_shown_without_what_would_let_anybody_in,
    a_user_who_is_made_signs_in,
    a_password_that_is_set_ends_sessions_unless_they_are_kept,
}

async fn users_are_listed_in_pages_and_shown_without_what_would_let_anybody_in(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let mut all = Vec::new();
    for name in ["eve", "ada", "bob", "a_a"] {
        all.push(server.sign_up(name).await);
    }
    let emails = |listed: &Value| -> Vec<String> {
        let users = listed["users"].as_array().expect("a list").iter();
        users.map(|user| user["email"].as_str().expect("text").to_owned()).collect()
    };
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = done(&users(&options, &["list", "--limit", "3", "--after", &after]));
        found.extend(emails(&page));
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut after);
    }
    found.sort();
    assert_eq!(found, ["a_a@example.com", "ada@example.com", "bob@example.com", "eve@example.com"]);
    for (search, expected) in
        [("ADA", 1), ("_", 1), ("%", 0), ("example.com", 4), ("' OR 1=1 --", 0)]
    {
        let listed = done(&users(&options, &["list", "--search", search, "--unverified"]));
        assert_eq!(emails(&listed).len(), expected, "{search}");
    }
    let shown = users(&options, &["show", "Ada@Example.com"]);
    let user = &done(&shown)["user"];
    assert_eq!((&user["accounts"], &user["sessions"]), (&json!(["credential"]), &json!(1)));
    assert_eq!(users(&options, &["show", "nobody@example.com"]).code(), Some(2));

    let output = format!("{}{}", shown.output(), users(&options, &["list"]).output());
    let hashes = options.rows().texts(r#"SELECT "password" FROM "account""#);
    for secret in all.iter().map(|user| &user.token).chain(&hashes) {
        assert!(!output.contains(secret.as_str()), "a token or hash is shown: {output}");
    }
    server.assert_unharmed();
}

async fn a_user_who_is_made_signs_in(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let args = ["create", "--email", "Ada@Example.com", "--name", "Ada", "--verified"];
    let with = |more: &[&str]| users(&options, &[&args, more].concat());
    let made = with(&["--password", "env:NEW_PASSWORD"]);
    assert_eq!(done(&made)["user"]["email"], "ada@example.com");
    assert!(!made.output().contains(NEW));
    let answer = server.sign_in("ada@example.com", NEW).send().await;
    assert_eq!((answer.status, &answer.json()["user"]["emailVerified"]), (200, &json!(true)));
    assert_eq!(with(&["--no-password"]).code(), Some(1), "she is there");

    let short = users(&options, &["create", "--email", "b@example.com", "--password", "short"]);
    assert_eq!(short.code(), Some(2), "{}", short.output());
    assert!(short.stderr.contains("list of processes"), "{}", short.stderr);
    assert!(short.stderr.contains("8 to 128"), "{}", short.stderr);
    for args in [
        &["create", "--email", "b@example.com"][..],
        &["create", "--email", "nobody", "--no-password"],
        &["create", "--email", "b@example.com", "--no-password", "--field", "role=admin"],
        &["create", "--email", "b@example.com", "--no-password", "--field", "role"],
    ] {
        assert_eq!(users(&options, args).code(), Some(2), "{args:?}");
    }
    assert_eq!(options.rows().texts(r#"SELECT "email" FROM "user""#), ["ada@example.com"]);
    server.assert_unharmed();
}

async fn a_password_that_is_set_ends_sessions_unless_they_are_kept(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let (ada, bob) = (server.sign_up("ada").await, server.sign_up("bob").await);
    let ask = json!({"email": ada.email, "redirectTo": "/new"});
    assert_eq!(server.post("/request-password-reset", &ask).send().await.status, 200);
    assert_eq!(options.rows().texts(r#"SELECT "value" FROM "verification""#).len(), 1);

    let set = ["set-password", "Ada@Example.com", "--password", "env:NEW_PASSWORD"];
    let kept = users(&options, &[&set[..], &["--keep-sessions"]].concat());
    assert_eq!(done(&kept)["revoked"], 0);
    assert!(!server.get("/get-session").by(&ada).send().await.json().is_null());
    assert!(signs_in(&server, &ada.email, NEW).await);
    assert!(!signs_in(&server, &ada.email, PASSWORD).await);
    let links = options.rows().texts(r#"SELECT "value" FROM "verification""#);
    assert!(links.is_empty(), "the link of the reset is void");

    assert_eq!(done(&users(&options, &set))["revoked"], 2);
    assert!(server.get("/get-session").by(&ada).send().await.json().is_null());
    assert!(!server.get("/get-session").by(&bob).send().await.json().is_null());
    assert!(signs_in(&server, &bob.email, PASSWORD).await);
    let nobody =
        users(&options, &["set-password", "eve@example.com", "--password", "env:NEW_PASSWORD"]);
    assert_eq!(nobody.code(), Some(2), "{}", nobody.output());
    server.assert_unharmed();
}

#[test]
fn a_password_comes_from_stdin() {
    let options = Options::default();
    Server::start(&options).stop();
    let args = [
        "users",
        "create",
        "--email",
        "ada@example.com",
        "--password",
        "-",
        "--database",
        "sqlite:it.db",
    ];
    let command = gatewright(&options.path(""), &args, &[]);
    let finished = Process::spawn_reading(command, format!("{NEW}\n").into_bytes()).finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert!(!finished.stderr.contains("list of processes"), "{}", finished.stderr);
}
