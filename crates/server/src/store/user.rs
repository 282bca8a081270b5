//! Users and their password accounts.

use super::engine::{Row, Tx, values};
use super::schema::Shape;
use super::session::{self, Session};
use super::{Store, StoreError};
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
    pub(super) fn from_row(row: &Row<'_>, offset: usize) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(offset)?,
            name: row.text(offset + 1)?,
            email: row.text(offset + 2)?,
            email_verified: row.bool(offset + 3)?,
            image: row.optional_text(offset + 4)?,
            created_at: row.date(offset + 5)?,
            updated_at: row.date(offset + 6)?,
        })
    }
}

impl Store {
    /// Whether `email` (in lower case) belongs to a user.
    pub(crate) async fn has_email(&self, email: &str) -> Result<bool, StoreError> {
        const SQL: &str = r#"SELECT 1 FROM "user" WHERE "email" = $1"#;
        Ok(self.engine.first(SQL, values![email], |_| Ok(())).await?.is_some())
    }

    /// The user with `id`.
    pub(crate) async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(), r#" FROM "user" WHERE "user"."id" = $1"#);
        self.engine.first(SQL, values![id], |row| User::from_row(row, 0)).await
    }

    /// The user with `email` (in lower case), and their password.
    pub(crate) async fn find_credential(
        &self,
        email: &str,
    ) -> Result<Option<Credential>, StoreError> {
        // An account's id is text even where a user's is not.
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            r#", "account"."password" FROM "user"
               LEFT JOIN "account" ON "account"."userId" = "user"."id"
                AND "account"."providerId" = 'credential'
                AND "account"."accountId" = CAST("user"."id" AS text)
               WHERE "user"."email" = $1 LIMIT 1"#
        );
        self.engine
            .first(SQL, values![email], |row| {
                Ok(Credential { user: User::from_row(row, 0)?, password: row.optional_text(7)? })
            })
            .await
    }

    /// Changes what a user says of themselves; a name of `None` stays as it is.
    pub(crate) async fn update_profile(
        &self,
        user_id: &str,
        name: Option<String>,
        image: NewImage,
        now: Date,
    ) -> Result<(), StoreError> {
        const SQL: &str = r#"UPDATE "user" SET "name" = coalesce($1, "name"),
            "image" = CASE WHEN $2 THEN $3 ELSE "image" END, "updatedAt" = $4 WHERE "id" = $5"#;
        let (changes, image) = match image {
            NewImage::AsBefore => (false, None),
            NewImage::None => (true, None),
            NewImage::Some(image) => (true, Some(image)),
        };
        let values = values![name, changes, image, now, user_id];
        self.engine.execute(SQL, values).await.map(drop)
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
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let asks = tx.first(ASKS, values![&token, &user_id], |_| Ok(())).await?;
                    if asks.is_none() {
                        return Ok(false);
                    }
                    for sql in DELETE {
                        tx.execute(sql, values![&user_id]).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// Writes a new user with their account and first session.
    pub(crate) async fn create_user(&self, new: NewUser) -> Result<(), CreateUserError> {
        const USER: &str = r#"INSERT INTO "user"
            ("id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt")
            VALUES ($1, $2, $3, $4, $5, $6, $7)"#;
        let shape = self.shape;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let NewUser { user, account_id, password, session } = &new;
                    let values = values![
                        &user.id,
                        &user.name,
                        &user.email,
                        user.email_verified,
                        &user.image,
                        user.created_at,
                        user.updated_at
                    ];
                    tx.execute(USER, values).await.map_err(|error| match error {
                        StoreError::Conflict(_) => CreateUserError::EmailTaken,
                        error => CreateUserError::Store(error),
                    })?;
                    let account = NewAccount {
                        id: account_id,
                        user_id: &user.id,
                        password,
                        now: user.created_at,
                    };
                    account.insert(tx, shape).await?;
                    if let Some(session) = session {
                        session::insert(tx, session).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// An account with a password.
pub(super) struct NewAccount<'a> {
    pub(super) id: &'a str,
    pub(super) user_id: &'a str,
    /// Its hash.
    pub(super) password: &'a str,
    pub(super) now: Date,
}

impl NewAccount<'_> {
    pub(super) async fn insert(&self, tx: &Tx, shape: Shape) -> Result<(), StoreError> {
        const PLAIN: &str = r#"INSERT INTO "account"
            ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt")
            VALUES ($1, $2, 'credential', $3, $4, $5, $6)"#;
        const WITH_ISSUER: &str = r#"INSERT INTO "account"
            ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt",
             "issuer")
            VALUES ($1, $2, 'credential', $3, $4, $5, $6, 'local:credential')"#;
        let sql = if shape.account_issuer { WITH_ISSUER } else { PLAIN };
        let Self { id, user_id, password, now } = *self;
        tx.execute(sql, values![id, user_id, user_id, password, now, now]).await?;
        Ok(())
    }
}
