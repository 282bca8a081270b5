//! Users and their password accounts.

use super::engine::{Row, Tx, Value, values};
use super::schema::Shape;
use super::session::{self, Session};
use super::{Store, StoreError, additional};
use crate::clock::Date;
use crate::fields::{Additional, Changes};

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
    pub(crate) additional: Additional,
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
    /// Another user has the address, maybe only since a moment ago, or another value that may be
    /// there once.
    #[error("the address is taken")]
    Taken,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CreateUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Taken,
            error => Self::Store(error),
        }
    }
}

/// The columns of [`User::from_row`], from `offset`.
macro_rules! columns {
    () => {
        r#""user"."id", "user"."name", "user"."email", "user"."emailVerified", "user"."image",
           "user"."createdAt", "user"."updatedAt""#
    };
}
pub(super) use columns;

/// The same columns, as a new user has them.
pub(super) const NAMES: [&str; 7] =
    ["id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"];

/// What a new user has in them, and in the additional fields.
pub(super) fn values(user: &User) -> impl Iterator<Item = Value<'_>> {
    let own = [
        Value::from(&user.id),
        Value::from(&user.name),
        Value::from(&user.email),
        Value::from(user.email_verified),
        Value::from(&user.image),
        Value::from(user.created_at),
        Value::from(user.updated_at),
    ];
    own.into_iter().chain(additional::values(&user.additional))
}

impl User {
    /// Without additional fields.
    pub(super) fn from_row(row: &Row<'_>, offset: usize) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(offset)?,
            name: row.text(offset + 1)?,
            email: row.text(offset + 2)?,
            email_verified: row.bool(offset + 3)?,
            image: row.optional_text(offset + 4)?,
            created_at: row.date(offset + 5)?,
            updated_at: row.date(offset + 6)?,
            additional: Additional::default(),
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
        let statements = &self.statements;
        let read = |row: &Row<'_>| statements.user(row, 0);
        self.engine.first(&statements.find_user, values![id], read).await
    }

    /// The user with `email` (in lower case), and their password.
    pub(crate) async fn find_credential(
        &self,
        email: &str,
    ) -> Result<Option<Credential>, StoreError> {
        let statements = &self.statements;
        self.engine
            .first(&statements.find_credential, values![email], |row| {
                let password = row.optional_text(statements.after_user())?;
                Ok(Credential { user: statements.user(row, 0)?, password })
            })
            .await
    }

    /// Changes what a user says of themselves; a name of `None` stays as it is. `None` when the user
    /// was deleted meanwhile.
    pub(crate) async fn update_profile(
        &self,
        user_id: String,
        name: Option<String>,
        image: NewImage,
        more: Changes,
        now: Date,
    ) -> Result<Option<User>, StoreError> {
        let (changes, image) = match image {
            NewImage::AsBefore => (false, None),
            NewImage::None => (true, None),
            NewImage::Some(image) => (true, Some(image)),
        };
        let statements = self.statements.clone();
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let mut values: Vec<Value<'_>> = values![&name, changes, &image, now].to_vec();
                    values.extend(additional::changes(&statements.user_fields, &more));
                    values.push(Value::from(&user_id));
                    let read = |row: &Row<'_>| statements.user(row, 0);
                    tx.first(&statements.update_profile, &values, read).await
                })
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
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let asks = has_session(tx, &token, &user_id).await?;
                    if asks {
                        delete(tx, &user_id).await?;
                    }
                    Ok(asks)
                })
            })
            .await
    }

    /// Writes a new user with their account and first session.
    pub(crate) async fn create_user(&self, new: NewUser) -> Result<(), CreateUserError> {
        let statements = self.statements.clone();
        let shape = self.shape;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let NewUser { user, account_id, password, session } = &new;
                    let values: Vec<Value<'_>> = values(user).collect();
                    if let Err(error) = tx.execute(&statements.insert_user, &values).await {
                        return Err(CreateUserError::from(error));
                    }
                    let account = NewAccount {
                        id: account_id,
                        user_id: &user.id,
                        password,
                        now: user.created_at,
                    };
                    account.insert(tx, shape).await?;
                    if let Some(session) = session {
                        session::insert(tx, &statements, session).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Whether a user has the session with `token`.
pub(super) async fn has_session(tx: &Tx, token: &str, user_id: &str) -> Result<bool, StoreError> {
    const SQL: &str = r#"SELECT 1 FROM "session" WHERE "token" = $1 AND "userId" = $2"#;
    Ok(tx.first(SQL, values![token, user_id], |_| Ok(())).await?.is_some())
}

/// Deletes a user. Sessions and accounts by name: tables that others have made may not cascade.
pub(super) async fn delete(tx: &Tx, user_id: &str) -> Result<(), StoreError> {
    const SQL: [&str; 3] = [
        r#"DELETE FROM "session" WHERE "userId" = $1"#,
        r#"DELETE FROM "account" WHERE "userId" = $1"#,
        r#"DELETE FROM "user" WHERE "id" = $1"#,
    ];
    for sql in SQL {
        tx.execute(sql, values![user_id]).await?;
    }
    Ok(())
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
