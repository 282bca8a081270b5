//! Delivers what is due, one mail after another; several lanes do so side by side.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::queue::{Claimed, Queue};
use super::retry::{self, MOST_ATTEMPTS};
use super::transport::{Failure, Transport};
use crate::clock::{Clock, Date};
use crate::crypto::Random;
use crate::metrics::Mails;
use crate::store::{QueuedMail, StoreError};

/// How often a lane looks whether another server has left something.
const LOOK: Duration = Duration::from_secs(5);

/// How long a lane waits that found the database in trouble.
const TROUBLE: Duration = Duration::from_secs(2);

/// How long a lane waits for which another one was too fast.
const TOO_SLOW: Duration = Duration::from_millis(20);

/// How often it is tried to write down that a mail was delivered: else it would be sent again.
const MOST_TRIES: u32 = 5;

/// What all lanes share.
pub(super) struct Office {
    pub(super) queue: Queue,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) counts: Mails,
    /// A mail was queued.
    pub(super) news: Notify,
}

/// What a look at the queue came to.
enum Turn {
    /// A mail was dealt with; there may be more.
    Worked,
    /// Nothing to do for so long.
    Nothing(Duration),
}

/// Works until it is told to stop and nothing is due any more.
pub(super) async fn run(
    office: Arc<Office>,
    mut transport: Transport,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let pause = match office.turn(&mut transport).await {
            Turn::Worked => continue,
            Turn::Nothing(pause) => pause,
        };
        transport.rest().await;
        if *stop.borrow_and_update() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = office.news.notified() => {}
            _ = stop.changed() => {}
        }
    }
}

/// Says in the log whether mails could be delivered: at the start, not when a user waits for one.
pub(super) async fn try_out(transport: &mut Transport) {
    if let Err(reason) = transport.try_out().await {
        tracing::warn!(%reason, "the mail server cannot be used yet; mails wait for it");
    }
}

impl Office {
    async fn turn(&self, transport: &mut Transport) -> Turn {
        self.try_turn(transport).await.unwrap_or_else(|error| {
            if !matches!(error, StoreError::Closed) {
                tracing::warn!(%error, "the queue of mails could not be read");
            }
            Turn::Nothing(TROUBLE)
        })
    }

    async fn try_turn(&self, transport: &mut Transport) -> Result<Turn, StoreError> {
        let now = self.clock.now();
        match self.queue.next_at().await? {
            None => return Ok(Turn::Nothing(LOOK)),
            Some(due) if due > now => return Ok(Turn::Nothing(between(now, due).min(LOOK))),
            Some(_) => {}
        }
        // Twice as long as it may take: no other lane begins while this one is at it.
        let lease = retry::milliseconds(transport.timeout().saturating_mul(2));
        let until = Date::from_milliseconds(now.milliseconds().saturating_add(lease));
        match self.queue.claim(now, until).await? {
            Some(claimed) => self.deliver(claimed, transport).await.map(|()| Turn::Worked),
            None => Ok(Turn::Nothing(TOO_SLOW)),
        }
    }

    /// The log says what became of a mail, and never for whom it was, or what was in it.
    async fn deliver(
        &self,
        Claimed { row, mail }: Claimed,
        transport: &mut Transport,
    ) -> Result<(), StoreError> {
        let kind = mail.as_ref().map_or_else(String::new, |mail| mail.kind.clone());
        let outcome = match mail {
            _ if row.expires_at <= self.clock.now() => {
                Err(Failure::Permanent("nobody waits for it any more".to_owned()))
            }
            None => Err(Failure::Temporary("it was encrypted with another secret".to_owned())),
            Some(mail) => transport.deliver(mail, &row.id, row.created_at).await,
        };
        let id = row.id.clone();
        let attempts = row.attempts;
        match outcome {
            Ok(()) => {
                self.counts.delivered.inc();
                tracing::info!(id, kind, attempts, "a mail was delivered");
                self.remove(&id).await
            }
            Err(Failure::Permanent(reason)) => {
                self.counts.given_up.inc();
                tracing::error!(id, kind, attempts, reason, "a mail was given up");
                self.remove(&id).await
            }
            Err(Failure::Temporary(reason)) => self.postpone(row, &kind, &reason).await,
        }
    }

    async fn postpone(&self, row: QueuedMail, kind: &str, reason: &str) -> Result<(), StoreError> {
        let (id, attempts) = (row.id.as_str(), row.attempts);
        let now = self.clock.now();
        let again = retry::again_at(attempts, now, &self.random);
        if attempts >= MOST_ATTEMPTS || again >= row.expires_at {
            self.counts.given_up.inc();
            tracing::error!(id, kind, attempts, reason, "a mail was given up");
            return self.remove(&row.id).await;
        }
        self.counts.retried.inc();
        let seconds = between(now, again).as_secs();
        tracing::warn!(
            id,
            kind,
            attempts,
            reason,
            seconds_to_next = seconds,
            "a mail could not be delivered"
        );
        self.queue.postpone(&row, again).await
    }

    /// Takes a mail out of the queue, and tries hard to.
    async fn remove(&self, id: &str) -> Result<(), StoreError> {
        let mut tries_left = MOST_TRIES;
        loop {
            match self.queue.remove(id).await {
                Err(StoreError::Busy | StoreError::Unavailable(_)) if tries_left > 1 => {
                    tries_left -= 1;
                    tokio::time::sleep(TROUBLE / 2).await;
                }
                result => return result,
            }
        }
    }
}

fn between(now: Date, later: Date) -> Duration {
    let span = later.milliseconds().saturating_sub(now.milliseconds());
    Duration::from_millis(span.max(0).unsigned_abs())
}
