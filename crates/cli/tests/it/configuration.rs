//! Configuration that can't be used is refused before anything is done.

use serde_json::json;

use crate::client::PASSWORD;
use crate::process::{Finished, run};
use crate::server::{Options, SECRET, Server};

/// Starts a server that must not start.
#[track_caller]
fn refused(options: &Options, args: &[&str], variables: &[(&str, &str)]) -> Finished {
    let args: Vec<&str> = ["serve"].into_iter().chain(args.iter().copied()).collect();
    let finished = run(options.path("").as_path(), &args, variables);
    assert_eq!(finished.code(), Some(2), "{args:?} {variables:?}: {}", finished.output());
    assert_eq!(finished.stdout, "", "{args:?}: what went wrong goes to stderr");
    assert!(!finished.stderr.contains("panic"), "{}", finished.stderr);
    assert!(!options.path("gatewright.db").exists(), "{args:?} {variables:?}: nothing is made");
    finished
}

#[test]
fn an_unknown_key_is_refused_and_the_nearest_is_named() {
    for (file, place, nearest) in [
        ("[rate_limit]\nenabld = true\n", "rate_limit.enabld", "rate_limit.enabled"),
        ("[session]\nexpires = 60\n", "session.expires", "session.expires_in"),
        ("trusted_origin = []\n", "trusted_origin", "trusted_origins"),
        ("[advanced]\ncookiePrefix = 'a'\n", "advanced.cookiePrefix", "advanced.cookie_prefix"),
        ("baseURL = 'http://localhost:4000'\n", "baseURL", "base_url"),
        (
            "[jwt.jwks.key_pair_config]\nalgorithm = 'HS256'\n",
            "key_pair_config.algorithm",
            "jwt.jwks.key_pair_config.alg",
        ),
    ] {
        let options = Options::bare().file("gatewright.toml", file);
        let stderr = refused(&options, &["--listen", "127.0.0.1:0"], &[]).stderr;
        for named in ["gatewright.toml", place, nearest] {
            assert!(stderr.contains(named), "{named} is not named:\n{stderr}");
        }
    }
    let variables = [("GATEWRIGHT__RATE_LIMIT__ENABLD", "true")];
    let stderr = refused(&Options::bare(), &["--listen", "127.0.0.1:0"], &variables).stderr;
    for named in ["GATEWRIGHT__RATE_LIMIT__ENABLD", "rate_limit.enabled"] {
        assert!(stderr.contains(named), "{named} is not named:\n{stderr}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let file = "[rate_limit]\nenabled = 'yes'\n[session]\nexpires_in = -1\nupdte_age = 5\n";
    let options = Options::bare().file("gatewright.toml", file);
    let variables = [("GATEWRIGHT__JWT__EXPIRATION_TIME", "soon")];
    let stderr = refused(&options, &["--listen", "127.0.0.1:0"], &variables).stderr;
    for named in
        ["rate_limit.enabled", "session.expires_in", "session.update_age", "jwt.expiration_time"]
    {
        assert!(stderr.contains(named), "{named} is not named:\n{stderr}");
    }
}

#[test]
fn values_that_mean_nothing_are_refused() {
    for (name, value) in [
        ("GATEWRIGHT__RATE_LIMIT__ENABLED", "1"),
        ("GATEWRIGHT__RATE_LIMIT__WINDOW", "0"),
        ("GATEWRIGHT__SESSION__EXPIRES_IN", "401d"),
        ("GATEWRIGHT__SESSION__EXPIRES_IN", "99999999999999999999"),
        ("GATEWRIGHT__SESSION__UPDATE_AGE", "-1"),
        ("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", "none"),
        ("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", "hs256"),
        ("GATEWRIGHT__ADVANCED__COOKIE_PREFIX", "a;b"),
        ("GATEWRIGHT__ADVANCED__IP_ADDRESS__TRUSTED_PROXIES", "everybody"),
        ("GATEWRIGHT__LISTEN", "everywhere"),
        ("GATEWRIGHT__BASE_PATH", "api\nauth"),
        ("BETTER_AUTH_URL", "localhost:4000"),
        ("BETTER_AUTH_URL", "ftp://auth.example.com"),
        ("BETTER_AUTH_URL", "http://"),
        ("BETTER_AUTH_TRUSTED_ORIGINS", "http://[::"),
        ("DATABASE_URL", "mysql://localhost/app"),
        ("DATABASE_URL", "app.db"),
        ("GATEWRIGHT_LOG", "loud=very=much"),
    ] {
        let variables = [("BETTER_AUTH_SECRET", SECRET), (name, value)];
        refused(&Options::bare(), &["--listen", "127.0.0.1:0"][..listens(name)], &variables);
    }
}

/// The flag would win over the variable.
fn listens(variable: &str) -> usize {
    if variable == "GATEWRIGHT__LISTEN" { 0 } else { 2 }
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let options = Options::bare().file("broken.toml", "[rate_limit\n");
    let stderr =
        refused(&options, &["--listen", "127.0.0.1:0", "--config", "broken.toml"], &[]).stderr;
    assert!(stderr.contains("broken.toml"), "{stderr}");
    let stderr = refused(&options, &["--listen", "127.0.0.1:0", "--config", "no.toml"], &[]).stderr;
    assert!(stderr.contains("no.toml"), "{stderr}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = Server::start(&Options::default());
    let address = server.address().to_string();
    let finished = run(server.directory(), &["serve", "--listen", &address], &[]);
    assert_eq!(finished.code(), Some(3), "{}", finished.output());
    assert!(finished.stderr.contains(&address), "{}", finished.stderr);
    server.assert_unharmed();
}

#[tokio::test]
async fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let file = "base_url = 'http://file.example.com'\n[advanced]\ncookie_prefix = 'from-file'\n";
    let options = Options::default()
        .file("gatewright.toml", file)
        .variable("BETTER_AUTH_URL", "http://variable.example.com")
        .variable("GATEWRIGHT__ADVANCED__COOKIE_PREFIX", "from-variable")
        .arg("--base-url")
        .arg("http://flag.example.com");
    let server = Server::start(&options);
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let answer = server.post("/sign-up/email", &body).send().await;
    assert!(answer.cookie("from-variable.session_token").is_some(), "{answer:?}");
    let log = server.stop();
    let listening = log.lines.iter().find(|line| line["message"] == "listening").expect("a line");
    assert_eq!(listening["url"], "http://flag.example.com/api/auth");
}

#[tokio::test]
async fn the_base_path_may_be_another() {
    let server = Server::start(&Options::default().variable("GATEWRIGHT__BASE_PATH", "/login"));
    let ask = async |path: &str| {
        let answer = server.http.get(server.url(path)).send().await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(ask("/login/ok").await, 200);
    assert_eq!(ask("/api/auth/ok").await, 404);
}
