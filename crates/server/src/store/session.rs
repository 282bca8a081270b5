//! Sessions: by token, or by the user they belong to.

use super::engine::{Row, Tx, Value, values};
use super::jwks::{self, StoredKey};
use super::statements::Statements;
use super::user::User;
use super::{Store, StoreError, additional};
use crate::clock::Date;
use crate::fields::{Additional, Changes};

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
    pub(crate) additional: Additional,
}

/// A session and whose it is.
#[derive(Clone)]
pub(crate) struct ActiveSession {
    pub(crate) session: Session,
    pub(crate) user: User,
}

/// Names a session that there was, and whose it was.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) session_id: String,
    pub(crate) user_id: String,
}

macro_rules! columns {
    () => {
        r#""session"."id", "session"."expiresAt", "session"."token", "session"."createdAt",
           "session"."updatedAt", "session"."ipAddress", "session"."userAgent",
           "session"."userId""#
    };
}

pub(super) use columns;

/// The columns of a new session.
pub(super) const NAMES: [&str; 8] =
    ["id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId"];

impl Session {
    /// As [`NAMES`] has them, and additional fields.
    fn values(&self) -> Vec<Value<'_>> {
        let own = [
            Value::from(&self.id),
            Value::from(self.expires_at),
            Value::from(&self.token),
            Value::from(self.created_at),
            Value::from(self.updated_at),
            Value::from(&self.ip_address),
            Value::from(&self.user_agent),
            Value::from(&self.user_id),
        ];
        own.into_iter().chain(additional::values(&self.additional)).collect()
    }

    /// Without additional fields.
    pub(super) fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            expires_at: row.date(1)?,
            token: row.text(2)?,
            created_at: row.date(3)?,
            updated_at: row.date(4)?,
            ip_address: row.optional_text(5)?,
            user_agent: row.optional_text(6)?,
            user_id: row.text(7)?,
            additional: Additional::default(),
        })
    }
}

pub(super) async fn insert(
    tx: &Tx,
    statements: &Statements,
    session: &Session,
) -> Result<(), StoreError> {
    tx.execute(&statements.insert_session, &session.values()).await?;
    Ok(())
}

impl Store {
    /// The session with `token` and its user, expired or not.
    pub(crate) async fn find_session(
        &self,
        token: &str,
    ) -> Result<Option<ActiveSession>, StoreError> {
        let read = |row: &Row<'_>| self.statements.active_session(row);
        self.engine.first(&self.statements.find_session, values![token], read).await
    }

    /// The same, and every key pair, expired ones included.
    pub(crate) async fn find_session_and_keys(
        &self,
        token: &str,
    ) -> Result<(Option<ActiveSession>, Vec<StoredKey>), StoreError> {
        let values = values![token];
        let find = (self.statements.find_session.as_str(), values.as_slice());
        let read = |row: &Row<'_>| self.statements.active_session(row);
        self.engine.first_and_all(find, read, jwks::ALL, StoredKey::from_row).await
    }

    /// The sessions of a user that are alive at `now`.
    pub(crate) async fn list_sessions(
        &self,
        user_id: &str,
        now: Date,
    ) -> Result<Vec<Session>, StoreError> {
        let statements = &self.statements;
        let read = |row: &Row<'_>| statements.session(row);
        self.engine.all(&statements.list_sessions, values![user_id, now], read).await
    }

    /// Writes a new session.
    pub(crate) async fn create_session(&self, session: &Session) -> Result<(), StoreError> {
        self.engine.execute(&self.statements.insert_session, &session.values()).await.map(drop)
    }

    /// Moves a session's end; `None` when it was deleted meanwhile.
    pub(crate) async fn extend_session(
        &self,
        token: String,
        expires_at: Date,
        now: Date,
    ) -> Result<Option<Session>, StoreError> {
        let statements = self.statements.clone();
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let values = values![expires_at, now, &token];
                    let read = |row: &Row<'_>| statements.session(row);
                    tx.first(&statements.extend_session, values, read).await
                })
            })
            .await
    }

    /// Changes the additional fields of a session; `None` when it was deleted meanwhile.
    pub(crate) async fn update_session(
        &self,
        token: String,
        changes: Changes,
        now: Date,
    ) -> Result<Option<Session>, StoreError> {
        let statements = self.statements.clone();
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let mut values: Vec<Value<'_>> = values![now].to_vec();
                    values.extend(additional::changes(&statements.session_fields, &changes));
                    values.push(Value::from(&token));
                    let read = |row: &Row<'_>| statements.session(row);
                    tx.first(&statements.update_session, &values, read).await
                })
            })
            .await
    }

    /// Deletes the session with `token`, if there is one.
    pub(crate) async fn delete_session(&self, token: &str) -> Result<Option<Ended>, StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "token" = $1 RETURNING "id", "userId""#;
        let read = |row: &Row<'_>| Ok(Ended { session_id: row.text(0)?, user_id: row.text(1)? });
        self.engine.change(SQL, values![token], read).await
    }

    /// Deletes a session if it belongs to `user_id`.
    pub(crate) async fn delete_own_session(
        &self,
        token: &str,
        user_id: &str,
    ) -> Result<u64, StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "token" = $1 AND "userId" = $2"#;
        self.engine.execute(SQL, values![token, user_id]).await
    }

    /// Deletes all sessions of a user.
    pub(crate) async fn delete_sessions(&self, user_id: &str) -> Result<u64, StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        self.engine.execute(SQL, values![user_id]).await
    }

    /// Deletes the sessions of a user that are alive at `now`, but the one with `token`.
    pub(crate) async fn delete_other_sessions(
        &self,
        user_id: &str,
        token: &str,
        now: Date,
    ) -> Result<u64, StoreError> {
        const SQL: &str = r#"DELETE FROM "session"
            WHERE "userId" = $1 AND "token" <> $2 AND "expiresAt" > $3"#;
        self.engine.execute(SQL, values![user_id, token, now]).await
    }
}
