//! A real mail server on loopback, for one test.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::process::Process;

/// A server that listens; it ends with its test.
pub(crate) struct SmtpServer {
    process: Process,
    port: u16,
}

/// A mail that it took.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) sender: String,
    pub(crate) to: Vec<String>,
    /// The whole message.
    pub(crate) message: String,
    pub(crate) is_protected: bool,
    /// Who was signed in.
    pub(crate) user: Option<String>,
}

impl SmtpServer {
    /// Starts one with its certificates in `directory`; `options` are those of `server.py`.
    pub(crate) fn start(directory: &Path, security: &str, options: &Value) -> Self {
        let mut all = json!({"directory": directory, "security": security});
        let all_options = all.as_object_mut().expect("an object");
        all_options.extend(options.as_object().cloned().unwrap_or_default());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py");
        let mut command = Command::new(python());
        command.arg(script).arg(all.to_string()).env("PYTHONDONTWRITEBYTECODE", "1");
        let process = Process::spawn(command);
        let line = process.wait_for_line("line with a port", |line| event(line, "port").is_some());
        let port = event(&line, "port").and_then(|event| event["port"].as_u64());
        let port = port.and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { process, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The mails so far that it said yes to.
    pub(crate) fn received(&self) -> Vec<Received> {
        let stderr = self.process.stderr();
        let events = stderr.lines().filter_map(|line| event(line, "data"));
        let taken = events.filter(|event| event["answer"] == "250 yes");
        taken.map(|event| Received::of(&event)).collect()
    }

    /// Waits for a mail that it says yes to.
    #[track_caller]
    pub(crate) fn wait_for_mail(&self) -> Received {
        let is_mail = |line: &str| event(line, "data").is_some_and(|e| e["answer"] == "250 yes");
        let line = self.process.wait_for_line("mail", is_mail);
        Received::of(&event(&line, "data").expect("a mail"))
    }

    /// Whether it has told of such an event.
    pub(crate) fn has_said(&self, name: &str) -> bool {
        self.process.stderr().lines().any(|line| event(line, name).is_some())
    }

    /// Waits until it has said this, in the event of this name.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str, start: &str) {
        self.process.wait_for_line(name, |line| {
            event(line, name).is_some_and(|event| {
                event[name].as_str().is_none_or(|text| text.starts_with(start))
            })
        });
    }
}

impl Received {
    fn of(event: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let message = STANDARD.decode(text(&event["data"])).expect("base64");
        Self {
            sender: text(&event["sender"]),
            to: event["to"].as_array().expect("a list").iter().map(text).collect(),
            message: String::from_utf8(message).expect("a message is ASCII"),
            is_protected: event["tls"] == true,
            user: event["user"].as_str().map(str::to_owned),
        }
    }

    /// A header, on one line.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.message.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| *header == name).map(|(_, value)| value.to_owned())
    }

    /// A part, decoded.
    #[track_caller]
    pub(crate) fn part(&self, media_type: &str) -> String {
        let boundary = self.header("Content-Type").and_then(|value| {
            value
                .split("boundary=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .map(str::to_owned)
        });
        let boundary = format!("--{}", boundary.expect("a boundary"));
        let mut parts = self.message.split(&boundary);
        let part = parts.find(|part| part.contains(&format!("Content-Type: {media_type};")));
        let (head, body) = part.and_then(|part| part.split_once("\r\n\r\n")).expect("the part");
        if head.contains("base64") {
            let body = STANDARD.decode(body.replace("\r\n", "")).expect("base64");
            return String::from_utf8(body).expect("text");
        }
        body.to_owned()
    }
}

fn event(line: &str, name: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(|event: &Value| event.get(name).is_some())
}

/// The Python that `cargo xtask test` has put the mail server into.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let python = target.join("xtask/python/smtp/bin/python");
    assert!(
        python.exists(),
        "{} is missing: it is the Python with the mail server of these tests, and \
         `cargo xtask test --only test` makes it",
        python.display()
    );
    python
}
