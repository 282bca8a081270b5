//! The statements about users and sessions, made once for the fields that they have.

use super::StoreError;
use super::additional;
use super::engine::Row;
use super::session::{self, ActiveSession, Session};
use super::user::{self, User};
use crate::fields::{AdditionalField, AdditionalFields};

/// Their texts, and what is needed to read an answer.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) user_fields: AdditionalFields,
    pub(super) session_fields: AdditionalFields,
    pub(super) change_email: String,
    pub(super) extend_session: String,
    pub(super) find_credential: String,
    pub(super) find_session: String,
    pub(super) find_user: String,
    pub(super) insert_session: String,
    pub(super) insert_user: String,
    pub(super) list_sessions: String,
    pub(super) update_profile: String,
    pub(super) update_session: String,
}

/// How many columns a user has without additional fields, and a session.
const USER_COLUMNS: usize = 7;
const SESSION_COLUMNS: usize = 8;

impl Statements {
    pub(super) fn new(user_fields: AdditionalFields, session_fields: AdditionalFields) -> Self {
        let user = format!("{}{}", user::columns!(), additional::columns("user", &user_fields));
        let session =
            format!("{}{}", session::columns!(), additional::columns("session", &session_fields));
        // Values are numbered as they come: SQLite goes by that, PostgreSQL by the numbers.
        let set_user = additional::assignments(5, &user_fields);
        let set_session = additional::assignments(2, &session_fields);
        let user_id = 5 + 2 * user_fields.all().len();
        let token = 2 + 2 * session_fields.all().len();
        Self {
            change_email: format!(
                r#"UPDATE "user" SET "email" = $1,
                   "emailVerified" = CASE WHEN $2 THEN "emailVerified" ELSE FALSE END,
                   "updatedAt" = $3 WHERE "id" = $4 AND "email" = $5 RETURNING {user}"#
            ),
            extend_session: format!(
                r#"UPDATE "session" SET "expiresAt" = $1, "updatedAt" = $2 WHERE "token" = $3
                   RETURNING {session}"#
            ),
            // An account's id is text even where a user's is not.
            find_credential: format!(
                r#"SELECT {user}, "account"."password" FROM "user"
                   LEFT JOIN "account" ON "account"."userId" = "user"."id"
                    AND "account"."providerId" = 'credential'
                    AND "account"."accountId" = CAST("user"."id" AS text)
                   WHERE "user"."email" = $1 LIMIT 1"#
            ),
            find_session: format!(
                r#"SELECT {session}, {user} FROM "session"
                   JOIN "user" ON "user"."id" = "session"."userId" WHERE "session"."token" = $1"#
            ),
            find_user: format!(r#"SELECT {user} FROM "user" WHERE "user"."id" = $1"#),
            insert_session: additional::insert("session", &session::NAMES, &session_fields),
            insert_user: additional::insert("user", &user::NAMES, &user_fields),
            list_sessions: format!(
                r#"SELECT {session} FROM "session" WHERE "userId" = $1 AND "expiresAt" > $2"#
            ),
            update_profile: format!(
                r#"UPDATE "user" SET "name" = coalesce($1, "name"),
                   "image" = CASE WHEN $2 THEN $3 ELSE "image" END, "updatedAt" = $4{set_user}
                   WHERE "id" = ${user_id}"#
            ),
            update_session: format!(
                r#"UPDATE "session" SET "updatedAt" = $1{set_session} WHERE "token" = ${token}
                   RETURNING {session}"#
            ),
            user_fields,
            session_fields,
        }
    }

    /// The additional fields of a table.
    pub(super) fn fields_of(&self, table: &str) -> &[AdditionalField] {
        match table {
            "user" => self.user_fields.all(),
            "session" => self.session_fields.all(),
            _ => &[],
        }
    }

    /// The user whose columns begin at `offset`.
    pub(super) fn user(&self, row: &Row<'_>, offset: usize) -> Result<User, StoreError> {
        let additional = additional::read(&self.user_fields, row, offset + USER_COLUMNS)?;
        Ok(User { additional, ..User::from_row(row, offset)? })
    }

    /// The session at the beginning of a row.
    pub(super) fn session(&self, row: &Row<'_>) -> Result<Session, StoreError> {
        let additional = additional::read(&self.session_fields, row, SESSION_COLUMNS)?;
        Ok(Session { additional, ..Session::from_row(row)? })
    }

    /// A session and its user.
    pub(super) fn active_session(&self, row: &Row<'_>) -> Result<ActiveSession, StoreError> {
        Ok(ActiveSession {
            session: self.session(row)?,
            user: self.user(row, SESSION_COLUMNS + self.session_fields.all().len())?,
        })
    }

    /// The column after a user at the beginning of a row.
    pub(super) fn after_user(&self) -> usize {
        USER_COLUMNS + self.user_fields.all().len()
    }
}

/// Those of tables without additional fields.
impl Default for Statements {
    fn default() -> Self {
        Self::new(AdditionalFields::default(), AdditionalFields::default())
    }
}
