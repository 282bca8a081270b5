//! A mail as RFC 5322 and MIME (RFC 2045, 2046) write it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use super::{Mail, header};
use crate::clock::Date;
use crate::options::{BaseUrl, Sender};

/// Bytes of a line without its end, at most (RFC 5322 §2.1.1).
const MOST_LINE_BYTES: usize = 998;

/// Characters of a line of base64 (RFC 2045 §6.8).
const BASE64_LINE: usize = 76;

/// The host that mails come from; an address of numbers is none that mail could be answered to.
fn host_of(base_url: &BaseUrl) -> String {
    let url = Url::parse(&base_url.origin).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(host)) => host.to_owned(),
        _ => "localhost".to_owned(),
    }
}

/// What every mail of a server has in common.
#[derive(Clone, Debug)]
pub(super) struct Letterhead {
    pub(super) from: Sender,
    /// The server's name, in the ids of messages.
    pub(super) host: String,
}

impl Letterhead {
    pub(super) fn new(from: Option<&Sender>, base_url: &BaseUrl) -> Self {
        let host = host_of(base_url);
        let nobody = || Sender::nameless(format!("no-reply@{host}"));
        Self { from: from.cloned().unwrap_or_else(nobody), host }
    }

    /// The whole message: ASCII, whatever it says, so that each server on its way takes it. `id` is
    /// random, of letters and digits; the same mail always has the same one.
    pub(super) fn message(&self, mail: &Mail, id: &str, written: Date) -> String {
        let Mail { to, subject, text, html, .. } = mail;
        let (date, host) = (written.for_mail(), &self.host);
        let address = self.from.address();
        let from = match self.from.name() {
            Some(name) => format!("{} <{address}>", header::phrase(name)),
            None => address.to_owned(),
        };
        let subject = header::text(subject);
        let parts = [("text/plain", text), ("text/html", html)]
            .map(|(media_type, body)| format!("--{id}\r\n{}", part(media_type, body)));
        format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\n\
             Message-ID: <{id}@{host}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=\"{id}\"\r\n\r\n{}--{id}--\r\n",
            parts.concat()
        )
    }
}

/// Readable as it is where that is possible: a long address in a link breaks it, and what is not
/// ASCII.
fn part(media_type: &str, body: &str) -> String {
    let is_short = body.lines().all(|line| line.len() <= MOST_LINE_BYTES);
    let (encoding, body) = if is_short && body.is_ascii() {
        ("7bit", with_line_ends(body))
    } else {
        ("base64", in_base64(&with_line_ends(body)))
    };
    format!(
        "Content-Type: {media_type}; charset=utf-8\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n{body}"
    )
}

fn with_line_ends(body: &str) -> String {
    body.lines().fold(String::with_capacity(body.len() * 2), |lines, line| lines + line + "\r\n")
}

fn in_base64(body: &str) -> String {
    let mut rest = STANDARD.encode(body);
    let mut lines = String::with_capacity(rest.len() + rest.len() / BASE64_LINE * 2 + 2);
    while !rest.is_empty() {
        let after = rest.split_off(rest.len().min(BASE64_LINE));
        lines.push_str(&rest);
        lines.push_str("\r\n");
        rest = after;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn letterhead(from: &str) -> Letterhead {
        let base_url = BaseUrl::new("https://auth.example.com", "/api/auth").unwrap();
        Letterhead::new(from.parse().ok().as_ref(), &base_url)
    }

    fn written(text: &str) -> String {
        let mail = Mail {
            kind: Kind::PasswordReset.name().to_owned(),
            to: "a@b.co".to_owned(),
            subject: "Subject".to_owned(),
            text: text.to_owned(),
            html: "<p>x</p>\n".to_owned(),
        };
        letterhead("").message(&mail, "id7", Date::from_milliseconds(0))
    }

    #[test]
    fn a_mail_is_written_with_both_its_parts() {
        assert_eq!(
            written("a link:\nhttps://x\n"),
            "From: no-reply@auth.example.com\r\nTo: a@b.co\r\nSubject: Subject\r\n\
             Date: Thu, 1 Jan 1970 00:00:00 -0000\r\nMessage-ID: <id7@auth.example.com>\r\n\
             Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=\"id7\"\r\n\r\n\
             --id7\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 7bit\r\n\r\na link:\r\nhttps://x\r\n\
             --id7\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Transfer-Encoding: 7bit\r\n\r\n<p>x</p>\r\n--id7--\r\n"
        );
    }

    #[test]
    fn no_line_is_longer_than_mail_allows() {
        let long = "x".repeat(5000);
        let message = written(&format!("a link:\n{long}\n"));
        assert!(message.lines().all(|line| line.len() <= MOST_LINE_BYTES));
        let encoded = message.split("base64\r\n\r\n").nth(1).unwrap();
        let encoded: String = encoded.split("--id7").next().unwrap().split("\r\n").collect();
        assert_eq!(STANDARD.decode(encoded).unwrap(), format!("a link:\r\n{long}\r\n").as_bytes());
    }

    #[test]
    fn a_mail_is_ascii_whatever_it_says_and_nothing_in_it_can_add_a_header() {
        let mail = Mail {
            kind: String::new(),
            to: "a@b.co".to_owned(),
            subject: "Grüße\r\nBcc: eve@b.co".to_owned(),
            text: "Grüße\n".to_owned(),
            html: "<p>日本語</p>\n".to_owned(),
        };
        let at = Date::from_milliseconds(0);
        let message = letterhead("Müller, \\ Söhne <a@b.co>").message(&mail, "id7", at);
        assert!(message.is_ascii(), "{message}");
        let head = message.split("\r\n\r\n").next().unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split(':').next())
            .collect();
        assert_eq!(
            names,
            [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "Auto-Submitted",
                "MIME-Version",
                "Content-Type"
            ]
        );
        assert!(!message.replace("\r\n", "").contains(['\r', '\n']), "{message:?}");
    }

    #[test]
    fn mails_come_from_the_servers_host() {
        for (url, host) in [
            ("https://auth.example.com:8443", "auth.example.com"),
            ("http://localhost:4000", "localhost"),
            ("http://127.0.0.1:4000", "localhost"),
            ("http://[::1]:4000", "localhost"),
        ] {
            assert_eq!(host_of(&BaseUrl::new(url, "/api/auth").unwrap()), host);
        }
    }
}
