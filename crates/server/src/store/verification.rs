//! Things to be proved by a token that was mailed. Rows are as upstream's; a token is used up in the
//! same transaction as what it is for.

use super::engine::{Tx, values};
use super::schema::Shape;
use super::user::NewAccount;
use super::{Store, StoreError};
use crate::clock::Date;

/// A row of `verification`.
pub(crate) struct Verification {
    pub(crate) id: String,
    /// What is to be proved, the token included.
    pub(crate) identifier: String,
    pub(crate) value: String,
    pub(crate) expires_at: Date,
    pub(crate) created_at: Date,
}

/// What a password reset writes, if its token is still good.
pub(crate) struct PasswordReset {
    pub(crate) identifier: String,
    /// The new hash.
    pub(crate) password: String,
    /// The id of an account, should the user have none with a password.
    pub(crate) account_id: String,
    pub(crate) revoke_sessions: bool,
    pub(crate) now: Date,
}

impl Store {
    /// Writes what the user with `email` (in lower case) may prove, with their id as its value; says
    /// whether there is such a user. For an unknown address a row is written and taken back in the
    /// same transaction, so that the disk has the same work.
    pub(crate) async fn add_verification_for(
        &self,
        email: String,
        row: Verification,
    ) -> Result<bool, StoreError> {
        const FIND: &str = r#"SELECT "id" FROM "user" WHERE "email" = $1"#;
        const CLEAN: &str = r#"DELETE FROM "verification" WHERE "expiresAt" < $1"#;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(CLEAN, values![row.created_at]).await?;
                    let user = tx.first(FIND, values![&email], |row| row.text(0)).await?;
                    let is_known = user.is_some();
                    // An id is as long as this one, so that the row is too.
                    let row = Verification { value: user.unwrap_or_else(|| row.id.clone()), ..row };
                    insert(tx, &row).await?;
                    if !is_known {
                        undo(tx, &row.id).await?;
                    }
                    Ok(is_known)
                })
            })
            .await
    }

    /// Writes a row and takes it back: to the disk and to whoever waits, work like any other.
    pub(crate) async fn write_nothing(&self, id: String, now: Date) -> Result<(), StoreError> {
        let row = Verification {
            identifier: id.clone(),
            value: id.clone(),
            id,
            expires_at: now,
            created_at: now,
        };
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    insert(tx, &row).await?;
                    undo(tx, &row.id).await
                })
            })
            .await
    }

    /// Marks the address of a user as verified; `false` when it was before, or is not theirs any more.
    pub(crate) async fn verify_email(
        &self,
        user_id: &str,
        email: &str,
        now: Date,
    ) -> Result<bool, StoreError> {
        const SQL: &str = r#"UPDATE "user" SET "emailVerified" = TRUE, "updatedAt" = $1
            WHERE "id" = $2 AND "email" = $3 AND "emailVerified" = FALSE"#;
        Ok(self.engine.execute(SQL, values![now, user_id, email]).await? > 0)
    }

    /// The newest row with `identifier`, expired or not.
    pub(crate) async fn find_verification(
        &self,
        identifier: &str,
    ) -> Result<Option<Verification>, StoreError> {
        const SQL: &str = r#"SELECT "id", "identifier", "value", "expiresAt", "createdAt"
            FROM "verification" WHERE "identifier" = $1 ORDER BY "createdAt" DESC LIMIT 1"#;
        self.engine
            .first(SQL, values![identifier], |row| {
                Ok(Verification {
                    id: row.text(0)?,
                    identifier: row.text(1)?,
                    value: row.text(2)?,
                    expires_at: row.date(3)?,
                    created_at: row.date(4)?,
                })
            })
            .await
    }

    /// Uses the token up and sets the password of the user it is for; `false` when it was used up
    /// or has expired meanwhile, and then nothing is changed.
    pub(crate) async fn reset_password(&self, reset: PasswordReset) -> Result<bool, StoreError> {
        const CONSUME: &str = r#"DELETE FROM "verification"
            WHERE "identifier" = $1 AND "expiresAt" >= $2 RETURNING "value""#;
        const REVOKE: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        let shape = self.shape;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let values = values![&reset.identifier, reset.now];
                    let users = tx.all(CONSUME, values, |row| row.text(0)).await?;
                    let [user_id] = users.as_slice() else { return Ok(false) };
                    if reset.revoke_sessions {
                        tx.execute(REVOKE, values![user_id]).await?;
                    }
                    set_password(tx, shape, user_id, &reset).await?;
                    Ok(true)
                })
            })
            .await
    }
}

async fn insert(tx: &Tx, row: &Verification) -> Result<(), StoreError> {
    const SQL: &str = r#"INSERT INTO "verification"
        ("id", "identifier", "value", "expiresAt", "createdAt", "updatedAt")
        VALUES ($1, $2, $3, $4, $5, $6)"#;
    let values = values![
        &row.id,
        &row.identifier,
        &row.value,
        row.expires_at,
        row.created_at,
        row.created_at
    ];
    tx.execute(SQL, values).await?;
    Ok(())
}

async fn undo(tx: &Tx, id: &str) -> Result<(), StoreError> {
    tx.execute(r#"DELETE FROM "verification" WHERE "id" = $1"#, values![id]).await?;
    Ok(())
}

/// Whoever came by another way, a provider's say, gets an account with a password.
async fn set_password(
    tx: &Tx,
    shape: Shape,
    user_id: &str,
    reset: &PasswordReset,
) -> Result<(), StoreError> {
    const UPDATE: &str = r#"UPDATE "account" SET "password" = $1, "updatedAt" = $2
        WHERE "userId" = $3 AND "providerId" = 'credential' AND "accountId" = $4"#;
    let PasswordReset { password, now, account_id, .. } = reset;
    if tx.execute(UPDATE, values![password, *now, user_id, user_id]).await? == 0 {
        let account = NewAccount { id: account_id, user_id, password, now: *now };
        account.insert(tx, shape).await?;
    }
    Ok(())
}
