//! The password that a signed-in user has, and its change.

use rusqlite::{OptionalExtension, params};

use super::session::{self, Session};
use super::{Store, StoreError};
use crate::clock::Date;

/// A user's stored password.
pub(crate) struct OwnPassword {
    pub(crate) account_id: String,
    pub(crate) hash: String,
}

/// What a change of password writes, all of it or nothing.
pub(crate) struct ChangePassword {
    pub(crate) account_id: String,
    /// What the current password was compared with.
    pub(crate) old_hash: String,
    pub(crate) hash: String,
    pub(crate) user_id: String,
    /// Of the session that asks.
    pub(crate) token: String,
    /// Takes the place of all others.
    pub(crate) new_session: Option<Session>,
    pub(crate) now: Date,
}

impl Store {
    /// The password of a user; `None` where they sign in otherwise.
    pub(crate) fn find_own_password(
        &self,
        user_id: &str,
    ) -> Result<Option<OwnPassword>, StoreError> {
        const SQL: &str = r#"SELECT "id", "password" FROM "account" WHERE "userId" = $1
            AND "providerId" = 'credential' AND "accountId" = $1
            AND "password" IS NOT NULL AND "password" <> '' LIMIT 1"#;
        self.sqlite.read(|db| {
            let found = db.prepare_cached(SQL)?.query_row([user_id], |row| {
                Ok(OwnPassword { account_id: row.get(0)?, hash: row.get(1)? })
            });
            Ok(found.optional()?)
        })
    }

    /// Replaces a password, unless it or the session that asks has gone while it was compared:
    /// who was thrown out meanwhile changes nothing any more. Says whether it was replaced.
    pub(crate) async fn change_password(&self, change: ChangePassword) -> Result<bool, StoreError> {
        const UPDATE: &str = r#"UPDATE "account" SET "password" = $1, "updatedAt" = $2
            WHERE "id" = $3 AND "userId" = $4 AND "password" = $5
            AND EXISTS (SELECT 1 FROM "session" WHERE "token" = $6 AND "userId" = $4)"#;
        const END_SESSIONS: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        self.sqlite
            .write(move |db| {
                let ChangePassword { account_id, old_hash, hash, user_id, token, new_session, now } =
                    change;
                let values = params![hash, now.to_string(), account_id, user_id, old_hash, token];
                if db.prepare_cached(UPDATE)?.execute(values)? == 0 {
                    return Ok(false);
                }
                if let Some(session) = new_session {
                    db.prepare_cached(END_SESSIONS)?.execute([user_id])?;
                    session::insert(db, &session)?;
                }
                Ok(true)
            })
            .await
    }
}
