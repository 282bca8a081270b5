//! Wrong passwords: a table of our own.

use super::engine::{Row, Tx, values};
use super::{Store, StoreError};
use crate::clock::Date;
use crate::lockout::{Counter, Rule};

/// Rows that there are at most. Each costs whoever adds it the time of a hash.
const MOST_ROWS: i64 = 1_000_000;

/// Rows that one statement removes at most: nobody waits long for its locks.
const REMOVED_AT_ONCE: u32 = 5000;

/// The counters that a failure counts in, by id, and what holds for each: first the account's.
#[derive(Clone, Debug)]
pub(crate) struct Failures(pub(crate) [(String, Rule); 2]);

/// Whether there is a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    Until(Date),
    None {
        /// Whether the account has failures.
        has_failures: bool,
        /// Whether one begins with this failure: for the account, for the address.
        begins: [bool; 2],
    },
}

const FIND: &str = r#"SELECT "id", "failures", "lastFailureAt", "lockedUntil"
    FROM "gatewright_lockout" WHERE "id" IN ($1, $2)"#;

fn read(row: &Row<'_>) -> Result<(String, Counter), StoreError> {
    let failures = u32::try_from(row.integer(1)?);
    let counter = Counter {
        failures: failures.map_err(|_negative| StoreError::Unreadable { column: 1 })?,
        last_failure: Date::from_milliseconds(row.integer(2)?),
        locked_until: Date::from_milliseconds(row.integer(3)?),
    };
    Ok((row.text(0)?, counter))
}

impl Failures {
    /// The counters as they are, in the same order.
    fn found(&self, rows: &[(String, Counter)]) -> [Option<Counter>; 2] {
        self.0.each_ref().map(|(id, _)| rows.iter().find(|row| row.0 == *id).map(|row| row.1))
    }

    fn lock(&self, found: &[Option<Counter>; 2], now: Date) -> Lock {
        let locks = self.0.iter().zip(found);
        let until =
            locks.filter_map(|((_, rule), counter)| rule.locked_until(counter.as_ref()?, now));
        match until.max() {
            Some(until) => Lock::Until(until),
            None => Lock::None { has_failures: found[0].is_some(), begins: [false; 2] },
        }
    }
}

impl Store {
    /// Whether there is a delay for any of the counters.
    pub(crate) async fn find_lock(
        &self,
        failures: &Failures,
        now: Date,
    ) -> Result<Lock, StoreError> {
        let Failures([(account, _), (address, _)]) = failures;
        let rows = self.ours.all(FIND, values![account, address], read).await?;
        Ok(failures.lock(&failures.found(&rows), now))
    }

    /// Counts a failure in each counter, unless there is a delay by now. Of those that come at once
    /// each is counted.
    pub(crate) async fn count_failure(
        &self,
        failures: Failures,
        now: Date,
    ) -> Result<Lock, StoreError> {
        self.ours.write(move |tx| Box::pin(async move { count(tx, &failures, now).await })).await
    }

    /// Forgets the failures of accounts.
    pub(crate) async fn forget_failures(&self, ids: &[String]) -> Result<(), StoreError> {
        const FORGET: &str = r#"DELETE FROM "gatewright_lockout" WHERE "id" = $1"#;
        for id in ids {
            self.ours.execute(FORGET, values![id]).await?;
        }
        Ok(())
    }

    /// Removes counters that last failed before `before`, and the oldest where there are too many;
    /// says whether there may be more.
    pub(crate) async fn remove_failures(&self, before: Date) -> Result<bool, StoreError> {
        self.remove_all_but(before, MOST_ROWS).await
    }

    async fn remove_all_but(&self, before: Date, most: i64) -> Result<bool, StoreError> {
        let sql = format!(
            r#"DELETE FROM "gatewright_lockout" WHERE "id" IN (
                   SELECT "id" FROM "gatewright_lockout"
                   WHERE "lastFailureAt" < $1
                       OR (SELECT count(*) FROM "gatewright_lockout") > $2
                   ORDER BY "lastFailureAt" LIMIT {REMOVED_AT_ONCE})"#
        );
        let values = values![before.milliseconds(), most];
        Ok(self.ours.execute(&sql, values).await? >= u64::from(REMOVED_AT_ONCE))
    }
}

async fn count(tx: &Tx, failures: &Failures, now: Date) -> Result<Lock, StoreError> {
    const UPSERT: &str = r#"INSERT INTO "gatewright_lockout"
            ("id", "failures", "lastFailureAt", "lockedUntil") VALUES ($1, $2, $3, $4)
        ON CONFLICT ("id") DO UPDATE
            SET "failures" = $2, "lastFailureAt" = $3, "lockedUntil" = $4"#;
    let Failures([(account, _), (address, _)]) = failures;
    // Everybody takes them in the same order, so that nobody waits for each other.
    let mut ids = [account, address];
    ids.sort();
    for id in ids {
        tx.lock(&format!("gatewright lockout {id}")).await?;
    }
    let rows = tx.all(FIND, values![account, address], read).await?;
    let found = failures.found(&rows);
    let Lock::None { has_failures, .. } = failures.lock(&found, now) else {
        return Ok(failures.lock(&found, now));
    };
    let mut begins = [false; 2];
    for (((id, rule), before), begins) in failures.0.iter().zip(&found).zip(&mut begins) {
        let after = rule.after_failure(before.as_ref(), now);
        *begins = rule.locked_until(&after, now).is_some();
        let (last, until) = (after.last_failure.milliseconds(), after.locked_until.milliseconds());
        tx.execute(UPSERT, values![id, after.failures, last, until]).await?;
    }
    Ok(Lock::None { has_failures, begins })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::LockoutLimit;
    use crate::store::testing::Database;

    const START: Date = Date::from_milliseconds(1_700_000_000_000);

    fn failures(account: &str, most: u32) -> Failures {
        let limit = LockoutLimit { max_failures: most, forget_after: 3600 };
        let rule = Rule { limit, delay: 60, max_delay: 900 };
        let at_the_address = LockoutLimit { max_failures: 1000, ..limit };
        Failures([
            (account.to_owned(), rule),
            ("address".to_owned(), Rule { limit: at_the_address, ..rule }),
        ])
    }

    async fn fail_at_once(stores: &[Store; 2], most: u32, count: usize) -> Vec<Lock> {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..count {
            let store = stores[number % 2].clone();
            let failures = failures("ada", most);
            tasks.spawn(async move { store.count_failure(failures, START).await.unwrap() });
        }
        tasks.join_all().await
    }

    #[tokio::test]
    async fn fifty_failures_at_once_on_two_servers_are_fifty() {
        for database in Database::both().await {
            let stores = [database.open().await, database.open().await];
            fail_at_once(&stores, 100, 50).await;
            let rows = stores[0].ours.all(FIND, values!["ada", "address"], read).await.unwrap();
            let counted: Vec<u32> = rows.iter().map(|(_, counter)| counter.failures).collect();
            assert_eq!(counted, [50, 50]);
        }
    }

    #[tokio::test]
    async fn of_fifty_at_once_no_more_are_told_than_the_limit_allows() {
        for database in Database::both().await {
            let stores = [database.open().await, database.open().await];
            let locks = fail_at_once(&stores, 10, 50).await;
            let locked = Lock::Until(START.plus_seconds(60));
            assert_eq!(locks.iter().filter(|lock| **lock == locked).count(), 40);
            let begins = |lock: &&Lock| matches!(lock, Lock::None { begins: [true, false], .. });
            assert_eq!(locks.iter().filter(begins).count(), 1);
            // It holds for another server, and one that starts later.
            let later = database.open().await;
            let found = later.find_lock(&failures("ada", 10), START.plus_seconds(59)).await;
            assert_eq!(found.unwrap(), locked);
            let found = later.find_lock(&failures("bob", 10), START).await.unwrap();
            assert_eq!(found, Lock::None { has_failures: false, begins: [false; 2] });
        }
    }

    #[tokio::test]
    async fn the_table_is_bounded() {
        for database in Database::both().await {
            let store = database.open().await;
            for number in 0..6 {
                let now = START.plus_seconds(number);
                store.count_failure(failures(&number.to_string(), 10), now).await.unwrap();
            }
            let count = async || {
                let sql = r#"SELECT count(*) FROM "gatewright_lockout""#;
                store.ours.first(sql, values![], |row| row.integer(0)).await.unwrap().unwrap()
            };
            assert_eq!(count().await, 7);
            store.remove_failures(START.plus_seconds(2)).await.unwrap();
            assert_eq!(count().await, 5, "two were old");
            store.remove_all_but(START, 4).await.unwrap();
            assert!(count().await <= 4);
        }
    }
}
