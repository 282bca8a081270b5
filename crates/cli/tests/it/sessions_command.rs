//! `gatewright sessions`, beside a server that runs.

use serde_json::{Value, json};

use crate::client::{PASSWORD, User};
use crate::database::{Engine, on_both_engines};
use crate::process::{Finished, run};
use crate::server::{Options, Server};

fn sessions(server: &Server, args: &[&str]) -> Finished {
    let database = server.rows().url();
    let args = [&["sessions"], args, &["--database", &database, "--format", "json"]].concat();
    run(server.directory(), &args, &[])
}

fn listed(server: &Server, args: &[&str]) -> Vec<Value> {
    let finished = sessions(server, &[&["list"], args].concat());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    finished.json()["sessions"].as_array().expect("a list").clone()
}

async fn is_signed_in(server: &Server, user: &User) -> bool {
    let answer = server.get("/get-session").by(user).send().await;
    answer.status == 200 && answer.json() != Value::Null
}

on_both_engines! {
    sessions_are_listed_without_their_tokens,
    a_server_that_runs_refuses_what_was_revoked_and_nothing_else,
    what_cannot_be_meant_is_refused,
    a_new_secret_with_new_keys_ends_everything_that_the_old_one_opened,
}

async fn sessions_are_listed_without_their_tokens(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let (ada, bob) = (server.sign_up("ada").await, server.sign_up("bob").await);
    let again = server.sign_in(&ada.email, PASSWORD).send().await;
    assert_eq!(again.status, 200);
    assert_eq!(listed(&server, &[]).len(), 3);
    assert_eq!(listed(&server, &["--limit", "2"]).len(), 2);
    for name in [ada.id.as_str(), "Ada@Example.com"] {
        let hers = listed(&server, &["--user", name]);
        assert_eq!(hers.len(), 2, "{name}");
        assert!(hers.iter().all(|one| one["email"] == ada.email && one["user_id"] == ada.id));
    }
    let database = server.rows().url();
    let human = run(server.directory(), &["sessions", "list", "--database", &database], &[]);
    let all = format!("{}{}", human.output(), sessions(&server, &["list"]).output());
    assert!(all.contains(&bob.id) && human.stdout.contains("bob@example.com"), "{all}");
    for secret in [&ada.token, &bob.token, &ada.cookie, &bob.bearer] {
        assert!(!all.contains(secret.as_str()), "a token is shown: {all}");
    }
}

async fn a_server_that_runs_refuses_what_was_revoked_and_nothing_else(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let (ada, bob) = (server.sign_up("ada").await, server.sign_up("bob").await);
    let id = listed(&server, &["--user", &ada.email])[0]["id"].as_str().expect("an id").to_owned();

    let revoked = sessions(&server, &["revoke", "--id", &id]);
    assert_eq!((revoked.code(), revoked.json()["revoked"].clone()), (Some(0), json!(1)));
    assert!(!is_signed_in(&server, &ada).await && is_signed_in(&server, &bob).await);
    let again = sessions(&server, &["revoke", "--id", &id]);
    assert_eq!((again.code(), again.json()["revoked"].clone()), (Some(1), json!(0)));

    for _ in 0..2 {
        server.sign_in(&ada.email, PASSWORD).send().await;
    }
    let revoked = sessions(&server, &["revoke", "--user", &ada.email]);
    assert_eq!(revoked.json()["revoked"], 2, "{}", revoked.output());
    assert!(is_signed_in(&server, &bob).await);
    let revoked = sessions(&server, &["revoke", "--all"]);
    assert_eq!(revoked.json()["revoked"], 1, "{}", revoked.output());
    assert!(!is_signed_in(&server, &bob).await);
    assert_eq!(server.sign_in(&bob.email, PASSWORD).send().await.status, 200);
}

async fn what_cannot_be_meant_is_refused(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    server.sign_up("ada").await;
    for args in [
        &["revoke"][..],
        &["revoke", "--all", "--user", "ada@example.com"],
        &["revoke", "--user", "eve@example.com"],
        &["revoke", "--user", "%"],
        &["list", "--user", "' OR 1=1 --"],
        &["list", "--limit", "0"],
    ] {
        let finished = sessions(&server, args);
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
    }
    assert_eq!(listed(&server, &[]).len(), 1, "nothing was ended");
    let args = ["sessions", "list", "--database", "sqlite:missing.db"];
    let finished = run(server.directory(), &args, &[]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(!server.directory().join("missing.db").exists(), "no database is made");
}

/// As docs/leaked.md says it.
async fn a_new_secret_with_new_keys_ends_everything_that_the_old_one_opened(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let old = server.get("/jwks").send().await.json()["keys"][0]["kid"].clone();
    server.stop();

    let new = "another-0123456789abcdef0123456789";
    let args = ["keys", "rotate", "--forget-old", "--database", &options.rows().url()];
    let rotated = run(&options.path(""), &args, &[("BETTER_AUTH_SECRET", new)]);
    assert_eq!(rotated.code(), Some(0), "{}", rotated.output());
    let options = options.variable("BETTER_AUTH_SECRET", new);
    let server = Server::start(&options);
    let revoked = sessions(&server, &["revoke", "--all"]);
    assert_eq!(revoked.json()["revoked"], 1, "{}", revoked.output());
    assert!(!is_signed_in(&server, &ada).await);
    let jwks = server.get("/jwks").send().await.json();
    assert_eq!(jwks["keys"].as_array().map(Vec::len), Some(1), "{jwks}");
    assert_ne!(jwks["keys"][0]["kid"], old);
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 200);
    server.stop().assert_no_failure();
}
