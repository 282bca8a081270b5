//! Better Auth's own table of rate limits, which servers share.

use super::engine::{Engine, values};
use super::{Store, StoreError};
use crate::clock::Date;
use crate::crypto::{ID_CHARACTERS, Random};

/// Rows that one statement removes at most: nobody waits long for its locks.
const REMOVED_AT_ONCE: u32 = 5000;

/// What is asked of a counter.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) key: String,
    /// Seconds.
    pub(crate) window: i64,
    pub(crate) max: u32,
    pub(crate) now: Date,
}

/// Whether a request is one of those that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Allowed,
    /// None is, before this moment.
    RefusedUntil(Date),
}

/// Whether the table at `engine` can be counted in: it is there, and a key is in it once.
pub(super) async fn is_usable(engine: &Engine) -> Result<bool, StoreError> {
    // Planned, and not run. Without the constraint that it names, it can't be.
    const PLAN: &str = r#"EXPLAIN INSERT INTO "rateLimit" ("id", "key", "count", "lastRequest")
        VALUES ('', '', 1, 0) ON CONFLICT ("key") DO UPDATE SET "count" = 1"#;
    match engine.first(PLAN, values![], |_| Ok(())).await {
        Ok(_) => Ok(true),
        Err(StoreError::Sqlite(_) | StoreError::Postgres(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Store {
    /// Counts a request: one statement decides, so that no two take the last place.
    pub(crate) async fn count_request(
        &self,
        request: Counted,
        random: &Random,
    ) -> Result<Count, StoreError> {
        // The window slides: it starts again when no request was allowed for its whole length, or
        // when the last one is further ahead than that, since the clock was set back.
        const COUNT: &str = r#"INSERT INTO "rateLimit" ("id", "key", "count", "lastRequest")
            VALUES ($1, $2, 1, $3)
            ON CONFLICT ("key") DO UPDATE SET "lastRequest" = $3, "count" = CASE
                WHEN "rateLimit"."lastRequest" <= $4 OR "rateLimit"."lastRequest" > $5 THEN 1
                ELSE "rateLimit"."count" + 1 END
            WHERE "rateLimit"."lastRequest" <= $4 OR "rateLimit"."lastRequest" > $5
                OR "rateLimit"."count" < $6
            RETURNING "count""#;
        const LAST: &str = r#"SELECT "lastRequest" FROM "rateLimit" WHERE "key" = $1"#;
        let Counted { key, window, max, now } = request;
        let values = values![
            random.id(ID_CHARACTERS),
            &key,
            now.milliseconds(),
            now.plus_seconds(-window).milliseconds(),
            now.plus_seconds(window).milliseconds(),
            i64::from(max).min(i32::MAX.into())
        ];
        if self.rate_limits.change(COUNT, values, |row| row.integer(0)).await?.is_some() {
            return Ok(Count::Allowed);
        }
        let last = self.rate_limits.first(LAST, values![&key], |row| row.integer(0)).await?;
        let last = last.map_or(now, Date::from_milliseconds);
        Ok(Count::RefusedUntil(last.plus_seconds(window)))
    }

    /// Removes counters that nobody has used since `before`; says whether there may be more.
    pub(crate) async fn forget_requests(&self, before: Date) -> Result<bool, StoreError> {
        let sql = format!(
            r#"DELETE FROM "rateLimit" WHERE "key" IN (SELECT "key" FROM "rateLimit"
               WHERE "lastRequest" < $1 LIMIT {REMOVED_AT_ONCE}) AND "lastRequest" < $1"#
        );
        let removed = self.rate_limits.execute(&sql, values![before.milliseconds()]).await?;
        Ok(removed >= u64::from(REMOVED_AT_ONCE))
    }

    /// Whether rate limits are kept where other servers see them.
    pub(crate) fn shares_rate_limits(&self) -> bool {
        self.shares_rate_limits
    }

    /// Whether other servers may use the same database from other machines.
    pub(crate) fn is_on_a_server(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::Database;

    const START: Date = Date::from_milliseconds(1_700_000_000_000);

    fn at(seconds: i64) -> Counted {
        let now = START.plus_seconds(seconds);
        Counted { key: "127.0.0.1|/sign-in/email".to_owned(), window: 10, max: 3, now }
    }

    #[tokio::test]
    async fn the_window_slides_as_upstreams_does() {
        for database in Database::both().await {
            let (store, random) = (database.open().await, Random::system());
            assert!(store.shares_rate_limits());
            for seconds in [0, 9, 18] {
                assert_eq!(
                    store.count_request(at(seconds), &random).await.unwrap(),
                    Count::Allowed
                );
            }
            for seconds in [20, 27] {
                let count = store.count_request(at(seconds), &random).await.unwrap();
                assert_eq!(count, Count::RefusedUntil(START.plus_seconds(28)));
            }
            assert_eq!(store.count_request(at(28), &random).await.unwrap(), Count::Allowed);
            // The clock was set back by an hour.
            assert_eq!(store.count_request(at(-3572), &random).await.unwrap(), Count::Allowed);
        }
    }

    #[tokio::test]
    async fn better_auths_own_table_is_shared_and_one_without_its_constraint_is_not() {
        for database in Database::both().await {
            let store = database.open().await;
            let change = async |sql: &str| store.engine.execute(sql, values![]).await.unwrap();
            change(r#"DROP TABLE "gatewright_mail""#).await;
            let theirs = database.open().await;
            assert!(!theirs.has_own_tables() && theirs.shares_rate_limits());
            for seconds in 0..3 {
                theirs.count_request(at(seconds), &Random::system()).await.unwrap();
            }
            let count = store.count_request(at(3), &Random::system()).await.unwrap();
            assert_eq!(count, Count::RefusedUntil(START.plus_seconds(12)));

            change(r#"DROP TABLE "rateLimit""#).await;
            assert!(!database.open().await.shares_rate_limits());
            change(
                r#"CREATE TABLE "rateLimit" ("id" text not null primary key, "key" text not null,
                   "count" integer not null, "lastRequest" bigint not null)"#,
            )
            .await;
            let alone = database.open().await;
            assert!(!alone.shares_rate_limits());
            let count = alone.count_request(at(0), &Random::system()).await.unwrap();
            assert_eq!(count, Count::Allowed, "it is counted in memory");
        }
    }

    #[tokio::test]
    async fn of_many_requests_to_two_servers_at_once_the_limit_is_allowed() {
        for database in Database::both().await {
            let stores = [database.open().await, database.open().await];
            let mut tasks = tokio::task::JoinSet::new();
            for number in 0..60 {
                let store = stores[number % 2].clone();
                let request = Counted { max: 20, ..at(0) };
                tasks.spawn(async move { store.count_request(request, &Random::system()).await });
            }
            let counts: Vec<_> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();
            let allowed = counts.iter().filter(|count| **count == Count::Allowed).count();
            assert_eq!(allowed, 20);
        }
    }

    #[tokio::test]
    async fn what_nobody_uses_is_forgotten() {
        for database in Database::both().await {
            let (store, random) = (database.open().await, Random::system());
            for seconds in 0..5 {
                let request = Counted { key: seconds.to_string(), max: 1, ..at(seconds) };
                store.count_request(request, &random).await.unwrap();
            }
            assert!(!store.forget_requests(START.plus_seconds(3)).await.unwrap());
            let again = |seconds: i64| Counted { key: seconds.to_string(), max: 1, ..at(4) };
            let count = store.count_request(again(2), &random).await.unwrap();
            assert_eq!(count, Count::Allowed, "it began again");
            let count = store.count_request(again(3), &random).await.unwrap();
            assert_eq!(count, Count::RefusedUntil(START.plus_seconds(13)), "it is still there");
        }
    }
}
