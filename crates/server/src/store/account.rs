//! The accounts of a user: how they may sign in.

use super::engine::{Row, values};
use super::{Store, StoreError};
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
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            account_id: row.text(1)?,
            provider_id: row.text(2)?,
            user_id: row.text(3)?,
            scope: row.optional_text(4)?,
            created_at: row.date(5)?,
            updated_at: row.date(6)?,
        })
    }
}

impl Store {
    /// The accounts of a user.
    pub(crate) async fn list_accounts(&self, user_id: &str) -> Result<Vec<Account>, StoreError> {
        const SQL: &str = r#"SELECT "id", "accountId", "providerId", "userId", "scope",
            "createdAt", "updatedAt" FROM "account" WHERE "userId" = $1"#;
        self.engine.all(SQL, values![user_id], Account::from_row).await
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
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(&user_id).await?;
                    let count = tx.first(COUNT, values![&user_id], |row| row.integer(0)).await?;
                    if count == Some(1) {
                        return Err(UnlinkError::Last);
                    }
                    match tx.execute(DELETE, values![&id, &user_id]).await {
                        // What is no id of this database's kind is the id of nothing.
                        Ok(0) | Err(StoreError::Unstorable) => Err(UnlinkError::NotFound),
                        Ok(_) => Ok(()),
                        Err(error) => Err(error.into()),
                    }
                })
            })
            .await
    }
}
