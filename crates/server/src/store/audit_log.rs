//! The audit log: a table of our own, to which rows are added.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::engine::{Row, Value, values};
use super::{Store, StoreError};
use crate::audit::AuditRecord;
use crate::clock::Date;

/// Rows that one statement removes at most: nobody waits long for its locks.
const REMOVED_AT_ONCE: u32 = 1000;

/// Which rows of the audit log are meant.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Those from then on.
    pub since: Option<Date>,
    /// Those before then.
    pub until: Option<Date>,
    /// Those of the user with this id.
    pub user_id: Option<String>,
    /// Those with this event.
    pub event: Option<String>,
}

impl AuditQuery {
    /// A condition on the rows, and its values.
    fn condition(&self) -> (String, Vec<Value<'static>>) {
        let (mut condition, mut values) = ("TRUE".to_owned(), Vec::new());
        let mut and = |column: &str, value: Option<Value<'static>>| {
            if let Some(value) = value {
                values.push(value);
                // Writing to a `String` cannot fail.
                let _ = write!(condition, " AND {column} ${}", values.len());
            }
        };
        and(r#""at" >="#, self.since.map(Value::from));
        and(r#""at" <"#, self.until.map(Value::from));
        and(r#""userId" ="#, self.user_id.clone().map(Value::from));
        and(r#""event" ="#, self.event.clone().map(Value::from));
        (condition, values)
    }
}

fn read(row: &Row<'_>) -> Result<AuditRecord, StoreError> {
    let details = serde_json::from_str(&row.text(9)?);
    let Ok(Json::Object(details)) = details else {
        return Err(StoreError::Unreadable { column: 9 });
    };
    Ok(AuditRecord {
        id: row.text(0)?,
        at: row.date(1)?,
        event: row.text(2)?,
        outcome: row.text(3)?,
        user_id: row.optional_text(4)?,
        session_id: row.optional_text(5)?,
        ip_address: row.optional_text(6)?,
        user_agent: row.optional_text(7)?,
        request_id: row.optional_text(8)?,
        details,
    })
}

impl Store {
    /// Adds a row, which may be removed from `expires_at` on.
    pub(crate) async fn add_audit_record(
        &self,
        record: &AuditRecord,
        expires_at: Date,
    ) -> Result<(), StoreError> {
        const INSERT: &str = r#"INSERT INTO "gatewright_audit_log" ("id", "at", "event", "outcome",
                "userId", "sessionId", "ipAddress", "userAgent", "requestId", "details", "expiresAt")
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#;
        let values = values![
            &record.id,
            record.at,
            &record.event,
            &record.outcome,
            &record.user_id,
            &record.session_id,
            &record.ip_address,
            &record.user_agent,
            &record.request_id,
            Json::from(record.details.clone()).to_string(),
            expires_at.milliseconds()
        ];
        self.ours.execute(INSERT, values).await.map(drop)
    }

    /// The last rows that are meant, at most `limit`; the oldest of them first.
    pub async fn audit_records(
        &self,
        query: &AuditQuery,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let (condition, values) = query.condition();
        let sql = format!(
            r#"SELECT "id", "at", "event", "outcome", "userId", "sessionId", "ipAddress",
                   "userAgent", "requestId", "details"
               FROM "gatewright_audit_log" WHERE {condition}
               ORDER BY "at" DESC, "id" DESC LIMIT {limit}"#
        );
        let mut records = self.ours.all(&sql, &values, read).await?;
        records.reverse();
        Ok(records)
    }

    /// Removes rows that expired before `before`; says whether there may be more.
    pub(crate) async fn remove_audit_records(&self, before: Date) -> Result<bool, StoreError> {
        let sql = format!(
            r#"DELETE FROM "gatewright_audit_log" WHERE "id" IN (
                   SELECT "id" FROM "gatewright_audit_log" WHERE "expiresAt" < $1
                   ORDER BY "expiresAt" LIMIT {REMOVED_AT_ONCE})"#
        );
        let removed = self.ours.execute(&sql, values![before.milliseconds()]).await?;
        Ok(removed >= u64::from(REMOVED_AT_ONCE))
    }

    /// The id of the user with this id or e-mail address.
    pub async fn find_user_id(&self, user: &str) -> Result<Option<String>, StoreError> {
        const SQL: &str =
            r#"SELECT "id" FROM "user" WHERE CAST("id" AS text) = $1 OR "email" = $2"#;
        let values = values![user, user.to_lowercase()];
        self.engine.first(SQL, values, |row| row.text(0)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::clock::Clock;
    use crate::store::testing::Database;

    fn record(id: &str, at: Date) -> AuditRecord {
        let mut details = Map::new();
        details.insert("count".to_owned(), 3.into());
        AuditRecord {
            id: id.to_owned(),
            at,
            event: "sign-in".to_owned(),
            outcome: "failed".to_owned(),
            user_id: None,
            session_id: None,
            ip_address: Some("192.0.2.1".to_owned()),
            user_agent: Some("a \"browser\"".to_owned()),
            request_id: Some("0123456789abcdef".to_owned()),
            details,
        }
    }

    #[tokio::test]
    async fn rows_are_given_as_they_were_written_the_last_ones_and_in_order() {
        for database in Database::both().await {
            let (store, now) = (database.open().await, Clock::system().now());
            let rows: Vec<_> = (0..5)
                .map(|number| AuditRecord {
                    user_id: (number == 3).then(|| "ada".to_owned()),
                    ..record(&number.to_string(), now.plus_seconds(number))
                })
                .collect();
            for row in &rows {
                store.add_audit_record(row, now.plus_seconds(86_400)).await.unwrap();
            }
            let all = AuditQuery::default();
            assert_eq!(store.audit_records(&all, 10).await.unwrap(), rows);
            assert_eq!(store.audit_records(&all, 2).await.unwrap(), rows[3..]);
            let query = AuditQuery {
                since: Some(now.plus_seconds(1)),
                until: Some(now.plus_seconds(4)),
                ..AuditQuery::default()
            };
            assert_eq!(store.audit_records(&query, 10).await.unwrap(), rows[1..4]);
            let hers = AuditQuery { user_id: Some("ada".to_owned()), ..query.clone() };
            assert_eq!(store.audit_records(&hers, 10).await.unwrap(), rows[3..4]);
            let none = AuditQuery { event: Some("sign-up".to_owned()), ..hers };
            assert_eq!(store.audit_records(&none, 10).await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn the_database_refuses_to_change_rows_and_to_remove_young_ones() {
        for database in Database::both().await {
            let (store, now) = (database.open().await, Clock::system().now());
            let (young, old) = (now.plus_seconds(60), now.plus_seconds(-7200));
            store.add_audit_record(&record("young", now), young).await.unwrap();
            store.add_audit_record(&record("old", old), old).await.unwrap();
            for change in [
                r#"UPDATE "gatewright_audit_log" SET "outcome" = 'ok' WHERE "id" = 'young'"#,
                r#"UPDATE "gatewright_audit_log" SET "expiresAt" = 0 WHERE "id" = 'old'"#,
                r#"DELETE FROM "gatewright_audit_log" WHERE "id" = 'young'"#,
                r#"DELETE FROM "gatewright_audit_log""#,
            ] {
                assert!(store.ours.execute(change, values![]).await.is_err(), "{change}");
            }
            assert_eq!(store.audit_records(&AuditQuery::default(), 9).await.unwrap().len(), 2);
            assert!(!store.remove_audit_records(now.plus_seconds(-3600)).await.unwrap());
            let left = store.audit_records(&AuditQuery::default(), 9).await.unwrap();
            assert_eq!(left, [record("young", now)]);
        }
    }
}
