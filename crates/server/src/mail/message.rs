//! A mail as RFC 5322 and MIME (RFC 2045, 2046) write it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use super::Mail;
use crate::clock::Date;
use crate::options::BaseUrl;

/// Bytes of a line without its end, at most (RFC 5322 §2.1.1).
const MOST_LINE_BYTES: usize = 998;

/// Characters of a line of base64 (RFC 2045 §6.8).
const BASE64_LINE: usize = 76;

/// The host that mails come from; an address of numbers is none that mail could be answered to.
pub(super) fn host_of(base_url: &BaseUrl) -> String {
    let url = Url::parse(&base_url.origin).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(host)) => host.to_owned(),
        _ => "localhost".to_owned(),
    }
}

/// The whole message. `id` is random, of letters and digits.
pub(super) fn message(mail: &Mail, host: &str, id: &str, now: Date) -> String {
    let Mail { to, subject, text, html, .. } = mail;
    let date = now.for_mail();
    let parts = [("text/plain", text), ("text/html", html)]
        .map(|(media_type, body)| format!("--{id}\r\n{}", part(media_type, body)));
    format!(
        "From: no-reply@{host}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{id}@{host}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=\"{id}\"\r\n\r\n{}--{id}--\r\n",
        parts.concat()
    )
}

/// Readable as it is where its lines are short enough, which only a long address in a link breaks.
fn part(media_type: &str, body: &str) -> String {
    let is_short = body.lines().all(|line| line.len() <= MOST_LINE_BYTES);
    let (encoding, body) =
        if is_short { ("8bit", with_line_ends(body)) } else { ("base64", in_base64(body)) };
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

    fn written(text: &str) -> String {
        let mail = Mail {
            kind: Kind::PasswordReset,
            to: "a@b.co".to_owned(),
            subject: "Subject".to_owned(),
            text: text.to_owned(),
            html: "<p>x</p>\n".to_owned(),
        };
        message(&mail, "auth.example.com", "id7", Date::from_milliseconds(0))
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
             Content-Transfer-Encoding: 8bit\r\n\r\na link:\r\nhttps://x\r\n\
             --id7\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n<p>x</p>\r\n--id7--\r\n"
        );
    }

    #[test]
    fn no_line_is_longer_than_mail_allows() {
        let long = "x".repeat(5000);
        let message = written(&format!("a link:\n{long}\n"));
        assert!(message.lines().all(|line| line.len() <= MOST_LINE_BYTES));
        let encoded = message.split("base64\r\n\r\n").nth(1).unwrap();
        let encoded: String = encoded.split("--id7").next().unwrap().split("\r\n").collect();
        assert_eq!(STANDARD.decode(encoded).unwrap(), format!("a link:\n{long}\n").as_bytes());
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
