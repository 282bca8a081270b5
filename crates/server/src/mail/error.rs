//! Why mails could not be sent with these options.

use std::path::PathBuf;

use super::templates::TemplateError;

/// Mails cannot be sent as they were configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Two ways for mails to leave.
    #[error("mail.directory and mail.smtp.host are both set; mails go one way: keep one of them")]
    TwoWays,
    /// A mail server is described, and not named.
    #[error("mail.smtp has no host: set mail.smtp.host")]
    NoHost,
    /// The host is no name and no address.
    #[error(
        "mail.smtp.host is no name of a host and no address; the port goes into mail.smtp.port"
    )]
    UnusableHost,
    /// Mails and passwords would cross a network in clear.
    #[error(
        "mail.smtp.security is none, and {host} is not this machine: links in mails let people in, \
         and would be readable on the way. Use tls or starttls"
    )]
    Unprotected {
        /// `mail.smtp.host`.
        host: String,
    },
    /// Nobody to come from.
    #[error(
        "mails by SMTP need a sender that the server takes: set mail.from, say to \
         `Example <no-reply@example.com>`"
    )]
    NoSender,
    /// Longer than anybody should wait.
    #[error("mail.smtp.timeout is 10 minutes at most")]
    Timeout,
    /// Half of what signing in to the mail server takes.
    #[error(
        "mail.smtp.username and a password go together; the password comes from \
         mail.smtp.password_file or the variable GATEWRIGHT__MAIL__SMTP__PASSWORD"
    )]
    HalfOfCredentials,
    /// The certificates to trust cannot be used.
    #[error("mail.smtp.ca_file: {} {problem}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// There can be no TLS.
    #[error("mail.smtp: no TLS: {0}")]
    Tls(String),
    /// A template of `mail.templates` is wrong.
    #[error("mail.templates: {0}")]
    Template(#[from] TemplateError),
    /// A mail to nowhere.
    #[error("the receiver is no address that mail can go to")]
    UnusableAddress,
    /// There is nowhere to deliver mails to.
    #[error("no mails are sent: set mail.smtp.host, or mail.directory")]
    NoWay,
    /// A mail was not taken.
    #[error("the mail was not delivered: {0}")]
    NotDelivered(String),
    /// Mails are delivered by tasks.
    #[error("mails need a Tokio runtime to be delivered by")]
    NoRuntime,
}
