//! What an operator does by hand, beside the server that runs: look at sessions, and end them.

use super::engine::{Row, Value};
use super::{Store, StoreError};
use crate::clock::Date;

/// A session as an operator sees it: everything but its token, which would let them be that user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// The row's id; it names the session, and opens nothing.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// The user's e-mail address.
    pub email: String,
    /// When somebody signed in.
    pub created_at: Date,
    /// When it was last extended.
    pub updated_at: Date,
    /// When it ends.
    pub expires_at: Date,
    /// Where from, as far as it is known.
    pub ip_address: Option<String>,
    /// With which program, as that says.
    pub user_agent: Option<String>,
}

/// Which sessions are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Everybody's.
    All,
    /// The one with this id.
    One(String),
    /// Those of a user, by id or by e-mail address.
    OfUser(String),
}

impl Sessions {
    /// A condition on the rows of `session`, and its values.
    fn condition(&self) -> (&'static str, Vec<Value<'static>>) {
        const OF_USER: &str = r#""session"."userId" IN
            (SELECT "id" FROM "user" WHERE CAST("id" AS text) = $1 OR "email" = $2)"#;
        match self {
            Self::All => ("TRUE", Vec::new()),
            Self::One(id) => {
                (r#"CAST("session"."id" AS text) = $1"#, vec![Value::from(id.clone())])
            }
            // Addresses are stored in lower case; ids are compared as they are.
            Self::OfUser(user) => {
                (OF_USER, vec![Value::from(user.clone()), Value::from(user.to_lowercase())])
            }
        }
    }
}

impl SessionSummary {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            user_id: row.text(1)?,
            email: row.text(2)?,
            created_at: row.date(3)?,
            updated_at: row.date(4)?,
            expires_at: row.date(5)?,
            ip_address: row.optional_text(6)?,
            user_agent: row.optional_text(7)?,
        })
    }
}

impl Store {
    /// The sessions that are alive at `now`, the one used last first; at most `limit`.
    pub async fn summarize_sessions(
        &self,
        which: &Sessions,
        now: Date,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let (condition, mut values) = which.condition();
        values.push(Value::from(now));
        let now = values.len();
        let sql = format!(
            r#"SELECT "session"."id", "session"."userId", "user"."email", "session"."createdAt",
                   "session"."updatedAt", "session"."expiresAt", "session"."ipAddress",
                   "session"."userAgent"
               FROM "session" JOIN "user" ON "user"."id" = "session"."userId"
               WHERE {condition} AND "session"."expiresAt" > ${now}
               ORDER BY "session"."updatedAt" DESC, "session"."id" LIMIT {limit}"#
        );
        self.engine.all(&sql, &values, SessionSummary::from_row).await
    }

    /// Ends sessions, and says how many there were. A server that runs on the same database refuses
    /// them from its next request on, but for what its clients keep in a cookie cache.
    pub async fn revoke_sessions(&self, which: Sessions) -> Result<u64, StoreError> {
        let (condition, values) = which.condition();
        let sql = format!(r#"DELETE FROM "session" WHERE {condition}"#);
        self.engine.write(move |tx| Box::pin(async move { tx.execute(&sql, &values).await })).await
    }
}
