//! Options about endpoints, limits, addresses and checks.

use serde_json::{Value, json};

use crate::client::PASSWORD;
use crate::process::run;
use crate::server::{Options, Server};

#[test]
fn what_would_do_nothing_or_too_much_is_refused_before_anything_is_made() {
    for (file, named) in [
        ("disabled_paths = ['/sign-up/emial']", "there is no endpoint \"/sign-up/emial\""),
        ("disabled_paths = ['/sign-up/email/']", "there is no endpoint"),
        ("[rate_limit.custom_rules]\n'/tokn' = false", "there is no endpoint \"/tokn\""),
        ("[rate_limit.custom_rules]\n'token*' = false", "is no path"),
        ("[rate_limit.custom_rules]\n'/token' = true", "takes a window and a max, or false"),
        ("[rate_limit.custom_rules.'/token']\nmax = 1", "takes a window and a max, or false"),
        ("[rate_limit.custom_rules.'/token']\nmax = 0\nwindow = 1", "from 1 on"),
        ("[rate_limit.custom_rules.'/token']\nmax = 1\nwindow = '2d'", "up to a day"),
        ("[rate_limit.custom_rules.'/token']\nmx = 1", "takes a window and a max, or false"),
        ("[advanced.ip_address]\nipv6_subnet = 65", "takes 32, 48, 64 or 128"),
        ("[advanced.ip_address]\nip_address_headers = []", "takes names of headers"),
        ("[advanced.ip_address]\nip_address_headers = ['a b']", "takes names of headers"),
    ] {
        let options = Options::bare().file("gatewright.toml", file);
        let finished = run(options.path("").as_path(), &["serve", "--listen", "127.0.0.1:0"], &[]);
        assert_eq!(finished.code(), Some(2), "{file}: {}", finished.output());
        assert!(finished.stderr.contains(named), "{file}:\n{}", finished.stderr);
        assert!(!options.path("gatewright.db").exists(), "{file}");
    }
}

#[tokio::test]
async fn a_check_that_is_left_out_is_warned_of_at_each_start() {
    const KEYS: [&str; 2] = ["disable_csrf_check", "disable_origin_check"];
    for on in KEYS {
        let options = Options::bare().file("gatewright.toml", &format!("[advanced]\n{on} = true"));
        for _ in 0..2 {
            let log = Server::start(&options).stop();
            let is_warning = |line: &&Value| {
                let text = line.to_string();
                line["level"] == "WARN" && text.contains(on) && text.contains("EVERY website")
            };
            assert_eq!(log.lines.iter().filter(is_warning).count(), 1, "{on}: {}", log.text);
        }
    }
    let off = "[advanced]\ndisable_csrf_check = false\ndisable_origin_check = false";
    for file in ["", off] {
        let log = Server::start(&Options::bare().file("gatewright.toml", file)).stop();
        assert!(!log.text.contains("EVERY website"), "{}", log.text);
    }
}

#[tokio::test]
async fn a_rule_of_ones_own_goes_before_those_that_are_built_in() {
    let file = "[rate_limit.custom_rules]\n'/sign-*' = false\n'*' = { window = '1m', max = 2 }\n\
                '/ok' = { window = 60, max = 1 }\n";
    let server = Server::start(&Options::bare().file("gatewright.toml", file));
    for _ in 0..6 {
        let answer = server.sign_in("nobody@example.com", PASSWORD).send().await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let mut seen = Vec::new();
    for path in ["/ok", "/ok", "/jwks", "/jwks", "/jwks", "/unknown-1", "/unknown-2", "/unknown-3"]
    {
        seen.push(server.get(path).send().await.status);
    }
    assert_eq!(seen, [200, 429, 200, 200, 429, 404, 404, 429]);
}

#[test]
fn rules_are_shown_and_in_the_schema() {
    let file = "[rate_limit.custom_rules]\n'/token' = { window = '5s', max = 2 }\n";
    let options = Options::bare().file("gatewright.toml", file);
    let shown = run(options.path("").as_path(), &["config", "show", "--format", "json"], &[]);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let window = &shown["keys"]["rate_limit.custom_rules./token.window"];
    assert_eq!((&window["value"], &window["set_by"]), (&json!(5), &json!("gatewright.toml")));

    let schema = run(options.path("").as_path(), &["config", "schema"], &[]);
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    let rules = &schema["properties"]["rate_limit"]["properties"]["custom_rules"];
    assert_eq!(rules["additionalProperties"]["anyOf"][0]["const"], json!(false));
    let subnet = &schema["properties"]["advanced"]["properties"]["ip_address"]["properties"]["ipv6_subnet"]
        ["default"];
    assert_eq!(subnet, &json!(64));
}
