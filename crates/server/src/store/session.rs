//! Sessions: by token, or by the user they belong to.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::user::{User, columns as user_columns};
use super::{Store, StoreError, date};
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

impl Session {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            expires_at: date(row, 1)?,
            token: row.get(2)?,
            created_at: date(row, 3)?,
            updated_at: date(row, 4)?,
            ip_address: row.get(5)?,
            user_agent: row.get(6)?,
            user_id: row.get(7)?,
        })
    }
}

pub(super) fn insert(db: &Connection, session: &Session) -> Result<(), StoreError> {
    const SQL: &str = r#"INSERT INTO "session"
        ("id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"#;
    db.prepare_cached(SQL)?.execute(params![
        session.id,
        session.expires_at.to_string(),
        session.token,
        session.created_at.to_string(),
        session.updated_at.to_string(),
        session.ip_address,
        session.user_agent,
        session.user_id
    ])?;
    Ok(())
}

impl Store {
    /// The session with `token` and its user, expired or not.
    pub(crate) fn find_session(&self, token: &str) -> Result<Option<ActiveSession>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            ", ",
            user_columns!(),
            r#" FROM "session"
               JOIN "user" ON "user"."id" = "session"."userId" WHERE "session"."token" = $1"#
        );
        self.sqlite.read(|db| {
            let found = db.prepare_cached(SQL)?.query_row([token], |row| {
                Ok(ActiveSession {
                    session: Session::from_row(row)?,
                    user: User::from_row(row, 8)?,
                })
            });
            Ok(found.optional()?)
        })
    }

    /// The sessions of a user that are alive at `now`.
    pub(crate) fn list_sessions(
        &self,
        user_id: &str,
        now: Date,
    ) -> Result<Vec<Session>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            r#" FROM "session" WHERE "userId" = $1 AND "expiresAt" > $2"#
        );
        self.sqlite.read(|db| {
            let mut statement = db.prepare_cached(SQL)?;
            let rows = statement.query_map(params![user_id, now.to_string()], Session::from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes a new session.
    pub(crate) async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        self.sqlite.write(move |db| insert(db, &session)).await
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
        self.sqlite
            .write(move |db| {
                let values = params![expires_at.to_string(), now.to_string(), token];
                let found = db.prepare_cached(SQL)?.query_row(values, Session::from_row);
                Ok(found.optional()?)
            })
            .await
    }

    /// Deletes a session, if there is one with `token`.
    pub(crate) async fn delete_session(&self, token: String) -> Result<(), StoreError> {
        self.change(r#"DELETE FROM "session" WHERE "token" = $1"#, [token]).await
    }

    /// Deletes a session if it belongs to `user_id`.
    pub(crate) async fn delete_own_session(
        &self,
        token: String,
        user_id: String,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"DELETE FROM "session" WHERE "token" = $1 AND "userId" = $2"#;
        self.change(SQL, [token, user_id]).await
    }

    /// Deletes all sessions of a user.
    pub(crate) async fn delete_sessions(&self, user_id: String) -> Result<(), StoreError> {
        self.change(r#"DELETE FROM "session" WHERE "userId" = $1"#, [user_id]).await
    }

    /// Deletes the sessions of a user that are alive at `now`, but the one with `token`.
    pub(crate) async fn delete_other_sessions(
        &self,
        user_id: String,
        token: String,
        now: Date,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"DELETE FROM "session"
            WHERE "userId" = $1 AND "token" <> $2 AND "expiresAt" > $3"#;
        self.change(SQL, [user_id, token, now.to_string()]).await
    }

    async fn change<const N: usize>(
        &self,
        sql: &'static str,
        values: [String; N],
    ) -> Result<(), StoreError> {
        self.sqlite
            .write(move |db| {
                db.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
                Ok(())
            })
            .await
    }
}
