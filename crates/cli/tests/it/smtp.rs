//! Mails by SMTP, handed to a real server: what arrives, and over which connections.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::desk::Desk;
use crate::process::run;
use crate::server::{Options, Server};
use crate::smtp_server::{Received, SmtpServer};

pub(crate) const SENDER: &str = "Grüße, Beispiel <no-reply@example.com>";

/// A server that hands its mails to `port`, and trusts the certificate that is made there.
pub(crate) fn mailing(options: Options, port: u16, security: &str) -> Options {
    let authority = options.path("ca.pem");
    options
        .variable("GATEWRIGHT__MAIL__FROM", SENDER)
        .variable("GATEWRIGHT__MAIL__SMTP__HOST", "localhost")
        .variable("GATEWRIGHT__MAIL__SMTP__PORT", &port.to_string())
        .variable("GATEWRIGHT__MAIL__SMTP__SECURITY", security)
        .variable("GATEWRIGHT__MAIL__SMTP__CA_FILE", authority.to_str().expect("a path of text"))
        .variable("GATEWRIGHT__MAIL__SMTP__TIMEOUT", "3s")
}

/// Has a link mailed to grace.
pub(crate) async fn ask_for_a_mail(server: &Server) {
    let body = json!({"email": "grace@example.com", "redirectTo": "/choose"});
    let answer = server.post("/request-password-reset", &body).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The path of the link in a mail, and the token in it.
pub(crate) fn reset_token(mail: &Received) -> String {
    let text = mail.part("text/plain");
    let token = text.split("/reset-password/").nth(1).and_then(|rest| rest.split('?').next());
    token.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
}

/// The words of a header (RFC 2047), put together.
fn decoded(header: &str) -> String {
    let words = header.split(' ').map(|word| {
        let text = word.strip_prefix("=?utf-8?B?").and_then(|word| word.strip_suffix("?="));
        let bytes = text.map(|text| STANDARD.decode(text).expect("base64"));
        bytes.map_or_else(
            || format!(" {word}"),
            |bytes| String::from_utf8(bytes).expect("whole characters"),
        )
    });
    words.collect::<String>()
}

#[tokio::test]
async fn a_mail_arrives_over_tls_with_both_its_parts_and_nothing_of_it_is_logged() {
    let options = Options::default()
        .variable("GATEWRIGHT_LOG", "trace")
        .variable("GATEWRIGHT__APP_NAME", "Grüße & Co 日本語")
        .variable("GATEWRIGHT__MAIL__SMTP__USERNAME", "postbote")
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD", "needle-pässword");
    let login = json!({"login": ["postbote", "needle-pässword"]});
    let smtp = SmtpServer::start(&options.path(""), "tls", &login);
    let server = Server::start(&mailing(options, smtp.port(), "tls"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    let mail = smtp.wait_for_mail();
    assert!(mail.is_protected);
    assert_eq!(mail.user.as_deref(), Some("postbote"));
    assert_eq!(
        (mail.sender.as_str(), mail.to.as_slice()),
        ("no-reply@example.com", &["grace@example.com".to_owned()][..])
    );
    let header = |name: &str| mail.header(name).unwrap_or_else(|| panic!("no {name}: {mail:?}"));
    assert_eq!(decoded(&header("From")), "Grüße, Beispiel <no-reply@example.com>");
    assert_eq!(decoded(&header("Subject")), "Reset your password for Grüße & Co 日本語");
    assert_eq!(header("To"), "grace@example.com");
    let start = format!("{}/api/auth/reset-password/", server.origin());
    assert!(mail.part("text/plain").contains(&start), "{mail:?}");
    assert!(mail.part("text/html").contains(&format!("<a href=\"{start}")), "{mail:?}");

    let token = reset_token(&mail);
    let body = json!({"newPassword": "another correct horse", "token": token});
    assert_eq!(server.post("/reset-password", &body).send().await.status, 200);
    server.wait_for_log("a mail was delivered");
    let log = server.stop();
    log.assert_no_failure();
    let listening = log.lines.iter().find(|line| line["message"] == "listening").expect("a line");
    assert_eq!(listening["mails"], format!("localhost port {} (tls)", smtp.port()));
    for secret in [token.as_str(), "grace@example.com", "grace%40", "needle", "bmVlZGxl"] {
        assert!(!log.text.contains(secret), "{secret} is in the log:\n{}", log.text);
    }
}

#[tokio::test]
async fn starttls_protects_from_there_on_and_the_password_may_lie_in_a_file() {
    let options = Options::default()
        .variable("GATEWRIGHT__MAIL__SMTP__USERNAME", "postbote")
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD_FILE", "mail-password")
        .file("mail-password", "needle\n");
    let login = json!({"login": ["postbote", "needle"]});
    let smtp = SmtpServer::start(&options.path(""), "starttls", &login);
    let server = Server::start(&mailing(options, smtp.port(), "starttls"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    let mail = smtp.wait_for_mail();
    assert!(mail.is_protected);
    assert_eq!(mail.user.as_deref(), Some("postbote"));
    server.wait_for_log("a mail was delivered");
    server.assert_unharmed();
}

/// Starts a server, asks for a mail, and gives the reason why it was not delivered.
async fn failure(options: Options, port: u16, security: &str) -> String {
    let server = Server::start(&mailing(options, port, security));
    server.wait_for_log("the mail server cannot be used yet");
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail could not be delivered");
    let log = server.stop();
    assert!(!log.text.contains("grace@example.com"), "{}", log.text);
    assert!(!log.text.contains("needle"), "{}", log.text);
    let failed = log.lines.iter().find(|line| line["message"] == "a mail could not be delivered");
    failed.and_then(|line| line["reason"].as_str()).expect("a reason").to_owned()
}

#[tokio::test]
async fn a_server_that_does_not_offer_the_starttls_it_should_gets_nothing() {
    let options = Options::default()
        .variable("GATEWRIGHT__MAIL__SMTP__USERNAME", "postbote")
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD", "needle");
    let smtp = SmtpServer::start(&options.path(""), "none", &json!({}));
    // Somebody must have made one: the file is read at the start.
    SmtpServer::start(&options.path(""), "tls", &json!({}));
    let reason = failure(options, smtp.port(), "starttls").await;
    assert!(reason.contains("offers no STARTTLS"), "{reason}");
    assert_eq!(smtp.received().len(), 0);
}

#[tokio::test]
async fn nothing_that_was_said_before_tls_counts_within_it() {
    let options = Options::default()
        .variable("GATEWRIGHT__MAIL__SMTP__USERNAME", "postbote")
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD", "needle");
    let inject = SmtpServer::start(&options.path(""), "inject", &json!({}));
    let reason = failure(options, inject.port(), "starttls").await;
    assert!(reason.contains("received corrupt message"), "{reason}");
    inject.wait_for("ended", "");
    assert!(!inject.has_said("believed"));
}

#[tokio::test]
async fn a_server_that_never_ends_its_line_is_left() {
    for security in ["none", "starttls"] {
        let options = Options::default();
        SmtpServer::start(&options.path(""), "tls", &json!({}));
        let flood = SmtpServer::start(&options.path(""), "flood", &json!({}));
        let reason = failure(options, flood.port(), security).await;
        assert!(reason.contains("says too much"), "{security}: {reason}");
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_trusted_or_for_another_name_is_refused() {
    for (name, security) in
        [("localhost", "tls"), ("other.example", "tls"), ("other.example", "starttls")]
    {
        let options = Options::default();
        let smtp = SmtpServer::start(&options.path(""), security, &json!({"name": name}));
        if name == "localhost" {
            // Another authority than the one that has signed.
            std::fs::remove_file(options.path("server.pem")).expect("a certificate");
            SmtpServer::start(&options.path(""), "tls", &json!({}));
        }
        let reason = failure(options, smtp.port(), security).await;
        assert!(reason.contains("invalid peer certificate"), "{name} {security}: {reason}");
        assert_eq!(smtp.received().len(), 0);
    }
}

#[tokio::test]
async fn a_wrong_password_gives_up_no_mail() {
    let options = Options::default()
        .variable("GATEWRIGHT__MAIL__SMTP__USERNAME", "postbote")
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD", "needle");
    let login = json!({"login": ["postbote", "another"]});
    let smtp = SmtpServer::start(&options.path(""), "tls", &login);
    let reason = failure(options.clone(), smtp.port(), "tls").await;
    assert_eq!(reason, "signing in: the mail server answered 535");
    assert_eq!(waiting(&options.database()), 1);
}

/// How many mails wait in a database.
pub(crate) fn waiting(database: &std::path::Path) -> i64 {
    let database = rusqlite::Connection::open(database).expect("a database");
    let count = "SELECT count(*) FROM gatewright_mail";
    database.query_row(count, [], |row| row.get(0)).expect("a count")
}

#[tokio::test]
async fn a_mail_server_on_this_machine_may_be_spoken_to_in_clear() {
    let options = Options::default();
    SmtpServer::start(&options.path(""), "tls", &json!({}));
    let smtp = SmtpServer::start(&options.path(""), "none", &json!({}));
    let server = Server::start(&mailing(options, smtp.port(), "none"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    assert!(!smtp.wait_for_mail().is_protected);
    server.wait_for_log("a mail was delivered");
    server.assert_unharmed();
}

#[test]
fn what_could_not_be_sent_is_refused_at_the_start_and_found_before_it() {
    let smtp = "mail.from = 'a@b.co'\nmail.smtp.host = 'mail.example.com'\n";
    for (file, expected) in [
        (format!("{smtp}mail.smtp.security = 'none'\n"), "mail.example.com is not this machine"),
        (format!("{smtp}mail.smtp.security = 'opportunistic'\n"), "takes tls, starttls or none"),
        (format!("{smtp}mail.smtp.password = 'needle'\n"), "a password has no place in this file"),
        (format!("{smtp}mail.smtp.password_file = 'missing'\n"), "missing"),
        (format!("{smtp}mail.smtp.username = 'x'\n"), "go together"),
        (format!("{smtp}mail.smtp.ca_file = 'gatewright.toml'\n"), "no certificate in PEM"),
        (format!("{smtp}mail.smtp.port = 0\n"), "the number of a port"),
        (format!("{smtp}mail.directory = 'mails'\n"), "keep one of them"),
        (format!("{smtp}mail.templates = 'missing'\n"), "mail.templates: missing"),
        ("mail.smtp.host = 'a.co'\n".to_owned(), "set mail.from"),
        ("mail.from = 'a b.co'\n".to_owned(), "takes an address"),
        ("mail.smtp.port = 25\n".to_owned(), "set mail.smtp.host"),
    ] {
        let desk = Desk::new().file("gatewright.toml", &file);
        let checked = desk.run(&["config", "check"]);
        assert_eq!(checked.code(), Some(1), "{file}: {}", checked.output());
        assert!(checked.stdout.contains(expected), "{file}: {}", checked.stdout);
        let served = desk.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(served.code(), Some(2), "{file}: {}", served.output());
        assert!(served.stderr.contains(expected), "{file}: {}", served.stderr);
        assert!(!format!("{}{}", checked.output(), served.output()).contains("needle"), "{file}");
    }
    let good = format!("{smtp}mail.smtp.username = 'x'\n");
    let desk = Desk::new()
        .file("gatewright.toml", &good)
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD", "needle");
    let checked = desk.run(&["config", "check"]);
    assert_eq!(checked.code(), Some(0), "{}", checked.output());
    let shown = desk.run(&["config", "show"]);
    assert!(!shown.output().contains("needle"), "{}", shown.output());
}

#[tokio::test]
async fn a_team_has_its_own_texts() {
    let options = Options::default().variable("GATEWRIGHT__MAIL__TEMPLATES", "mails");
    std::fs::create_dir(options.path("mails")).expect("a directory");
    let options = options
        .file("mails/reset-password.subject.txt", "{{ user.name }}, a new password\n")
        .file("mails/reset-password.txt", "For {{ user.email }} at {{ app.name }}:\n{{ url }}\n")
        .file("mails/reset-password.html", "<p>{{ user.name }}: <a href=\"{{ url }}\">go</a>\n");
    let server = Server::start(&options);
    let body = json!({"name": "Grace <b>\r\nBcc: eve@example.com", "email": "grace@example.com",
        "password": crate::client::PASSWORD});
    assert_eq!(server.post("/sign-up/email", &body).send().await.status, 200);
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail was delivered");
    server.stop().assert_no_failure();
    let mails = std::fs::read_dir(options.path(".gatewright/mail")).expect("mails");
    let mut mails = mails.map(|entry| entry.expect("an entry").path());
    let mail = mails.find(|path| path.extension().is_some_and(|end| end == "eml")).expect("a mail");
    let text = std::fs::read_to_string(mail).expect("a mail of text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.contains("Subject: Grace <b>  Bcc: eve@example.com, a new password\r\n"),
        "{head}"
    );
    assert!(!head.contains("\nBcc"), "{head}");
    assert!(body.contains("For grace@example.com at localhost:\r\nhttp"), "{body}");
    assert!(body.contains("<p>Grace &lt;b&gt;  Bcc: eve@example.com: <a href=\"http"), "{body}");

    let broken = options.file("mails/reset-password.txt", "{{ link }}\n");
    let finished = run(
        &broken.path(""),
        &["serve", "--listen", "127.0.0.1:0"],
        &[("GATEWRIGHT__MAIL__TEMPLATES", "mails")],
    );
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    for named in ["reset-password.txt", "line 1", "{{ link }}", "url, user.name"] {
        assert!(finished.stderr.contains(named), "{named}: {}", finished.stderr);
    }
}
