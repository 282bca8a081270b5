//! Things to be proved by a token that was mailed. Rows are as upstream's; a token is used up in the
//! same transaction as what it is for.

use rusqlite::{Connection, OptionalExtension, params};

use super::user::{User, columns as user_columns};
use super::{Store, StoreError, date};
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
        self.sqlite
            .write(move |db| {
                db.prepare_cached(CLEAN)?.execute([row.created_at.to_string()])?;
                let user = db.prepare_cached(FIND)?.query_row([email], |row| row.get(0));
                let user: Option<String> = user.optional()?;
                let is_known = user.is_some();
                // An id is as long as this one, so that the row is too.
                let row = Verification { value: user.unwrap_or_else(|| row.id.clone()), ..row };
                insert(db, &row)?;
                if !is_known {
                    undo(db, &row.id)?;
                }
                Ok(is_known)
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
        self.sqlite
            .write(move |db| {
                insert(db, &row)?;
                undo(db, &row.id)
            })
            .await
    }

    /// Marks the address of a user as verified; `false` when it was before, or is not theirs any more.
    pub(crate) async fn verify_email(
        &self,
        user_id: String,
        email: String,
        now: Date,
    ) -> Result<bool, StoreError> {
        const SQL: &str = r#"UPDATE "user" SET "emailVerified" = 1, "updatedAt" = $1
            WHERE "id" = $2 AND "email" = $3 AND "emailVerified" = 0"#;
        self.sqlite
            .write(move |db| {
                let changed = db.prepare_cached(SQL)?.execute([now.to_string(), user_id, email])?;
                Ok(changed > 0)
            })
            .await
    }

    /// The newest row with `identifier`, expired or not.
    pub(crate) fn find_verification(
        &self,
        identifier: &str,
    ) -> Result<Option<Verification>, StoreError> {
        const SQL: &str = r#"SELECT "id", "identifier", "value", "expiresAt", "createdAt"
            FROM "verification" WHERE "identifier" = $1 ORDER BY "createdAt" DESC LIMIT 1"#;
        self.sqlite.read(|db| {
            let found = db.prepare_cached(SQL)?.query_row([identifier], |row| {
                Ok(Verification {
                    id: row.get(0)?,
                    identifier: row.get(1)?,
                    value: row.get(2)?,
                    expires_at: date(row, 3)?,
                    created_at: date(row, 4)?,
                })
            });
            Ok(found.optional()?)
        })
    }

    /// The user with `id`.
    pub(crate) fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        const SQL: &str =
            concat!("SELECT ", user_columns!(), r#" FROM "user" WHERE "user"."id" = $1"#);
        self.sqlite.read(|db| {
            let found = db.prepare_cached(SQL)?.query_row([id], |row| User::from_row(row, 0));
            Ok(found.optional()?)
        })
    }

    /// Uses the token up and sets the password of the user it is for; `false` when it was used up
    /// or has expired meanwhile, and then nothing is changed.
    pub(crate) async fn reset_password(&self, reset: PasswordReset) -> Result<bool, StoreError> {
        const CONSUME: &str = r#"DELETE FROM "verification"
            WHERE "identifier" = $1 AND "expiresAt" >= $2 RETURNING "value""#;
        const REVOKE: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        self.sqlite
            .write(move |db| {
                let mut consume = db.prepare_cached(CONSUME)?;
                let values = consume
                    .query_map([&reset.identifier, &reset.now.to_string()], |row| row.get(0))?;
                // All rows of the identifier are to go, so all are asked for.
                let users: Vec<String> = values.collect::<Result<_, _>>()?;
                let [user_id] = users.as_slice() else { return Ok(false) };
                if reset.revoke_sessions {
                    db.prepare_cached(REVOKE)?.execute([user_id])?;
                }
                set_password(db, user_id, &reset)?;
                Ok(true)
            })
            .await
    }
}

fn insert(db: &Connection, row: &Verification) -> Result<(), StoreError> {
    const SQL: &str = r#"INSERT INTO "verification"
        ("id", "identifier", "value", "expiresAt", "createdAt", "updatedAt")
        VALUES ($1, $2, $3, $4, $5, $6)"#;
    let created = row.created_at.to_string();
    let expires = row.expires_at.to_string();
    db.prepare_cached(SQL)?.execute(params![
        row.id,
        row.identifier,
        row.value,
        expires,
        created,
        created
    ])?;
    Ok(())
}

fn undo(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached(r#"DELETE FROM "verification" WHERE "id" = $1"#)?.execute([id])?;
    Ok(())
}

/// Whoever came by another way, a provider's say, gets an account with a password.
fn set_password(db: &Connection, user_id: &str, reset: &PasswordReset) -> Result<(), StoreError> {
    const UPDATE: &str = r#"UPDATE "account" SET "password" = $1, "updatedAt" = $2
        WHERE "userId" = $3 AND "providerId" = 'credential' AND "accountId" = $3"#;
    const INSERT: &str = r#"INSERT INTO "account"
        ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt")
        VALUES ($1, $2, 'credential', $2, $3, $4, $4)"#;
    let now = reset.now.to_string();
    let changed = db.prepare_cached(UPDATE)?.execute(params![reset.password, now, user_id])?;
    if changed == 0 {
        db.prepare_cached(INSERT)?.execute(params![
            reset.account_id,
            user_id,
            reset.password,
            now
        ])?;
    }
    Ok(())
}
