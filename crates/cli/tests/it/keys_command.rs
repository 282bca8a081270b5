//! `gatewright keys`, beside a server that runs.

use serde_json::{Value, json};

use crate::database::{Engine, on_both_engines};
use crate::process::{Finished, run};
use crate::server::{Options, SECRET, Server};

fn keys(options: &Options, args: &[&str], secret: &str) -> Finished {
    let url = &options.rows().url();
    let args = [&["keys"], args, &["--database", url, "--format", "json"]].concat();
    run(&options.path(""), &args, &[("BETTER_AUTH_SECRET", secret)])
}

fn listed(options: &Options) -> Vec<Value> {
    let finished = keys(options, &["list"], SECRET);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    finished.json()["keys"].as_array().expect("a list").clone()
}

async fn published(server: &Server) -> Vec<Value> {
    let jwks = server.get("/jwks").send().await.json();
    let keys = jwks["keys"].as_array().expect("a list").iter();
    keys.map(|key| key["kid"].clone()).collect()
}

on_both_engines! {
    a_rotation_gives_the_server_that_runs_a_new_key_and_keeps_tokens_of_the_old_one,
    another_secret_than_the_servers_rotates_nothing,
    plain_private_keys_are_warned_about_at_start,
}

async fn a_rotation_gives_the_server_that_runs_a_new_key_and_keeps_tokens_of_the_old_one(
    engine: Engine,
) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);
    let old = listed(&options);
    assert_eq!(
        (old.len(), &old[0]["state"], &old[0]["encrypted"]),
        (1, &json!("signs"), &json!(true))
    );

    let rotated = keys(&options, &["rotate"], SECRET);
    assert_eq!(rotated.code(), Some(0), "{}", rotated.output());
    let new = rotated.json()["key"]["id"].clone();
    let states: Vec<_> = listed(&options).iter().map(|key| key["state"].clone()).collect();
    assert_eq!(states, ["signs", "verifies"]);
    let both = published(&server).await;
    assert!(both.len() == 2 && both.contains(&new) && both.contains(&old[0]["id"]), "{both:?}");
    let token = server.get("/token").by(&ada).send().await.json()["token"].clone();
    let token = token.as_str().expect("a token").to_owned();
    let decoded =
        run(&options.path(""), &["token", "decode", "env:T", "--format", "json"], &[("T", &token)]);
    assert_eq!(decoded.json()["header"]["kid"], new, "{}", decoded.output());

    let forgotten = keys(&options, &["rotate", "--forget-old"], SECRET);
    assert_eq!(published(&server).await, [forgotten.json()["key"]["id"].clone()]);
    let all = format!("{}{}", rotated.output(), keys(&options, &["list"], SECRET).output());
    for row in options.rows().texts(r#"SELECT "privateKey" FROM "jwks""#) {
        assert!(!all.contains(&row[1..40]), "a private key is shown");
    }
    server.assert_unharmed();
}

async fn another_secret_than_the_servers_rotates_nothing(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);
    let other = "another-0123456789abcdef0123456789";
    let refused = keys(&options, &["rotate"], other);
    assert_eq!(refused.code(), Some(2), "{}", refused.output());
    assert!(refused.stderr.contains("cannot be decrypted"), "{}", refused.stderr);
    assert!(!refused.output().contains(other), "{}", refused.output());
    assert_eq!(listed(&options).len(), 1);
    server.assert_unharmed();
}

#[test]
fn no_secret_is_made_for_a_rotation() {
    let options = Options::default();
    let server = Server::start(&options);
    server.stop();
    let args = ["keys", "rotate", "--database", "sqlite:it.db"];
    let finished = run(&options.path(""), &args, &[]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("there is no secret"), "{}", finished.stderr);
    assert!(!options.path(".gatewright").join("secret").exists());
    let variables =
        [("BETTER_AUTH_SECRET", SECRET), ("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", "HS256")];
    let finished = run(&options.path(""), &args, &variables);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("signed with the secret"), "{}", finished.stderr);
}

async fn plain_private_keys_are_warned_about_at_start(engine: Engine) {
    let name = "GATEWRIGHT__JWT__JWKS__DISABLE_PRIVATE_KEY_ENCRYPTION";
    let options = Options::on(engine).variable(name, "true");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);
    assert_eq!(listed(&options)[0]["encrypted"], json!(false));
    let row = options.rows().texts(r#"SELECT "privateKey" FROM "jwks""#);
    assert!(row[0].starts_with('{') && row[0].contains("\"d\""), "the JWK itself, as upstream");
    let log = server.stop();
    let warned = |line: &Value| {
        line["level"] == "WARN"
            && line["message"]
                .as_str()
                .is_some_and(|text| text.contains("disable_private_key_encryption"))
    };
    assert!(log.lines.iter().any(warned), "{}", log.text);
    log.assert_no_failure();
}
