//! The accounts of a user: how they may sign in.

use rusqlite::Row;

use super::{Store, StoreError, date};
use crate::clock::Date;

/// A row of `account`, without what is secret in it.
#[expect(clippy::struct_field_names, reason = "the names are upstream's")]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) provider_id: String,
    pub(crate) user_id: String,
    /// What the provider has granted, with commas between.
    pub(crate) scope: Option<String>,
    pub(crate) created_at: Date,
    pub(crate) updated_at: Date,
}

/// Why an account was not unlinked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnlinkError {
    /// It is the user's only one: without it nobody could sign in any more.
    #[error("it is the last account")]
    Last,
    /// The user has no such account.
    #[error("there is no such account")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Account {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account_id: row.get(1)?,
            provider_id: row.get(2)?,
            user_id: row.get(3)?,
            scope: row.get(4)?,
            created_at: date(row, 5)?,
            updated_at: date(row, 6)?,
        })
    }
}

impl Store {
    /// The accounts of a user.
    pub(crate) fn list_accounts(&self, user_id: &str) -> Result<Vec<Account>, StoreError> {
        const SQL: &str = r#"SELECT "id", "accountId", "providerId", "userId", "scope",
            "createdAt", "updatedAt" FROM "account" WHERE "userId" = $1"#;
        self.sqlite.read(|db| {
            let mut statement = db.prepare_cached(SQL)?;
            let rows = statement.query_map([user_id], Account::from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Deletes an account of a user, unless it is the only one: of two requests at once that name
    /// the last two, one is refused.
    pub(crate) async fn unlink_account(
        &self,
        id: String,
        user_id: String,
    ) -> Result<(), UnlinkError> {
        const COUNT: &str = r#"SELECT count(*) FROM "account" WHERE "userId" = $1"#;
        const DELETE: &str = r#"DELETE FROM "account" WHERE "id" = $1 AND "userId" = $2"#;
        self.sqlite
            .write(move |db| {
                let run = || -> rusqlite::Result<(i64, usize)> {
                    let count =
                        db.prepare_cached(COUNT)?.query_row([&user_id], |row| row.get(0))?;
                    if count == 1 {
                        return Ok((count, 0));
                    }
                    let deleted = db.prepare_cached(DELETE)?.execute([&id, &user_id])?;
                    Ok((count, deleted))
                };
                match run().map_err(StoreError::from)? {
                    (1, _) => Err(UnlinkError::Last),
                    (_, 0) => Err(UnlinkError::NotFound),
                    _ => Ok(()),
                }
            })
            .await
    }
}
