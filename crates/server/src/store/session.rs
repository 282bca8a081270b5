//! Sessions: by token, or by the user they belong to.

use super::engine::{Row, Tx, Value, values};
use super::user::{User, columns as user_columns};
use super::{Store, StoreError};
use crate::clock::Date;

/// A row of `session`.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) expires_at: Date,
    pub(crate) token: String,
    pub(crate) created_at: Date,
    pub(crate) updated_at: Date,
    pub(crate) ip_address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) user_id: String,
}

/// A session and whose it is.
#[derive(Clone)]
pub(crate) struct ActiveSession {
    pub(crate) session: Session,
    pub(crate) user: User,
}

macro_rules! columns {
    () => {
        r#""session"."id", "session"."expiresAt", "session"."token", "session"."createdAt",
           "session"."updatedAt", "session"."ipAddress", "session"."userAgent",
           "session"."userId""#
    };
}

const INSERT: &str = r#"INSERT INTO "session"
    ("id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"#;

impl Session {
    /// As [`INSERT`] has them.
    fn values(&self) -> [Value<'_>; 8] {
        [
            Value::from(&self.id),
            Value::from(self.expires_at),
            Value::from(&self.token),
            Value::from(self.created_at),
            Value::from(self.updated_at),
            Value::from(&self.ip_address),
            Value::from(&self.user_agent),
            Value::from(&self.user_id),
        ]
    }

    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            expires_at: row.date(1)?,
            token: row.text(2)?,
            created_at: row.date(3)?,
            updated_at: row.date(4)?,
            ip_address: row.optional_text(5)?,
            user_agent: row.optional_text(6)?,
            user_id: row.text(7)?,
        })
    }
}

pub(super) async fn insert(tx: &Tx, session: &Session) -> Result<(), StoreError> {
    tx.execute(INSERT, &session.values()).await?;
    Ok(())
}

impl Store {
    /// The session with `token` and its user, expired or not.
    pub(crate) async fn find_session(
        &self,
        token: &str,
    ) -> Result<Option<ActiveSession>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            ", ",
            user_columns!(),
            r#" FROM "session"
               JOIN "user" ON "user"."id" = "session"."userId" WHERE "session"."token" = $1"#
        );
        self.engine
            .first(SQL, values![token], |row| {
                Ok(ActiveSession {
                    session: Session::from_row(row)?,
                    user: User::from_row(row, 8)?,
                })
            })
            .await
    }

    /// The sessions of a user that are alive at `now`.
    pub(crate) async fn list_sessions(
        &self,
        user_id: &str,
        now: Date,
    ) -> Result<Vec<Session>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            r#" FROM "session" WHERE "userId" = $1 AND "expiresAt" > $2"#
        );
        self.engine.all(SQL, values![user_id, now], Session::from_row).await
    }

    /// Writes a new session.
    pub(crate) async fn create_session(&self, session: &Session) -> Result<(), StoreError> {
        self.engine.execute(INSERT, &session.values()).await.map(drop)
    }

    /// Moves a session's end; `None` when it was deleted meanwhile.
    pub(crate) async fn extend_session(
        &self,
        token: String,
        expires_at: Date,
        now: Date,
    ) -> Result<Option<Session>, StoreError> {
        const SQL: &str = concat!(
            r#"UPDATE "session" SET "expiresAt" = $1, "updatedAt" = $2 WHERE "token" = $3
               RETURNING "#,
            columns!()
        );
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    tx.first(SQL, values![expires_at, now, &token], Session::from_row).await
                })
            })
            .await
    }

    /// Deletes a session, if there is one with `token`.
    pub(crate) async fn delete_session(&self, token: &str) -> Result<(), StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "token" = $1"#;
        self.engine.execute(SQL, values![token]).await.map(drop)
    }

    /// Deletes a session if it belongs to `user_id`.
    pub(crate) async fn delete_own_session(
        &self,
        token: &str,
        user_id: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "token" = $1 AND "userId" = $2"#;
        self.engine.execute(SQL, values![token, user_id]).await.map(drop)
    }

    /// Deletes all sessions of a user.
    pub(crate) async fn delete_sessions(&self, user_id: &str) -> Result<(), StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        self.engine.execute(SQL, values![user_id]).await.map(drop)
    }

    /// Deletes the sessions of a user that are alive at `now`, but the one with `token`.
    pub(crate) async fn delete_other_sessions(
        &self,
        user_id: &str,
        token: &str,
        now: Date,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"DELETE FROM "session"
            WHERE "userId" = $1 AND "token" <> $2 AND "expiresAt" > $3"#;
        self.engine.execute(SQL, values![user_id, token, now]).await.map(drop)
    }
}
