//! The figures for Prometheus: what they count, where they are, and what they never tell.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::json;

use crate::client::PASSWORD;
use crate::raw;
use crate::server::{Options, Server};
use crate::smtp::{ask_for_a_mail, mailing};
use crate::smtp_server::SmtpServer;

const DOCS: &str = include_str!("../../../../docs/operate.md");

fn with_metrics() -> Options {
    Options::default().variable("GATEWRIGHT__METRICS__LISTEN", "127.0.0.1:0")
}

/// What a server shows: a sample, with its labels, and its value.
struct Figures {
    text: String,
    samples: BTreeMap<String, f64>,
}

impl Figures {
    fn of(server: &Server) -> Self {
        let address = server.metrics().expect("an address for figures");
        let answer = raw::get(address, "/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        let text = answer.text();
        let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        });
        Self { samples: samples.collect(), text }
    }

    #[track_caller]
    fn assert(&self, sample: &str, value: f64) {
        let found = self.samples.get(sample).copied();
        assert_eq!(found, Some(value), "{sample} in\n{}", self.text);
    }

    fn get(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample} in\n{}", self.text))
    }
}

#[tokio::test]
async fn requests_sign_ins_tokens_and_hashes_are_counted() {
    let server = Server::start(&with_metrics());
    let ada = server.sign_up("ada").await;
    assert_eq!(server.signing_up("Ada", &ada.email).send().await.status, 422);
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 200);
    for _ in 0..2 {
        assert_eq!(server.sign_in(&ada.email, "wrong password").send().await.status, 401);
    }
    assert_eq!(server.sign_in("nobody@example.com", PASSWORD).send().await.status, 401);
    assert_eq!(server.post("/sign-in/email", &json!({"email": 1})).send().await.status, 400);
    assert_eq!(server.get("/get-session").by(&ada).send().await.status, 200);
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);

    let figures = Figures::of(&server);
    let route = |path: &str, method: &str| format!("route=\"/api/auth{path}\",method=\"{method}\"");
    let requests = |path: &str, method: &str, class: &str| {
        format!("gatewright_http_requests_total{{{},status=\"{class}\"}}", route(path, method))
    };
    figures.assert(&requests("/sign-up/email", "POST", "2xx"), 1.0);
    figures.assert(&requests("/sign-up/email", "POST", "4xx"), 1.0);
    figures.assert(&requests("/sign-in/email", "POST", "2xx"), 1.0);
    figures.assert(&requests("/sign-in/email", "POST", "4xx"), 4.0);
    figures.assert(&requests("/get-session", "GET", "2xx"), 1.0);
    let sign_in = route("/sign-in/email", "POST");
    let durations = format!("gatewright_http_request_duration_seconds_count{{{sign_in}}}");
    figures.assert(&durations, 5.0);
    let outcome = |what: &str, code: &str| format!("gatewright_{what}_total{{outcome=\"{code}\"}}");
    figures.assert(&outcome("sign_ins", "OK"), 1.0);
    figures.assert(&outcome("sign_ins", "INVALID_EMAIL_OR_PASSWORD"), 3.0);
    figures.assert(&outcome("sign_ins", "VALIDATION_ERROR"), 1.0);
    figures.assert(&outcome("sign_ups", "OK"), 1.0);
    figures.assert(&outcome("sign_ups", "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"), 1.0);
    // One in a header of /get-session, one at /token.
    figures.assert("gatewright_tokens_issued_total", 2.0);
    // The unknown user takes one as well.
    figures.assert("gatewright_password_hash_duration_seconds_count", 5.0);
    figures.assert("gatewright_password_hashes_waiting", 0.0);
    figures.assert("gatewright_password_hashes_running", 0.0);
    figures.assert("gatewright_http_requests_in_flight", 0.0);
    figures.assert("gatewright_mails_waiting", 0.0);
    figures.assert("gatewright_database_errors_total{kind=\"busy\"}", 0.0);
    if cfg!(target_os = "linux") {
        assert!(figures.get("process_resident_memory_bytes") > 1_000_000.0);
        assert!(figures.get("process_open_fds") >= 5.0);
        assert!(figures.get("process_cpu_seconds_total") > 0.0);
    }
    server.stop().assert_no_failure();
}

#[tokio::test]
async fn requests_that_come_too_soon_are_counted() {
    let options = with_metrics().variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "true");
    let server = Server::start(&options);
    for _ in 0..5 {
        server.sign_in("nobody@example.com", PASSWORD).send().await;
    }
    let figures = Figures::of(&server);
    figures.assert("gatewright_rate_limited_requests_total", 2.0);
    figures.assert("gatewright_sign_ins_total{outcome=\"TOO_MANY_REQUESTS\"}", 2.0);
}

#[tokio::test]
async fn lockouts_are_counted_for_accounts_and_addresses() {
    let options = with_metrics()
        .variable("GATEWRIGHT__LOCKOUT__ENABLED", "true")
        .variable("GATEWRIGHT__LOCKOUT__ACCOUNT__MAX_FAILURES", "2")
        .variable("GATEWRIGHT__LOCKOUT__ADDRESS__MAX_FAILURES", "4");
    let server = Server::start(&options);
    let lockouts = |of: &str| format!("gatewright_lockouts_total{{of=\"{of}\"}}");
    let figures = Figures::of(&server);
    for of in ["account", "address"] {
        figures.assert(&lockouts(of), 0.0);
    }
    // The third is refused: the account's delay has begun with the second.
    for expected in [401, 401, 429] {
        let answer = server.sign_in("ada@example.com", PASSWORD).send().await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    let figures = Figures::of(&server);
    figures.assert(&lockouts("account"), 1.0);
    figures.assert(&lockouts("address"), 0.0);
    figures.assert("gatewright_lockout_refused_total", 1.0);
    // The address's begins with its fourth failure, whatever the account.
    for (name, expected) in [("bob", 401), ("cy", 401), ("dan", 429)] {
        let answer = server.sign_in(&format!("{name}@example.com"), PASSWORD).send().await;
        assert_eq!(answer.status, expected, "{name}: {answer:?}");
    }
    let figures = Figures::of(&server);
    figures.assert(&lockouts("account"), 1.0);
    figures.assert(&lockouts("address"), 1.0);
    figures.assert("gatewright_lockout_refused_total", 2.0);
}

#[tokio::test]
async fn mails_are_counted_by_what_became_of_them() {
    const OUTCOMES: [&str; 4] = ["delivered", "retried", "given_up", "dropped"];
    let not_now = vec!["450 4.2.0 not now"; 9];
    for (behaviour, log, expected, waiting) in [
        (json!({}), "a mail was delivered", "delivered", 0.0),
        (json!({"to_recipients": not_now}), "a mail could not be delivered", "retried", 1.0),
        (json!({"to_recipients": ["550 5.1.1 nobody"]}), "a mail was given up", "given_up", 0.0),
    ] {
        let options = with_metrics();
        let smtp = SmtpServer::start(&options.path(""), "tls", &behaviour);
        let server = Server::start(&mailing(options, smtp.port(), "tls"));
        server.sign_up("grace").await;
        let count = |figures: &Figures, outcome: &str| {
            figures.get(&format!("gatewright_mails_total{{outcome=\"{outcome}\"}}"))
        };
        let before = Figures::of(&server);
        assert!(OUTCOMES.iter().all(|outcome| count(&before, outcome) == 0.0), "{}", before.text);
        ask_for_a_mail(&server).await;
        server.wait_for_log(log);
        let after = Figures::of(&server);
        for outcome in OUTCOMES {
            // It goes on being tried again.
            assert_eq!(count(&after, outcome) >= 1.0, outcome == expected, "{}", after.text);
        }
        if waiting > 0.0 {
            after.assert("gatewright_mails_waiting", waiting);
        }
    }
}

#[tokio::test]
async fn no_text_of_a_client_becomes_a_label() {
    let server = Server::start(&with_metrics());
    let before = Figures::of(&server).samples.len();
    let ada = server.sign_up("ada").await;
    for number in 0..50 {
        let method = Method::from_bytes(format!("{}{number}", ada.token).as_bytes());
        let method = method.expect("a method of one's own");
        let path = format!("/{}/{number}?email={}", ada.token, ada.email);
        server.request(method, &path).send().await;
        server.get(&format!("/reset-password/{}{number}", ada.token)).send().await;
        let email = format!("{number}@example.com");
        server.post("/sign-in/email", &json!({"email": email, "callbackURL": path})).send().await;
    }
    let figures = Figures::of(&server);
    for hidden in [&ada.token, &ada.email, &ada.id, "example.com"] {
        assert!(!figures.text.contains(hidden), "{hidden} in\n{}", figures.text);
    }
    let more = figures.samples.len() - before;
    assert!(more < 120, "{more} samples more in\n{}", figures.text);
    assert!(
        figures.text.contains("route=\"/api/auth/reset-password/{token}\""),
        "{}",
        figures.text
    );
}

#[tokio::test]
async fn figures_are_on_their_own_address_and_only_when_asked_for() {
    let server = Server::start(&Options::default());
    assert_eq!(server.metrics(), None);
    for path in ["/metrics", "/api/auth/metrics"] {
        assert_eq!(raw::get(server.address(), path).status, 404, "{path}");
    }
    let server = Server::start(&with_metrics());
    assert_eq!(raw::get(server.address(), "/metrics").status, 404);
    let figures = server.metrics().expect("an address");
    // And nothing else is there.
    for path in ["/", "/api/auth/ok", "/health/live", "/metrics/"] {
        assert_eq!(raw::get(figures, path).status, 404, "{path}");
    }
    server.stop().assert_no_failure();
}

#[test]
fn the_documented_figures_are_those_that_there_are() {
    let server = Server::start(&with_metrics());
    assert_eq!(raw::get(server.address(), "/api/auth/ok").status, 200);
    let text = Figures::of(&server).text;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let there: BTreeSet<String> =
        types.map(|line| line.split(' ').collect::<Vec<_>>().join(" ")).collect();
    // | `name` | type | …
    let rows = DOCS.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter(|row| row.starts_with("gatewright_") || row.starts_with("process_"));
    let documented: BTreeSet<String> = rows
        .filter_map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_end_matches('`'));
            let name = cells.next()?.split('{').next()?;
            Some(format!("{name} {}", cells.next()?))
        })
        .collect();
    assert_eq!(documented, there, "docs/operate.md and the figures differ");
}
