//! Users deleted by a token that was mailed to them.

use super::engine::{Row, values};
use super::verification::{self, Verification};
use super::{Store, StoreError, user};
use crate::clock::Date;

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    Done,
    /// The session that asks has gone; the token is as it was.
    SessionGone,
    /// There is no such token, or it has expired, or was another user's: now it is none at all.
    TokenUnknown,
}

impl Store {
    /// Writes what somebody may prove, and clears away what can't be proved any more.
    pub(crate) async fn add_verification(&self, row: Verification) -> Result<(), StoreError> {
        const CLEAN: &str = r#"DELETE FROM "verification" WHERE "expiresAt" < $1"#;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(CLEAN, values![row.created_at]).await?;
                    verification::insert(tx, &row).await
                })
            })
            .await
    }

    /// Uses the token up, and deletes the user it is for with all sessions and accounts, if that is
    /// `user_id` and the session that asks is still there.
    pub(crate) async fn delete_user_with_token(
        &self,
        user_id: String,
        session_token: String,
        identifier: String,
        now: Date,
    ) -> Result<Deletion, StoreError> {
        const CONSUME: &str = r#"DELETE FROM "verification" WHERE "identifier" = $1
            RETURNING "value", "expiresAt""#;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    if !user::has_session(tx, &session_token, &user_id).await? {
                        return Ok(Deletion::SessionGone);
                    }
                    let read = |row: &Row<'_>| Ok((row.text(0)?, row.date(1)?));
                    let rows = tx.all(CONSUME, values![&identifier], read).await?;
                    match rows.as_slice() {
                        [(value, expires_at)] if *value == user_id && *expires_at >= now => {
                            user::delete(tx, &user_id).await?;
                            Ok(Deletion::Done)
                        }
                        _ => Ok(Deletion::TokenUnknown),
                    }
                })
            })
            .await
    }
}
