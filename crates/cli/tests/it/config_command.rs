//! `gatewright config`, from outside.

use serde_json::{Value, json};

use crate::desk::Desk;

const SECRET: &str = "needle-0123456789abcdef0123456789";

#[test]
fn what_serve_would_refuse_is_found_and_nothing_is_made() {
    let no_url = "listen = '0.0.0.0:4000'\n";
    for (file, variables, expected) in [
        ("", &[][..], ""),
        ("[session]\nexpires_in = '7d'\n", &[], ""),
        ("[sesion]\nexpires_in = 1\n", &[], "session.expires_in"),
        (
            "[session]\nexpires_in = 'x'\n",
            &[("GATEWRIGHT__RATE_LIMIT__MAX", "-1")],
            "rate_limit.max",
        ),
        ("database = 'mysql://a'\n", &[], "sqlite:FILE"),
        ("base_url = 'auth.example.com'\n", &[], "auth.example.com"),
        ("trusted_origins = ['*']\n", &[], "*"),
        ("secret_file = 'missing'\n", &[], "missing"),
        (
            "database = 'postgres://a@127.0.0.1/b'\ndatabase_password_file = 'missing'\n",
            &[],
            "database_password_file: cannot read missing",
        ),
        ("", &[("BETTER_AUTH_SECRET", "short")], "BETTER_AUTH_SECRET"),
        (no_url, &[("BETTER_AUTH_SECRET", SECRET)], "base_url is missing"),
        (no_url, &[("BETTER_AUTH_URL", "https://auth.example.com")], "there is no secret"),
        (
            "[jwt.jwks.key_pair_config]\nalg = 'HS512'\n",
            &[("BETTER_AUTH_SECRET", SECRET)],
            "at least 64 bytes",
        ),
    ] {
        let mut desk = Desk::new().file("gatewright.toml", file);
        for (name, value) in variables {
            desk = desk.variable(name, value);
        }
        let finished = desk.run(&["config", "check"]);
        let code = i32::from(!expected.is_empty());
        assert_eq!(finished.code(), Some(code), "{file}: {}", finished.output());
        assert!(finished.stdout.contains(expected), "{file}: {}", finished.stdout);
        assert!(!finished.output().contains("needle"), "{}", finished.output());
        let json = desk.run(&["config", "check", "--format", "json"]);
        assert_eq!(json.json()["valid"], expected.is_empty(), "{file}");
        for made in [".gatewright", "gatewright.db"] {
            assert!(!desk.path(made).exists(), "{file}: {made} was made");
        }
        // And serve says the same.
        if !expected.is_empty() {
            assert_eq!(desk.run(&["serve"]).code(), Some(2), "{file}");
        }
    }
    let finished = Desk::new().run(&["config", "check", "--config", "missing.toml"]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
}

#[test]
fn every_key_is_shown_with_the_place_where_it_was_set_and_no_secret() {
    let desk = Desk::new()
        .file("gatewright.toml", "[session]\nexpires_in = '1h'\nfresh_age = 5\n")
        .variable("BETTER_AUTH_URL", "https://auth.example.com")
        .variable("GATEWRIGHT__SESSION__FRESH_AGE", "6")
        .variable("DATABASE_URL", "postgres://ada:needle@db.example/app")
        .variable("BETTER_AUTH_SECRET", SECRET);
    let shown = desk.run(&["config", "show", "--format", "json"]);
    assert_eq!(shown.code(), Some(0), "{}", shown.output());
    let keys = &shown.json()["keys"];
    let key = |name: &str| (keys[name]["value"].clone(), keys[name]["set_by"].clone());
    assert_eq!(key("session.expires_in"), (json!(3600), json!("gatewright.toml")));
    assert_eq!(key("session.fresh_age"), (json!(6), json!("GATEWRIGHT__SESSION__FRESH_AGE")));
    assert_eq!(key("base_url"), (json!("https://auth.example.com"), json!("BETTER_AUTH_URL")));
    assert_eq!(key("database").0, "postgres://ada:…@db.example/app");
    assert_eq!(key("rate_limit.max"), (json!(100), Value::Null));
    assert_eq!(shown.json()["secret"], "from BETTER_AUTH_SECRET");
    let human = desk.stdout_of(&["config", "show"]);
    assert!(human.contains("session.expires_in = 3600  # gatewright.toml"), "{human}");
    assert!(!format!("{}{human}", shown.output()).contains("needle"), "{human}");
}

#[test]
fn the_schema_has_every_key_that_is_shown_with_its_default() {
    let desk = Desk::new();
    let schema: Value = serde_json::from_str(&desk.stdout_of(&["config", "schema"])).expect("JSON");
    let shown = desk.run(&["config", "show", "--format", "json"]).json();
    let keys = shown["keys"].as_object().expect("keys");
    assert!(keys.len() > 20, "{shown}");
    for (name, shown) in keys {
        let pointer = name.replace('.', "/properties/");
        let entry = schema.pointer(&format!("/properties/{pointer}"));
        let entry = entry.unwrap_or_else(|| panic!("{name} is not in the schema: {schema}"));
        assert!(entry["description"].as_str().is_some_and(|about| about.len() > 5), "{name}");
        assert_eq!(entry.get("default").unwrap_or(&Value::Null), &shown["value"], "{name}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn dangers_are_told_by_check_and_at_start_and_stop_neither() {
    let desk = Desk::new()
        .variable("GATEWRIGHT__LISTEN", "127.0.0.1:0")
        .variable("BETTER_AUTH_URL", "https://auth.example.com")
        .variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "false");
    let checked = desk.run(&["config", "check"]);
    assert_eq!(checked.code(), Some(0), "{}", checked.output());
    let warnings = checked.stdout.strip_prefix("in order\n").expect("in order");
    let warnings: Vec<&str> =
        warnings.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
    let keys = ["rate_limit.enabled", "mail.smtp.host", "trusted_origins"];
    assert_eq!(warnings.len(), keys.len(), "{warnings:?}");
    let json = desk.run(&["config", "check", "--format", "json"]).json();
    assert_eq!((&json["valid"], &json["warnings"]), (&json!(true), &json!(warnings)));
    let server = desk.start(&["serve"]);
    for (warning, key) in warnings.iter().zip(keys) {
        assert!(warning.contains(key), "{key}: {warning}");
        server.wait_for_line(warning, |line| {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            line["level"] == "WARN" && line["message"] == *warning
        });
    }
    server.signal("TERM");
    assert_eq!(server.finish().code(), Some(0));
}
