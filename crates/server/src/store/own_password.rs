//! The password that a signed-in user has, and its change.

use super::engine::values;
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
    pub(crate) async fn find_own_password(
        &self,
        user_id: &str,
    ) -> Result<Option<OwnPassword>, StoreError> {
        const SQL: &str = r#"SELECT "id", "password" FROM "account" WHERE "userId" = $1
            AND "providerId" = 'credential' AND "accountId" = $2
            AND "password" IS NOT NULL AND "password" <> '' LIMIT 1"#;
        self.engine
            .first(SQL, values![user_id, user_id], |row| {
                Ok(OwnPassword { account_id: row.text(0)?, hash: row.text(1)? })
            })
            .await
    }

    /// Writes the same password hashed otherwise, unless it was changed meanwhile.
    pub(crate) async fn replace_hash(
        &self,
        user_id: &str,
        old_hash: &str,
        hash: &str,
        now: Date,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"UPDATE "account" SET "password" = $1, "updatedAt" = $2
            WHERE "userId" = $3 AND "providerId" = 'credential' AND "password" = $4"#;
        self.engine.execute(SQL, values![hash, now, user_id, old_hash]).await.map(drop)
    }

    /// Replaces a password, unless it or the session that asks has gone while it was compared:
    /// who was thrown out meanwhile changes nothing any more. Says whether it was replaced.
    pub(crate) async fn change_password(&self, change: ChangePassword) -> Result<bool, StoreError> {
        const UPDATE: &str = r#"UPDATE "account" SET "password" = $1, "updatedAt" = $2
            WHERE "id" = $3 AND "userId" = $4 AND "password" = $5
            AND EXISTS (SELECT 1 FROM "session" WHERE "token" = $6 AND "userId" = $4)"#;
        const END_SESSIONS: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        let statements = self.statements.clone();
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let ChangePassword { account_id, old_hash, hash, user_id, token, .. } = &change;
                    let values = values![hash, change.now, account_id, user_id, old_hash, token];
                    if tx.execute(UPDATE, values).await? == 0 {
                        return Ok(false);
                    }
                    if let Some(session) = &change.new_session {
                        tx.execute(END_SESSIONS, values![user_id]).await?;
                        session::insert(tx, &statements, session).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }
}
