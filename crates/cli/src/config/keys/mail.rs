//! `mail`.

use std::path::PathBuf;

use gatewright_server::SenderError;
use serde_json::json;

use super::{Key, Takes};

keys! {
    "mail.directory", "Where mails go, a file each, without mail.smtp; on a loopback address .gatewright/mail unless set",
        |from| json!(from.mail.directory) => Takes::Text(|to, text| {
        if text.is_empty() {
            return Err("takes a directory, like mails".to_owned());
        }
        to.mail.directory = Some(PathBuf::from(text));
        Ok(())
    });
    "mail.from", "Who mails come from: an address, or Name <address>; by default no-reply@ the host, where SMTP is not used",
        |from| json!(from.mail.from.as_ref().map(ToString::to_string)) => Takes::Text(|to, text| {
        to.mail.from = Some(text.parse().map_err(|error: SenderError| error.to_string())?);
        Ok(())
    });
    "mail.smtp.ca_file", "Certificates (PEM) that are trusted beside the system's",
        |from| json!(from.mail.smtp.ca_file) => Takes::Text(|to, text| {
        to.mail.smtp.ca_file = Some(PathBuf::from(text));
        Ok(())
    });
    "mail.smtp.host", "The server that mails are handed to; the certificate must be for it",
        |from| json!(from.mail.smtp.host) => Takes::Text(|to, text| {
        to.mail.smtp.host = Some(text.to_owned());
        Ok(())
    });
    "mail.smtp.password_file", "The file with the password; GATEWRIGHT__MAIL__SMTP__PASSWORD comes first",
        |from| json!(from.mail_password_file) => Takes::Text(|to, text| {
        to.mail_password_file = Some(PathBuf::from(text));
        Ok(())
    });
    "mail.smtp.port", "Its port; by default 465 with tls, 587 with starttls, 25 with none",
        |from| json!(from.mail.smtp.port) => Takes::Port(|to, port| to.mail.smtp.port = Some(port));
    "mail.smtp.security", "tls from the first byte; starttls, which is then required; or none, on this machine only",
        |from| json!(from.mail.smtp.security.name()) => Takes::Text(|to, text| {
        to.mail.smtp.security = text.parse().map_err(|()| "takes tls, starttls or none".to_owned())?;
        Ok(())
    });
    "mail.smtp.timeout", "How long an attempt to deliver a mail may take in all, up to 10 minutes",
        |from| json!(from.mail.smtp.timeout) => Takes::Seconds { least: 1, set: |to, n| to.mail.smtp.timeout = n };
    "mail.smtp.username", "Whom to sign in to the mail server as",
        |from| json!(from.mail.smtp.username) => Takes::Text(|to, text| {
        to.mail.smtp.username = Some(text.to_owned());
        Ok(())
    });
    "mail.templates", "A directory with texts of your own for mails",
        |from| json!(from.mail.templates) => Takes::Text(|to, text| {
        to.mail.templates = Some(PathBuf::from(text));
        Ok(())
    });
}
