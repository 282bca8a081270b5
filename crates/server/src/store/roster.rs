//! Users as an operator handles them: looked at, and written many at a time.

use serde_json::{Map, Value as Json};

use super::engine::{Row, Tx, Value, values};
use super::schema::Shape;
use super::statements::Statements;
use super::user::{self, NewAccount, User};
use super::{Store, StoreError, additional};
use crate::clock::Date;
use crate::fields::Changes;

/// Rows that one statement writes, at most.
const ROWS: usize = 50;

/// Values that one statement has, at most: fewer than either engine's own limit.
const VALUES: usize = 30_000;

/// A user as an operator sees them: nothing that would let anybody in.
#[derive(Clone, Debug, PartialEq)]
pub struct UserSummary {
    /// The row's id.
    pub id: String,
    /// In lower case.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Whether they have proved that the address is theirs.
    pub email_verified: bool,
    /// Where their picture is.
    pub image: Option<String>,
    /// When they signed up.
    pub created_at: Date,
    /// When the row was last changed.
    pub updated_at: Date,
    /// The additional fields that clients may see.
    pub additional: Map<String, Json>,
}

impl From<User> for UserSummary {
    fn from(user: User) -> Self {
        let seen = user.additional.iter().filter(|(field, _)| field.returned);
        Self {
            additional: seen.map(|(field, value)| (field.name.clone(), value.clone())).collect(),
            id: user.id,
            email: user.email,
            name: user.name,
            email_verified: user.email_verified,
            image: user.image,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// Which users are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by who asks")]
pub struct UserFilter {
    /// A part of the address or the name, in any case.
    pub search: Option<String>,
    /// Whether the address is verified.
    pub email_verified: Option<bool>,
    /// Those after this address.
    pub after: Option<String>,
}

/// A user to be made, and their password's hash.
#[derive(Clone)]
pub(crate) struct NewRow {
    pub(crate) user: User,
    pub(crate) account_id: String,
    pub(crate) hash: Option<String>,
}

/// What is to be changed in a user; what is `None` stays.
pub(crate) struct RevisedRow {
    pub(crate) user_id: String,
    pub(crate) name: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) email_verified: Option<bool>,
    pub(crate) changes: Changes,
    pub(crate) account_id: String,
    pub(crate) hash: Option<String>,
}

impl Store {
    /// Users in the order of their addresses, at most `limit`.
    pub async fn summarize_users(
        &self,
        filter: &UserFilter,
        limit: u32,
    ) -> Result<Vec<UserSummary>, StoreError> {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut values = Vec::new();
        if let Some(text) = &filter.search {
            let pattern = like(&text.to_lowercase());
            conditions.push(
                r#"(lower("email") LIKE $1 ESCAPE '!' OR lower("name") LIKE $2 ESCAPE '!')"#
                    .to_owned(),
            );
            values.extend([Value::from(pattern.clone()), Value::from(pattern)]);
        }
        if let Some(is_verified) = filter.email_verified {
            values.push(Value::from(is_verified));
            conditions.push(format!(r#""emailVerified" = ${}"#, values.len()));
        }
        if let Some(after) = &filter.after {
            values.push(Value::from(after));
            conditions.push(format!(r#""email" > ${}"#, values.len()));
        }
        let sql = format!(
            r#"{} WHERE {} ORDER BY "email" LIMIT {limit}"#,
            self.select_users(),
            conditions.join(" AND ")
        );
        let statements = &self.statements;
        self.engine.all(&sql, &values, |row| Ok(statements.user(row, 0)?.into())).await
    }

    /// The user with this id or e-mail address.
    pub async fn summarize_user(&self, user: &str) -> Result<Option<UserSummary>, StoreError> {
        let sql =
            format!(r#"{} WHERE CAST("id" AS text) = $1 OR "email" = $2"#, self.select_users());
        let values = values![user, user.to_lowercase()];
        let statements = &self.statements;
        self.engine.first(&sql, values, |row| Ok(statements.user(row, 0)?.into())).await
    }

    /// How a user signs in, by the names of the providers; `credential` is a password.
    pub async fn providers_of(&self, user_id: &str) -> Result<Vec<String>, StoreError> {
        let accounts = self.list_accounts(user_id).await?;
        Ok(accounts.into_iter().map(|account| account.provider_id).collect())
    }

    /// How many sessions of a user are alive.
    pub async fn count_sessions(&self, user_id: &str, now: Date) -> Result<u64, StoreError> {
        const SQL: &str =
            r#"SELECT count(*) FROM "session" WHERE "userId" = $1 AND "expiresAt" > $2"#;
        let count = self.engine.first(SQL, values![user_id, now], |row| row.integer(0)).await?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    fn select_users(&self) -> String {
        let more = additional::columns("user", &self.statements.user_fields);
        format!(r#"SELECT {}{more} FROM "user""#, user::columns!())
    }

    /// Sets a user's password, and says how many sessions that has ended. Links of resets that are
    /// on their way are void.
    pub(crate) async fn set_password(
        &self,
        user_id: String,
        account_id: String,
        hash: String,
        ends_sessions: bool,
        now: Date,
    ) -> Result<u64, StoreError> {
        const END: &str = r#"DELETE FROM "session" WHERE "userId" = $1"#;
        const VOID: &str = r#"DELETE FROM "verification" WHERE "value" = $1
            AND "identifier" LIKE 'reset-password:%'"#;
        let shape = self.shape;
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    write_hash(tx, shape, &user_id, &account_id, &hash, now).await?;
                    tx.execute(VOID, values![&user_id]).await?;
                    if ends_sessions { tx.execute(END, values![&user_id]).await } else { Ok(0) }
                })
            })
            .await
    }

    /// Id and address of each user who has one of these.
    pub(crate) async fn find_taken(
        &self,
        emails: &[&str],
        ids: &[&str],
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut taken = Vec::new();
        for (column, wanted) in [("email", emails), ("id", ids)] {
            for wanted in wanted.chunks(ROWS) {
                let places: Vec<String> = (1..=wanted.len()).map(|at| format!("${at}")).collect();
                let sql = format!(
                    r#"SELECT "id", "email" FROM "user" WHERE "{column}" IN ({})"#,
                    places.join(", ")
                );
                let values: Vec<Value<'_>> = wanted.iter().map(|text| Value::from(*text)).collect();
                let read = |row: &Row<'_>| Ok((row.text(0)?, row.text(1)?));
                taken.extend(self.engine.all(&sql, &values, read).await?);
            }
        }
        Ok(taken)
    }

    /// Writes all of it or nothing.
    pub(crate) async fn write_users(
        &self,
        new: Vec<NewRow>,
        revised: Vec<RevisedRow>,
        now: Date,
    ) -> Result<(), StoreError> {
        let (statements, shape) = (self.statements.clone(), self.shape);
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    insert_users(tx, &statements, &new).await?;
                    let with_password: Vec<_> =
                        new.iter().filter_map(|row| Some((row, row.hash.as_deref()?))).collect();
                    insert_accounts(tx, shape, &with_password, now).await?;
                    for row in &revised {
                        revise(tx, &statements, shape, row, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn insert_users(tx: &Tx, statements: &Statements, new: &[NewRow]) -> Result<(), StoreError> {
    let fields = &statements.user_fields;
    let columns = user::NAMES.len() + fields.all().len();
    for rows in new.chunks(ROWS.min(VALUES / columns).max(1)) {
        let sql = additional::insert_rows("user", &user::NAMES, fields, rows.len());
        let mut values = Vec::with_capacity(rows.len() * columns);
        for NewRow { user, .. } in rows {
            values.extend(user::values(user));
        }
        tx.execute(&sql, &values).await?;
    }
    Ok(())
}

async fn insert_accounts(
    tx: &Tx,
    shape: Shape,
    accounts: &[(&NewRow, &str)],
    now: Date,
) -> Result<(), StoreError> {
    const COLUMNS: usize = 6;
    let (name, value) =
        if shape.account_issuer { (r#", "issuer""#, ", 'local:credential'") } else { ("", "") };
    for rows in accounts.chunks(ROWS) {
        let row = |row: usize| {
            let at = row * COLUMNS;
            format!(
                "(${}, ${}, 'credential', ${}, ${}, ${}, ${}{value})",
                at + 1,
                at + 2,
                at + 3,
                at + 4,
                at + 5,
                at + 6
            )
        };
        let places: Vec<String> = (0..rows.len()).map(row).collect();
        let sql = format!(
            r#"INSERT INTO "account" ("id", "accountId", "providerId", "userId", "password",
               "createdAt", "updatedAt"{name}) VALUES {}"#,
            places.join(", ")
        );
        let mut values = Vec::with_capacity(rows.len() * COLUMNS);
        for (NewRow { user, account_id, .. }, hash) in rows {
            values.extend_from_slice(values![account_id, &user.id, &user.id, *hash, now, now]);
        }
        tx.execute(&sql, &values).await?;
    }
    Ok(())
}

async fn revise(
    tx: &Tx,
    statements: &Statements,
    shape: Shape,
    row: &RevisedRow,
    now: Date,
) -> Result<(), StoreError> {
    const VERIFIED: &str = r#"UPDATE "user" SET "emailVerified" = $1 WHERE "id" = $2"#;
    let RevisedRow { user_id, name, image, email_verified, changes, account_id, hash } = row;
    let mut values = values![name, image.is_some(), image, now].to_vec();
    values.extend(additional::changes(&statements.user_fields, changes));
    values.push(Value::from(user_id));
    tx.first(&statements.update_profile, &values, |_| Ok(())).await?;
    if let Some(is_verified) = *email_verified {
        tx.execute(VERIFIED, values![is_verified, user_id]).await?;
    }
    if let Some(hash) = hash {
        write_hash(tx, shape, user_id, account_id, hash, now).await?;
    }
    Ok(())
}

/// Who had no password gets an account with one.
async fn write_hash(
    tx: &Tx,
    shape: Shape,
    user_id: &str,
    account_id: &str,
    hash: &str,
    now: Date,
) -> Result<(), StoreError> {
    const UPDATE: &str = r#"UPDATE "account" SET "password" = $1, "updatedAt" = $2
        WHERE "userId" = $3 AND "providerId" = 'credential' AND "accountId" = $4"#;
    if tx.execute(UPDATE, values![hash, now, user_id, user_id]).await? == 0 {
        NewAccount { id: account_id, user_id, password: hash, now }.insert(tx, shape).await?;
    }
    Ok(())
}

/// A pattern for texts that hold this one; what means something in a pattern means itself.
fn like(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern + "%"
}
