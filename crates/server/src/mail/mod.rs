//! Mails to users: what they say, and how they leave.
//!
//! A request writes a mail into a queue in the database, and goes on. Lanes deliver what is in the
//! queue, so that no slow disk or mail server holds up an answer, and no failure of one becomes the
//! request's; what cannot be delivered is tried again, also by the next start of the server.

mod by_hand;
mod directory;
mod error;
mod header;
mod lane;
mod message;
mod queue;
mod retry;
mod smtp;
mod templates;
mod transport;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::crypto::{Random, Secrets};
use crate::metrics::Mails;
use crate::options::{Mail as MailOptions, Options, Security};
use crate::shape::is_email;
use crate::store::{Store, StoreError};
pub use by_hand::{MailPreview, mail_kinds, preview_mail, send_test_mail};
pub use error::MailError;
use lane::Office;
use message::Letterhead;
use queue::Queue;
pub use templates::TemplateError;
use templates::Templates;
use transport::Transport;

/// Bytes of an address, at most (RFC 5321 §4.5.3.1).
const MOST_ADDRESS_BYTES: usize = 320;

/// Bytes of a link, at most: what a request's head has room for, with ease. A queue of longer ones
/// would fill the disk, and nobody could follow them.
const MOST_LINK_BYTES: usize = 16 * 1024;

/// Seconds of `mail.smtp.timeout`, at most.
const MOST_TIMEOUT: i64 = 600;

/// How long a server that stops goes on delivering what is due. The rest waits for the next start.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    AccountDeletion,
    /// To the old address.
    EmailChangeConfirmation,
    /// To the new one.
    EmailChangeVerification,
    EmailVerification,
    PasswordReset,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::AccountDeletion,
        Self::EmailChangeConfirmation,
        Self::EmailChangeVerification,
        Self::EmailVerification,
        Self::PasswordReset,
    ];

    /// As it stands in the log and in names of files, of templates too.
    fn name(self) -> &'static str {
        match self {
            Self::AccountDeletion => "delete-account",
            Self::EmailChangeConfirmation => "change-email-confirmation",
            Self::EmailChangeVerification => "change-email-verification",
            Self::EmailVerification => "verify-email",
            Self::PasswordReset => "reset-password",
        }
    }
}

/// A mail that is to be written.
pub(crate) struct Letter {
    pub(crate) kind: Kind,
    pub(crate) to: String,
    /// What the user is called, as they wrote it: never to be trusted.
    pub(crate) name: String,
    /// What the receiver shall open: it holds a token, and is for nobody else.
    pub(crate) link: String,
    /// Seconds for which the link is good.
    pub(crate) expires_in: i64,
}

/// A mail, written.
#[derive(Serialize, Deserialize)]
struct Mail {
    /// [`Kind::name`]: another version of the server may know others.
    kind: String,
    to: String,
    subject: String,
    text: String,
    html: String,
}

/// Where letters are handed in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mailer(Option<Arc<Desk>>);

struct Desk {
    templates: Templates,
    office: Arc<Office>,
    lanes: Mutex<JoinSet<()>>,
    stop: watch::Sender<bool>,
}

/// Says why mails could not be sent like this.
pub(crate) fn check(options: &MailOptions) -> Result<(), MailError> {
    check_smtp(options)?;
    templates::check(options)?;
    if options.smtp.host.is_none() {
        return Ok(());
    }
    let from = options.from.clone().ok_or(MailError::NoSender)?;
    // What is said on letters does not matter here.
    let letterhead = Letterhead { from, host: String::new() };
    Transport::lanes(options, letterhead).map(drop)
}

fn check_smtp(options: &MailOptions) -> Result<(), MailError> {
    let smtp = &options.smtp;
    let Some(host) = &smtp.host else {
        let is_described = smtp.port.is_some()
            || smtp.username.is_some()
            || smtp.password.is_some()
            || smtp.ca_file.is_some();
        return if is_described { Err(MailError::NoHost) } else { Ok(()) };
    };
    if options.directory.is_some() {
        return Err(MailError::TwoWays);
    }
    if host.parse::<IpAddr>().is_err() && url::Host::parse(host).is_err() {
        return Err(MailError::UnusableHost);
    }
    if smtp.security == Security::None && !smtp.is_on_this_machine() {
        return Err(MailError::Unprotected { host: host.clone() });
    }
    if !(1..=MOST_TIMEOUT).contains(&smtp.timeout) {
        return Err(MailError::Timeout);
    }
    if smtp.username.is_some() != smtp.password.is_some() {
        return Err(MailError::HalfOfCredentials);
    }
    Ok(())
}

impl Mailer {
    /// Starts the lanes that deliver, if there is anywhere to deliver to. Needs a runtime around it.
    pub(crate) fn start(
        options: &Options,
        store: Store,
        clock: Clock,
        random: Random,
        counts: Mails,
    ) -> Result<Self, MailError> {
        check(&options.mail)?;
        let letterhead = Letterhead::new(options.mail.from.as_ref(), &options.base_url);
        let templates = Templates::new(options, &letterhead.host)?;
        let transports = Transport::lanes(&options.mail, letterhead)?;
        if transports.is_empty() {
            return Ok(Self(None));
        }
        let runtime = Handle::try_current().map_err(|_no_runtime| MailError::NoRuntime)?;
        let secrets = Secrets::new(options.secret.clone(), options.secret_rotation.clone());
        let queue = Queue::new(store, secrets, random.clone());
        let office = Arc::new(Office { queue, clock, random, counts, news: Notify::new() });
        let (stop, stopping) = watch::channel(false);
        let mut lanes = JoinSet::new();
        for (number, mut transport) in transports.into_iter().enumerate() {
            let (office, stopping) = (Arc::clone(&office), stopping.clone());
            let work = async move {
                if number == 0 {
                    lane::try_out(&mut transport).await;
                }
                lane::run(office, transport, stopping).await;
            };
            lanes.spawn_on(work, &runtime);
        }
        Ok(Self(Some(Arc::new(Desk { templates, office, lanes: Mutex::new(lanes), stop }))))
    }

    /// Whether mails go anywhere.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// How many mails wait to be delivered by this server and others on its database.
    pub(crate) async fn waiting(&self) -> Result<i64, StoreError> {
        match &self.0 {
            Some(desk) => desk.office.queue.waiting().await,
            None => Ok(0),
        }
    }

    /// Queues a letter: once this is over it will be delivered, should the server be killed too.
    /// `None` sends nothing and takes as long: whether somebody gets a mail is not to be told from
    /// the time that an answer takes. What goes wrong is for the log, and no request's failure.
    pub(crate) async fn send(&self, letter: Option<Letter>) {
        let Some(desk) = &self.0 else { return };
        let kind = letter.as_ref().map_or("none", |letter| letter.kind.name());
        if let Some(reason) = letter.as_ref().and_then(unfit) {
            desk.office.counts.dropped.inc();
            tracing::error!(kind, reason, "a mail was dropped");
            return;
        }
        let now = desk.office.clock.now();
        let life = letter.as_ref().map_or(retry::LONGEST_LIFE, |letter| letter.expires_in);
        let expires = now.plus_seconds(life.min(retry::LONGEST_LIFE));
        let mail = letter.map(|letter| desk.templates.write(&letter));
        match desk.office.queue.add(mail.as_ref(), now, expires).await {
            Ok(()) => desk.office.news.notify_one(),
            Err(reason) => {
                desk.office.counts.dropped.inc();
                tracing::error!(kind, %reason, "a mail was dropped");
            }
        }
    }

    /// Delivers what is due, for a while, and ends. What remains waits for the next start.
    pub(crate) async fn close(&self) {
        let Some(desk) = &self.0 else { return };
        let mut lanes =
            std::mem::take(&mut *desk.lanes.lock().unwrap_or_else(PoisonError::into_inner));
        desk.stop.send_replace(true);
        let ended = async { while lanes.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, ended).await.is_err() {
            tracing::warn!("stopping before all mails were delivered; the next start goes on");
            lanes.shutdown().await;
        }
        // An error means that the database is gone, and with it whatever could be said of it.
        let lost = desk.office.queue.volatile().await.unwrap_or(0);
        if lost > 0 {
            tracing::error!(lost, "mails that waited are lost: the database has no table for them");
        }
    }
}

/// Why a letter is not to be sent: its address could end a line of the head and begin another.
fn unfit(letter: &Letter) -> Option<&'static str> {
    if !is_email(&letter.to) || letter.to.len() > MOST_ADDRESS_BYTES {
        return Some("its address is none that mail can go to");
    }
    (letter.link.len() > MOST_LINK_BYTES).then_some("its link is too long to be followed")
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({})", if self.is_on() { "on" } else { "off" })
    }
}

#[cfg(test)]
mod tests;
