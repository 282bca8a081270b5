//! Mails that wait to be delivered: a table of our own.
//!
//! A mail is claimed by one statement that moves the moment at which it is due: of several lanes and
//! servers only one gets it, and if that one dies the mail is due again.

use super::engine::{Row, values};
use super::{Store, StoreError};
use crate::clock::Date;

/// A row of `gatewright_mail`.
#[derive(Debug)]
pub(crate) struct QueuedMail {
    pub(crate) id: String,
    /// The mail, encrypted.
    pub(crate) payload: String,
    /// How often it was claimed.
    pub(crate) attempts: u32,
    /// When it is to be given up.
    pub(crate) expires_at: Date,
    pub(crate) created_at: Date,
}

const REMOVE: &str = r#"DELETE FROM "gatewright_mail" WHERE "id" = $1"#;

impl QueuedMail {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let attempts = u32::try_from(row.integer(2)?);
        Ok(Self {
            id: row.text(0)?,
            payload: row.text(1)?,
            attempts: attempts.map_err(|_negative| StoreError::Unreadable { column: 2 })?,
            expires_at: Date::from_milliseconds(row.integer(3)?),
            created_at: Date::from_milliseconds(row.integer(4)?),
        })
    }
}

impl Store {
    /// Queues a mail that is due at once, unless `most` wait; says whether it did. A mail that is not
    /// wanted is written and taken back, so that the disk has the same work.
    pub(crate) async fn queue_mail(
        &self,
        row: QueuedMail,
        is_wanted: bool,
        most: u32,
    ) -> Result<bool, StoreError> {
        const INSERT: &str = r#"INSERT INTO "gatewright_mail"
            ("id", "payload", "attempts", "nextAttemptAt", "expiresAt", "createdAt")
            SELECT $1, $2, 0, $3, $4, $5 WHERE (SELECT count(*) FROM "gatewright_mail") < $6"#;
        self.ours
            .write(move |tx| {
                Box::pin(async move {
                    let values = values![
                        &row.id,
                        &row.payload,
                        row.created_at.milliseconds(),
                        row.expires_at.milliseconds(),
                        row.created_at.milliseconds(),
                        most
                    ];
                    let inserted = tx.execute(INSERT, values).await?;
                    if !is_wanted {
                        tx.execute(REMOVE, values![&row.id]).await?;
                    }
                    Ok(inserted > 0 || !is_wanted)
                })
            })
            .await
    }

    /// When the next mail is due.
    pub(crate) async fn next_mail_at(&self) -> Result<Option<Date>, StoreError> {
        const SQL: &str = r#"SELECT "nextAttemptAt" FROM "gatewright_mail"
            ORDER BY "nextAttemptAt" LIMIT 1"#;
        let read = |row: &Row<'_>| row.integer(0).map(Date::from_milliseconds);
        self.ours.first(SQL, values![], read).await
    }

    /// Takes the mail that has been due for longest, and lets nobody else have it before `until`.
    pub(crate) async fn claim_mail(
        &self,
        now: Date,
        until: Date,
    ) -> Result<Option<QueuedMail>, StoreError> {
        // The condition stands outside too: whoever waited for another's claim finds it changed.
        const SQL: &str = r#"UPDATE "gatewright_mail"
            SET "nextAttemptAt" = $1, "attempts" = "attempts" + 1
            WHERE "nextAttemptAt" <= $2 AND "id" = (SELECT "id" FROM "gatewright_mail"
                WHERE "nextAttemptAt" <= $2 ORDER BY "nextAttemptAt", "id" LIMIT 1)
            RETURNING "id", "payload", "attempts", "expiresAt", "createdAt""#;
        self.ours
            .write(move |tx| {
                Box::pin(async move {
                    let values = values![until.milliseconds(), now.milliseconds()];
                    tx.first(SQL, values, QueuedMail::from_row).await
                })
            })
            .await
    }

    /// Makes a mail due at `until`, unless somebody has claimed it since it was claimed for the
    /// `attempts`th time.
    pub(crate) async fn postpone_mail(
        &self,
        id: &str,
        attempts: u32,
        until: Date,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"UPDATE "gatewright_mail" SET "nextAttemptAt" = $1
            WHERE "id" = $2 AND "attempts" = $3"#;
        self.ours.execute(SQL, values![until.milliseconds(), id, attempts]).await.map(drop)
    }

    /// Takes a mail out.
    pub(crate) async fn remove_mail(&self, id: &str) -> Result<(), StoreError> {
        self.ours.execute(REMOVE, values![id]).await.map(drop)
    }

    /// How many mails wait.
    pub(crate) async fn count_mails(&self) -> Result<i64, StoreError> {
        const SQL: &str = r#"SELECT count(*) FROM "gatewright_mail""#;
        Ok(self.ours.first(SQL, values![], |row| row.integer(0)).await?.unwrap_or(0))
    }
}
