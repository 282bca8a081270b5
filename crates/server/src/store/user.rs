//! Users and their password accounts.

use rusqlite::{ErrorCode, OptionalExtension, Row, params};

use super::session::{self, Session};
use super::{Store, StoreError, date};
use crate::clock::Date;

/// A row of `user`.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) image: Option<String>,
    pub(crate) created_at: Date,
    pub(crate) updated_at: Date,
}

/// A user and the stored hash of their password, if they have one.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) user: User,
    pub(crate) password: Option<String>,
}

/// What a sign-up writes, all of it or nothing.
#[derive(Clone)]
pub(crate) struct NewUser {
    pub(crate) user: User,
    pub(crate) account_id: String,
    pub(crate) password: String,
    /// None where the address is to be verified first.
    pub(crate) session: Option<Session>,
}

/// What becomes of a user's picture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NewImage {
    AsBefore,
    None,
    Some(String),
}

/// Why a user was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateUserError {
    /// Another user has the address; maybe only since a moment ago.
    #[error("the address is taken")]
    EmailTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The columns of [`User::from_row`], from `offset`.
macro_rules! columns {
    () => {
        r#""user"."id", "user"."name", "user"."email", "user"."emailVerified", "user"."image",
           "user"."createdAt", "user"."updatedAt""#
    };
}
pub(super) use columns;

impl User {
    pub(super) fn from_row(row: &Row<'_>, offset: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(offset)?,
            name: row.get(offset + 1)?,
            email: row.get(offset + 2)?,
            email_verified: row.get(offset + 3)?,
            image: row.get(offset + 4)?,
            created_at: date(row, offset + 5)?,
            updated_at: date(row, offset + 6)?,
        })
    }
}

impl Store {
    /// Whether `email` (in lower case) belongs to a user.
    pub(crate) fn has_email(&self, email: &str) -> Result<bool, StoreError> {
        const SQL: &str = r#"SELECT 1 FROM "user" WHERE "email" = $1"#;
        self.sqlite.read(|db| Ok(db.prepare_cached(SQL)?.exists([email])?))
    }

    /// The user with `email` (in lower case), and their password.
    pub(crate) fn find_credential(&self, email: &str) -> Result<Option<Credential>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            r#", "account"."password" FROM "user"
               LEFT JOIN "account" ON "account"."userId" = "user"."id"
                AND "account"."providerId" = 'credential'
                AND "account"."accountId" = "user"."id"
               WHERE "user"."email" = $1 LIMIT 1"#
        );
        self.sqlite.read(|db| {
            let found = db.prepare_cached(SQL)?.query_row([email], |row| {
                Ok(Credential { user: User::from_row(row, 0)?, password: row.get(7)? })
            });
            Ok(found.optional()?)
        })
    }

    /// Changes what a user says of themselves; a name of `None` stays as it is.
    pub(crate) async fn update_profile(
        &self,
        user_id: String,
        name: Option<String>,
        image: NewImage,
        now: Date,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"UPDATE "user" SET "name" = coalesce($1, "name"),
            "image" = CASE WHEN $2 THEN $3 ELSE "image" END, "updatedAt" = $4 WHERE "id" = $5"#;
        self.sqlite
            .write(move |db| {
                let (changes, image) = match image {
                    NewImage::AsBefore => (false, None),
                    NewImage::None => (true, None),
                    NewImage::Some(image) => (true, Some(image)),
                };
                let values = params![name, changes, image, now.to_string(), user_id];
                db.prepare_cached(SQL)?.execute(values)?;
                Ok(())
            })
            .await
    }

    /// Deletes a user with all sessions and accounts, unless the session that asks has gone. Says
    /// whether they were deleted.
    pub(crate) async fn delete_user(
        &self,
        user_id: String,
        token: String,
    ) -> Result<bool, StoreError> {
        const ASKS: &str = r#"SELECT 1 FROM "session" WHERE "token" = $1 AND "userId" = $2"#;
        // Sessions and accounts by name: tables that others have made may not cascade.
        const DELETE: [&str; 3] = [
            r#"DELETE FROM "session" WHERE "userId" = $1"#,
            r#"DELETE FROM "account" WHERE "userId" = $1"#,
            r#"DELETE FROM "user" WHERE "id" = $1"#,
        ];
        self.sqlite
            .write(move |db| {
                if !db.prepare_cached(ASKS)?.exists([&token, &user_id])? {
                    return Ok(false);
                }
                for sql in DELETE {
                    db.prepare_cached(sql)?.execute([&user_id])?;
                }
                Ok(true)
            })
            .await
    }

    /// Writes a new user with their account and first session.
    pub(crate) async fn create_user(&self, new: NewUser) -> Result<(), CreateUserError> {
        const USER: &str = r#"INSERT INTO "user"
            ("id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt")
            VALUES ($1, $2, $3, $4, $5, $6, $7)"#;
        const ACCOUNT: &str = r#"INSERT INTO "account"
            ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt")
            VALUES ($1, $2, 'credential', $3, $4, $5, $6)"#;
        self.sqlite
            .write(move |db| {
                let NewUser { user, account_id, password, session } = new;
                let created = user.created_at.to_string();
                let updated = user.updated_at.to_string();
                db.prepare_cached(USER)
                    .map_err(StoreError::from)?
                    .execute(params![
                        user.id,
                        user.name,
                        user.email,
                        user.email_verified,
                        user.image,
                        created,
                        updated
                    ])
                    .map_err(taken_or_failed)?;
                db.prepare_cached(ACCOUNT)
                    .map_err(StoreError::from)?
                    .execute(params![account_id, user.id, user.id, password, created, updated])
                    .map_err(StoreError::from)?;
                if let Some(session) = session {
                    session::insert(db, &session)?;
                }
                Ok(())
            })
            .await
    }
}

fn taken_or_failed(error: rusqlite::Error) -> CreateUserError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => CreateUserError::EmailTaken,
        _ => CreateUserError::Store(error.into()),
    }
}
