//! Mails to users: what they say, and how they leave.
//!
//! A request hands a letter to a bounded queue and goes on. One thread writes the mail and delivers
//! it, so that no slow disk holds up an answer, and no failure of one becomes the request's.

mod directory;
mod message;
mod templates;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::crypto::Random;
use crate::options::{BaseUrl, Mail as MailOptions};
use crate::shape::is_email;
use directory::Directory;

/// Letters that may wait; more are dropped.
const QUEUE: usize = 1024;

/// Bytes of an address, at most (RFC 5321 §4.5.3.1).
const MOST_ADDRESS_BYTES: usize = 320;

/// Bytes of a link, at most: what a request's head has room for, with ease. A queue of longer ones
/// would fill the memory, and nobody could follow them.
const MOST_LINK_BYTES: usize = 16 * 1024;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EmailVerification,
    PasswordReset,
}

impl Kind {
    /// As it stands in the log and in names of files.
    fn name(self) -> &'static str {
        match self {
            Self::EmailVerification => "email-verification",
            Self::PasswordReset => "password-reset",
        }
    }
}

/// A mail that is to be written.
pub(crate) struct Letter {
    pub(crate) kind: Kind,
    pub(crate) to: String,
    /// What the receiver shall open: it holds a token, and is for nobody else.
    pub(crate) link: String,
    /// Seconds for which the link is good.
    pub(crate) expires_in: i64,
}

/// A mail, written.
struct Mail {
    kind: Kind,
    to: String,
    subject: String,
    text: String,
    html: String,
}

/// What takes a mail to its receiver, or at least further.
type Transport = Box<dyn FnMut(&Mail) -> std::io::Result<()> + Send>;

/// The queue of letters. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mailer(Option<Arc<Queue>>);

struct Queue {
    letters: Mutex<Option<mpsc::Sender<Option<Letter>>>>,
    ended: watch::Receiver<bool>,
}

impl Mailer {
    /// Starts the thread that delivers, if there is anywhere to deliver to.
    pub(crate) fn start(
        options: &MailOptions,
        base_url: &BaseUrl,
        clock: Clock,
        random: Random,
    ) -> std::io::Result<Self> {
        let Some(path) = &options.directory else { return Ok(Self(None)) };
        let host = message::host_of(base_url);
        let directory = Directory::new(path.clone(), host.clone(), clock, random);
        Self::with_transport(host, QUEUE, Box::new(move |mail| directory.deliver(mail)))
    }

    fn with_transport(
        host: String,
        most_waiting: usize,
        mut transport: Transport,
    ) -> std::io::Result<Self> {
        let (letters, mut waiting) = mpsc::channel::<Option<Letter>>(most_waiting);
        let (mark_ended, ended) = watch::channel(false);
        thread::Builder::new().name("mail".to_owned()).spawn(move || {
            while let Some(letter) = waiting.blocking_recv() {
                let Some(letter) = letter else { continue };
                deliver(&host, &letter, &mut transport);
            }
            // Nobody listening means that nobody waits for the end.
            let _ = mark_ended.send(true);
        })?;
        Ok(Self(Some(Arc::new(Queue { letters: Mutex::new(Some(letters)), ended }))))
    }

    /// Whether mails go anywhere.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Letters that wait to be delivered.
    pub(crate) fn waiting(&self) -> usize {
        let Some(queue) = &self.0 else { return 0 };
        let letters = queue.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.as_ref().map_or(0, |letters| letters.max_capacity() - letters.capacity())
    }

    /// Sends a letter, soon. `None` sends nothing and takes as long: whether somebody gets a mail
    /// is not to be told from the time that an answer takes.
    pub(crate) fn send(&self, letter: Option<Letter>) {
        let Some(queue) = &self.0 else { return };
        let letters = queue.letters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let kind = letter.as_ref().map(|letter| letter.kind.name());
        if let Some(kind) = kind
            && letter.as_ref().is_some_and(|letter| letter.link.len() > MOST_LINK_BYTES)
        {
            tracing::error!(kind, "a mail was dropped: its link is too long to be followed");
            return;
        }
        let sent = letters.is_some_and(|letters| letters.try_send(letter).is_ok());
        if let Some(kind) = kind.filter(|_| !sent) {
            tracing::error!(
                kind,
                "too many mails wait, or the server is stopping: one was dropped"
            );
        }
    }

    /// Delivers what waits, and ends.
    pub(crate) async fn close(&self) {
        let Some(queue) = &self.0 else { return };
        drop(queue.letters.lock().unwrap_or_else(PoisonError::into_inner).take());
        // An error means that the thread is gone already.
        let _ = queue.ended.clone().wait_for(|ended| *ended).await;
    }
}

/// The log says that a mail was delivered, and never to whom, or with what in it.
fn deliver(host: &str, letter: &Letter, transport: &mut Transport) {
    let kind = letter.kind.name();
    // Such an address could end a line of the mail's head and begin another.
    if !is_email(&letter.to) || letter.to.len() > MOST_ADDRESS_BYTES {
        tracing::error!(kind, "a mail was dropped: its address is none that mail can go to");
        return;
    }
    match transport(&templates::write(host, letter)) {
        Ok(()) => tracing::info!(kind, "a mail was delivered"),
        Err(error) => tracing::error!(kind, %error, "a mail could not be delivered"),
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({})", if self.is_on() { "on" } else { "off" })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn letter(to: &str) -> Letter {
        Letter {
            kind: Kind::PasswordReset,
            to: to.to_owned(),
            link: "https://auth.example.com/x".to_owned(),
            expires_in: 3600,
        }
    }

    /// A transport that says when a mail has come, and holds it until it is told to go on.
    fn held() -> (Mailer, Receiver<String>, Sender<()>) {
        let (arrived, arrivals) = channel();
        let (go_on, told) = channel::<()>();
        let transport: Transport = Box::new(move |mail| {
            arrived.send(mail.to.clone()).unwrap();
            told.recv().unwrap();
            Ok(())
        });
        let mailer = Mailer::with_transport("localhost".to_owned(), 2, transport).unwrap();
        (mailer, arrivals, go_on)
    }

    #[tokio::test]
    async fn beyond_the_queue_a_letter_is_dropped_and_nobody_waits() {
        let (mailer, arrivals, go_on) = held();
        mailer.send(Some(letter("a@b.co")));
        // It has left the queue, and the thread is busy with it.
        assert_eq!(arrivals.recv().unwrap(), "a@b.co");
        for to in ["b@b.co", "c@b.co", "dropped@b.co"] {
            mailer.send(Some(letter(to)));
        }
        for _ in 0..3 {
            go_on.send(()).unwrap();
        }
        mailer.close().await;
        assert_eq!(arrivals.iter().collect::<Vec<_>>(), ["b@b.co", "c@b.co"]);
    }

    #[tokio::test]
    async fn what_waits_is_delivered_before_the_end_and_nothing_after_it() {
        let (mailer, arrivals, go_on) = held();
        mailer.send(Some(letter("a@b.co")));
        mailer.send(None);
        go_on.send(()).unwrap();
        mailer.close().await;
        mailer.send(Some(letter("late@b.co")));
        assert_eq!(arrivals.iter().collect::<Vec<_>>(), ["a@b.co"]);
    }

    #[tokio::test]
    async fn a_link_that_nobody_could_follow_is_not_kept() {
        let (mailer, arrivals, go_on) = held();
        let link = |bytes| Letter { link: "x".repeat(bytes), ..letter("a@b.co") };
        mailer.send(Some(link(MOST_LINK_BYTES + 1)));
        mailer.send(Some(link(MOST_LINK_BYTES)));
        go_on.send(()).unwrap();
        mailer.close().await;
        assert_eq!(arrivals.iter().count(), 1);
    }

    #[tokio::test]
    async fn no_address_can_add_a_line_to_the_head() {
        let (mailer, arrivals, _go_on) = held();
        mailer.send(Some(letter("a@b.co\r\nBcc: eve@b.co")));
        mailer.send(Some(letter(&format!("a@{}.co", "b".repeat(MOST_ADDRESS_BYTES)))));
        mailer.close().await;
        assert_eq!(arrivals.iter().count(), 0);
    }
}
