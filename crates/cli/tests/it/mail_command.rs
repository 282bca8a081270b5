//! `gatewright mail`, from outside.

use serde_json::json;

use crate::desk::Desk;
use crate::smtp_server::SmtpServer;

const GUIDE: &str = include_str!("../../../../docs/mail.md");

/// The files that the guide shows: the name stands behind the fence.
fn guide() -> Vec<(&'static str, &'static str)> {
    let blocks = GUIDE.split("\n```").skip(1).filter_map(|block| block.split_once('\n'));
    let named = blocks.filter_map(|(info, text)| Some((info.split_once(' ')?.1, text)));
    named.map(|(name, text)| (name, text.strip_suffix('\n').unwrap_or(text))).collect()
}

#[test]
fn the_texts_of_the_guide_are_shown_as_mails() {
    let mut desk = Desk::new()
        .variable("GATEWRIGHT__MAIL__TEMPLATES", "mails")
        .variable("GATEWRIGHT__APP_NAME", "Ada & Co");
    std::fs::create_dir(desk.path("mails")).expect("a directory");
    let files = guide();
    assert_eq!(files.len(), 3, "{files:?}");
    for (name, text) in files {
        desk = desk.file(&format!("mails/{name}"), text);
    }
    let text = desk.stdout_of(&["mail", "preview", "reset-password"]);
    assert!(text.starts_with("Subject: A new password for Ada & Co\n\nHello,\n"), "{text}");
    assert!(text.contains("within 1 hour:\n\nhttp://localhost:4000/api/auth/"), "{text}");
    let html = desk.stdout_of(&["mail", "preview", "reset-password", "--part", "html"]);
    assert!(html.contains("<p>Ada &amp; Co, http://localhost:4000</p>"), "{html}");
    // The other mail is ours.
    let other = desk.stdout_of(&["mail", "preview", "verify-email"]);
    assert!(other.starts_with("Subject: Verify your e-mail address for Ada & Co\n"), "{other}");
    assert!(!desk.path(".gatewright").exists(), "nothing is made");
}

#[test]
fn every_mail_is_named_and_shown_and_no_other() {
    let desk = Desk::new();
    let names = desk.stdout_of(&["mail", "preview"]);
    assert!(names.lines().any(|name| name == "reset-password"), "{names}");
    for name in names.lines() {
        let text = desk.stdout_of(&["mail", "preview", name]);
        assert!(text.contains("http://localhost:4000/api/auth/"), "{name}: {text}");
    }
    let finished = desk.run(&["mail", "preview", "goodbye"]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(
        finished.stderr.contains("there is no mail goodbye; there are "),
        "{}",
        finished.stderr
    );
}

/// A desk from which mails go to a mail server that asks for a password.
fn desk(port: u16, password: &str) -> Desk {
    Desk::new()
        .variable("GATEWRIGHT__MAIL__FROM", "no-reply@example.com")
        .variable("GATEWRIGHT__MAIL__SMTP__HOST", "localhost")
        .variable("GATEWRIGHT__MAIL__SMTP__PORT", &port.to_string())
        .variable("GATEWRIGHT__MAIL__SMTP__USERNAME", "postbote")
        .variable("GATEWRIGHT__MAIL__SMTP__PASSWORD", password)
        .variable("GATEWRIGHT__MAIL__SMTP__TIMEOUT", "10s")
}

#[test]
fn a_mail_for_a_test_arrives_or_it_is_said_why_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let login = json!({"login": ["postbote", "needle"]});
    let smtp = SmtpServer::start(directory.path(), "tls", &login);
    let authority = directory.path().join("ca.pem");
    let authority = authority.to_str().expect("a path of text");
    let test = |desk: &Desk| desk.run(&["mail", "test", "ada@example.com"]);
    let trusting = |password: &str| {
        desk(smtp.port(), password).variable("GATEWRIGHT__MAIL__SMTP__CA_FILE", authority)
    };

    let finished = test(&trusting("needle"));
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    let mail = smtp.wait_for_mail();
    assert_eq!(mail.to, ["ada@example.com"]);
    assert_eq!(mail.part("text/plain"), "Mails from localhost arrive.\r\n");

    for (desk, reason) in [
        (trusting("another-needle"), "signing in: the mail server answered 535"),
        (desk(smtp.port(), "needle"), "invalid peer certificate"),
    ] {
        let finished = test(&desk);
        assert_eq!(finished.code(), Some(1), "{}", finished.output());
        assert!(finished.stdout.contains(reason), "{}", finished.output());
        assert!(!finished.output().contains("needle"), "{}", finished.output());
    }
    let finished = trusting("needle").run(&["mail", "test", "a b@example.com"]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    let nowhere = Desk::new().variable("GATEWRIGHT__LISTEN", "0.0.0.0:4000");
    let finished = test(&nowhere.variable("BETTER_AUTH_URL", "https://auth.example.com"));
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("no mails are sent"), "{}", finished.stderr);
    assert_eq!(smtp.received().len(), 1);
}
