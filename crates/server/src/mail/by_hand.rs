//! What an operator does by hand: look at a mail, and see whether one arrives.

use super::error::MailError;
use super::message::Letterhead;
use super::templates::Templates;
use super::transport::Transport;
use super::{Kind, Letter, Mail, check};
use crate::clock::Clock;
use crate::crypto::{ID_CHARACTERS, Random};
use crate::options::Options;
use crate::shape::is_email;

/// A mail as its receiver would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPreview {
    /// Its subject.
    pub subject: String,
    /// Its text, plain.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// The mails that there are, as their templates are called.
pub fn mail_kinds() -> impl Iterator<Item = &'static str> {
    Kind::ALL.into_iter().map(Kind::name)
}

/// A mail for somebody made up, with a link that leads nowhere; `None` if there is no such mail.
pub fn preview_mail(options: &Options, kind: &str) -> Result<Option<MailPreview>, MailError> {
    let Some(kind) = Kind::ALL.into_iter().find(|known| known.name() == kind) else {
        return Ok(None);
    };
    let letterhead = Letterhead::new(options.mail.from.as_ref(), &options.base_url);
    let letter = Letter {
        kind,
        to: "ada@example.com".to_owned(),
        name: "Ada Lovelace".to_owned(),
        link: format!("{}{}/a-link", options.base_url.origin, options.base_url.path),
        expires_in: 3600,
    };
    let mail = Templates::new(options, &letterhead.host)?.write(&letter);
    Ok(Some(MailPreview { subject: mail.subject, text: mail.text, html: mail.html }))
}

/// Sends a mail that says that mails arrive, here and now: past the queue, and without a second try.
pub async fn send_test_mail(
    options: &Options,
    to: &str,
    clock: &Clock,
    random: &Random,
) -> Result<(), MailError> {
    check(&options.mail)?;
    if !is_email(to) {
        return Err(MailError::UnusableAddress);
    }
    let letterhead = Letterhead::new(options.mail.from.as_ref(), &options.base_url);
    let app_name = options.app_name.as_deref().unwrap_or(&letterhead.host);
    let text = format!("Mails from {app_name} arrive.\n");
    let mail = Mail {
        kind: "test".to_owned(),
        to: to.to_owned(),
        subject: format!("A test of {app_name}"),
        html: format!("<!doctype html>\n<p>{}</p>\n", super::templates::escaped(text.trim_end())),
        text,
    };
    let lanes = Transport::lanes(&options.mail, letterhead)?;
    let mut transport = lanes.into_iter().next().ok_or(MailError::NoWay)?;
    let sent = transport.deliver(mail, &random.id(ID_CHARACTERS), clock.now()).await;
    transport.rest().await;
    sent.map_err(|failure| MailError::NotDelivered(failure.to_string()))
}
