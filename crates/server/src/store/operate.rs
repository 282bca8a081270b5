//! What an operator does by hand, beside the server that runs: look at sessions, and end them.

use rusqlite::{Row, params_from_iter};

use super::{Store, StoreError, date};
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
    fn condition(&self) -> (&'static str, Vec<String>) {
        const OF_USER: &str = r#""session"."userId" IN
            (SELECT "id" FROM "user" WHERE "id" = $1 OR "email" = $2)"#;
        match self {
            Self::All => ("TRUE", Vec::new()),
            Self::One(id) => (r#""session"."id" = $1"#, vec![id.clone()]),
            // Addresses are stored in lower case; ids are compared as they are.
            Self::OfUser(user) => (OF_USER, vec![user.clone(), user.to_lowercase()]),
        }
    }
}

impl SessionSummary {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            email: row.get(2)?,
            created_at: date(row, 3)?,
            updated_at: date(row, 4)?,
            expires_at: date(row, 5)?,
            ip_address: row.get(6)?,
            user_agent: row.get(7)?,
        })
    }
}

impl Store {
    /// Whether there is a user with this id or e-mail address.
    pub fn has_user(&self, user: &str) -> Result<bool, StoreError> {
        const SQL: &str = r#"SELECT 1 FROM "user" WHERE "id" = $1 OR "email" = $2"#;
        self.sqlite.read(|db| Ok(db.prepare(SQL)?.exists([user, &user.to_lowercase()])?))
    }

    /// The sessions that are alive at `now`, the one used last first; at most `limit`.
    pub fn summarize_sessions(
        &self,
        which: &Sessions,
        now: Date,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let (condition, mut values) = which.condition();
        values.push(now.to_string());
        let (now, limit) = (values.len(), limit.to_string());
        let sql = format!(
            r#"SELECT "session"."id", "session"."userId", "user"."email", "session"."createdAt",
                   "session"."updatedAt", "session"."expiresAt", "session"."ipAddress",
                   "session"."userAgent"
               FROM "session" JOIN "user" ON "user"."id" = "session"."userId"
               WHERE {condition} AND "session"."expiresAt" > ${now}
               ORDER BY "session"."updatedAt" DESC, "session"."id" LIMIT {limit}"#
        );
        self.sqlite.read(|db| {
            let mut statement = db.prepare(&sql)?;
            let rows = statement.query_map(params_from_iter(values), SessionSummary::from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Ends sessions, and says how many there were. A server that runs on the same database refuses
    /// them from its next request on, but for what its clients keep in a cookie cache.
    pub async fn revoke_sessions(&self, which: Sessions) -> Result<usize, StoreError> {
        self.sqlite
            .write(move |db| {
                let (condition, values) = which.condition();
                let sql = format!(r#"DELETE FROM "session" WHERE {condition}"#);
                Ok(db.prepare(&sql)?.execute(params_from_iter(values))?)
            })
            .await
    }
}
