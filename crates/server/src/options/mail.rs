//! `mail`: how mails leave, who they come from, and what they say.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::mail::{self, MailError};
use crate::shape::is_email;

/// Characters of a sender's name, at most.
const MOST_NAME_CHARACTERS: usize = 100;

/// `mail`: mails leave by SMTP or into a directory. With neither there are none, and what needs one
/// is refused.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// Write each mail as a file into this directory; for development.
    pub directory: Option<PathBuf>,
    /// Who mails come from; by default `no-reply@` the host of the base URL, which SMTP servers
    /// seldom take.
    pub from: Option<Sender>,
    /// The server that takes mails further.
    pub smtp: Smtp,
    /// A directory with texts that replace the built-in ones.
    pub templates: Option<PathBuf>,
}

/// `mail.smtp`: used where it has a host.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name or address; the certificate must be for it.
    pub host: Option<String>,
    /// By default 465 with TLS, 587 with STARTTLS, 25 without.
    pub port: Option<u16>,
    /// Whom to sign in as, if the server asks for that.
    pub username: Option<String>,
    /// What to sign in with.
    pub password: Option<MailPassword>,
    /// How the connection is protected.
    pub security: Security,
    /// Seconds that one attempt to deliver may take in all.
    pub timeout: i64,
    /// A file of certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            username: None,
            password: None,
            security: Security::default(),
            timeout: 30,
            ca_file: None,
        }
    }
}

/// `mail.smtp.security`. Certificates are verified in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte on (RFC 8314).
    #[default]
    Tls,
    /// TLS after a greeting in clear; a server that does not offer it gets nothing.
    StartTls,
    /// None: for a server on this machine only.
    None,
}

/// The password of `mail.smtp`. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct MailPassword(Box<str>);

/// Who mails come from: an address, and a name if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    name: Option<String>,
    address: String,
}

/// A text names no sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes an address, or a name and an address like `Example <no-reply@example.com>`")]
pub struct SenderError;

impl Mail {
    /// Whether mails go anywhere.
    pub fn is_on(&self) -> bool {
        self.smtp.host.is_some() || self.directory.is_some()
    }

    /// Says why mails could not be sent like this, as far as that shows without sending one: what
    /// contradicts itself, a file that cannot be used, a template with a flaw.
    pub fn check(&self) -> Result<(), MailError> {
        mail::check(self)
    }
}

impl Smtp {
    /// The port that is meant.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::None => 25,
        })
    }

    /// How long one attempt may take.
    pub(crate) fn attempt(&self) -> Duration {
        Duration::from_secs(self.timeout.unsigned_abs())
    }

    /// Whether the host is this machine, as far as its name says: a look-up could be tricked.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        let host = self.host.as_deref().unwrap_or_default();
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl Security {
    /// As the configuration has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
            Self::None => "none",
        }
    }
}

impl FromStr for Security {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Tls, Self::StartTls, Self::None]
            .into_iter()
            .find(|security| security.name() == text)
            .ok_or(())
    }
}

impl MailPassword {
    /// Takes a password as it is.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MailPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailPassword(…)")
    }
}

impl Sender {
    /// The sender without a name.
    pub(crate) fn nameless(address: String) -> Self {
        Self { name: None, address }
    }

    /// The name, if there is one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address: ASCII, and nothing in it could end a line.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, SenderError> {
        let text = text.trim();
        let named = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
        let (name, address) = named.unwrap_or(("", text));
        let name = name.trim();
        // A name in quotes, as mail programs write it, is that name.
        let name =
            name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name).trim();
        let is_plain = !name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '"'));
        if !is_email(address) || !is_plain || name.chars().count() > MOST_NAME_CHARACTERS {
            return Err(SenderError);
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: address.to_owned() })
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_addresses_with_or_without_a_name() {
        for (text, name, address) in [
            ("a@b.co", None, "a@b.co"),
            (" Grüße, GmbH <a@b.co>", Some("Grüße, GmbH"), "a@b.co"),
            ("\"Example\" <a@b.co>", Some("Example"), "a@b.co"),
            ("<a@b.co>", None, "a@b.co"),
        ] {
            let sender: Sender = text.parse().unwrap();
            assert_eq!((sender.name(), sender.address()), (name, address), "{text}");
        }
        for text in
            ["", "a", "Name a@b.co", "N <a@b.co", "N\r\nBcc: x <a@b.co>", "N <a@b.co\r\nX: y>"]
        {
            assert!(text.parse::<Sender>().is_err(), "{text}");
        }
        assert!(format!("{} <a@b.co>", "x".repeat(101)).parse::<Sender>().is_err());
    }

    #[test]
    fn only_names_that_cannot_mean_another_machine_are_this_one() {
        let is_here = |host: &str| {
            Smtp { host: Some(host.to_owned()), ..Smtp::default() }.is_on_this_machine()
        };
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["", "localhost.example.com", "0.0.0.0", "10.0.0.1", "mail", "127.1", "::"] {
            assert!(!is_here(host), "{host}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let password = MailPassword::new("hunter2");
        assert!(!format!("{password:?}").contains("hunter2"));
    }
}
