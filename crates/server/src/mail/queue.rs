//! Mails that wait, in the database: they survive a restart, and several servers share them.

use super::Mail;
use crate::clock::Date;
use crate::crypto::{ID_CHARACTERS, Random, Secret};
use crate::store::{QueuedMail, Store, StoreError};

/// Mails that may wait; more are dropped.
const MOST_WAITING: u32 = 5_000;

/// Bytes of what is written and taken back for a mail that nobody gets: as many as most mails have.
const USUAL_BYTES: usize = 1_500;

/// The queue. What is in it is encrypted with the server's secret: links in mails let people in.
#[derive(Debug)]
pub(super) struct Queue {
    store: Store,
    secret: Secret,
    random: Random,
}

/// A mail that is this lane's to deliver, until its lease is over.
pub(super) struct Claimed {
    pub(super) row: QueuedMail,
    /// `None`: it was encrypted with another secret.
    pub(super) mail: Option<Mail>,
}

/// A mail was not queued.
#[derive(Debug, thiserror::Error)]
pub(super) enum QueueError {
    #[error("too many mails wait")]
    Full,
    #[error("it could not be encrypted")]
    Encryption,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Queue {
    pub(super) fn new(store: Store, secret: Secret, random: Random) -> Self {
        Self { store, secret, random }
    }

    /// Queues a mail, to be given up at `expires`. For none, the same is written and taken back.
    pub(super) async fn add(
        &self,
        mail: Option<&Mail>,
        now: Date,
        expires: Date,
    ) -> Result<(), QueueError> {
        let text = match mail {
            Some(mail) => serde_json::to_string(mail).map_err(|_| QueueError::Encryption)?,
            None => " ".repeat(USUAL_BYTES),
        };
        let payload = self.secret.encrypt(&text, &self.random);
        let row = QueuedMail {
            id: self.random.id(ID_CHARACTERS),
            payload: payload.map_err(|_too_long| QueueError::Encryption)?,
            attempts: 0,
            expires_at: expires,
            created_at: now,
        };
        let is_queued = self.store.queue_mail(row, mail.is_some(), MOST_WAITING).await?;
        if is_queued { Ok(()) } else { Err(QueueError::Full) }
    }

    /// When the next mail is due, which may be in the past.
    pub(super) async fn next_at(&self) -> Result<Option<Date>, StoreError> {
        self.store.next_mail_at().await
    }

    /// Takes a mail that is due, if nobody else does: no other lane or server gets it before `until`.
    pub(super) async fn claim(
        &self,
        now: Date,
        until: Date,
    ) -> Result<Option<Claimed>, StoreError> {
        let claimed = self.store.claim_mail(now, until).await?;
        Ok(claimed.map(|row| {
            let text = self.secret.decrypt(&row.payload).ok();
            let mail = text.and_then(|text| serde_json::from_str(&text).ok());
            Claimed { row, mail }
        }))
    }

    /// Gives a mail back, to be tried again.
    pub(super) async fn postpone(&self, row: &QueuedMail, until: Date) -> Result<(), StoreError> {
        self.store.postpone_mail(&row.id, row.attempts, until).await
    }

    /// How many mails wait.
    pub(super) async fn waiting(&self) -> Result<i64, StoreError> {
        self.store.count_mails().await
    }

    /// How many mails would be lost with this process, since the database has no table for them.
    pub(super) async fn volatile(&self) -> Result<i64, StoreError> {
        if self.store.has_own_tables() { Ok(0) } else { self.store.count_mails().await }
    }

    /// Takes a mail out, delivered or given up.
    pub(super) async fn remove(&self, id: &str) -> Result<(), StoreError> {
        self.store.remove_mail(id).await
    }
}
