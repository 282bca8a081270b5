//! How a mail leaves, and why it does not.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Mail;
use super::directory::Directory;
use super::error::MailError;
use super::message::Letterhead;
use super::smtp::{Relay, Smtp};
use crate::clock::Date;
use crate::options::Mail as MailOptions;

/// How long a file may take to be written.
const DIRECTORY_TIMEOUT: Duration = Duration::from_secs(10);

/// Deliveries at once by SMTP: a server that is slow with one mail holds up no other.
const SMTP_LANES: usize = 4;

/// A way out. Each lane has its own.
pub(super) enum Transport {
    Directory(Arc<Directory>),
    Smtp(Box<Smtp>),
}

/// Why a mail was not delivered. It names no address and nothing of the mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may be delivered another time.
    Temporary(String),
    /// It never will.
    Permanent(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Temporary(reason) | Self::Permanent(reason)) = self;
        f.write_str(reason)
    }
}

impl Transport {
    /// The ways out that the options ask for: none without mails.
    pub(super) fn lanes(
        options: &MailOptions,
        letterhead: Letterhead,
    ) -> Result<Vec<Self>, MailError> {
        if options.smtp.host.is_some() {
            let relay = Arc::new(Relay::new(&options.smtp, letterhead)?);
            let smtp = |_| Self::Smtp(Box::new(Smtp::new(Arc::clone(&relay))));
            return Ok((0..SMTP_LANES).map(smtp).collect());
        }
        let directory = options.directory.clone();
        let lane =
            directory.map(|path| Self::Directory(Arc::new(Directory::new(path, letterhead))));
        Ok(lane.into_iter().collect())
    }

    /// How long [`Self::deliver`] takes at most.
    pub(super) fn timeout(&self) -> Duration {
        match self {
            Self::Directory(_) => DIRECTORY_TIMEOUT,
            Self::Smtp(smtp) => smtp.timeout(),
        }
    }

    /// Whether mails could be delivered now.
    pub(super) async fn try_out(&mut self) -> Result<(), Failure> {
        match self {
            Self::Directory(_) => Ok(()),
            Self::Smtp(smtp) => smtp.try_out().await,
        }
    }

    pub(super) async fn deliver(
        &mut self,
        mail: Mail,
        id: &str,
        written: Date,
    ) -> Result<(), Failure> {
        match self {
            Self::Smtp(smtp) => smtp.deliver(&mail, id, written).await,
            Self::Directory(directory) => {
                let (directory, id) = (Arc::clone(directory), id.to_owned());
                let write =
                    tokio::task::spawn_blocking(move || directory.deliver(&mail, &id, written));
                match tokio::time::timeout(DIRECTORY_TIMEOUT, write).await {
                    Ok(Ok(Ok(()))) => Ok(()),
                    Ok(Ok(Err(error))) => Err(Failure::Temporary(error.to_string())),
                    Ok(Err(_panicked)) => Err(Failure::Temporary("it was not written".to_owned())),
                    Err(_elapsed) => Err(Failure::Temporary("the disk is too slow".to_owned())),
                }
            }
        }
    }

    /// Holds nothing open while there is nothing to do.
    pub(super) async fn rest(&mut self) {
        match self {
            Self::Directory(_) => {}
            Self::Smtp(smtp) => smtp.rest().await,
        }
    }
}
