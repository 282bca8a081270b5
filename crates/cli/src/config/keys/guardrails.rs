//! `rate_limit`, `lockout`, `audit_log`.

use gatewright_server::RateLimitStorage;
use serde_json::json;

use super::{Key, Takes};

keys! {
    "audit_log.enabled", "What happens to users and their sessions is written down in the database",
        |from| json!(from.audit_log.enabled) => Takes::Flag(|to, on| to.audit_log.enabled = on);
    "audit_log.retention", "How long a row of the audit log is kept, from when it is written",
        |from| json!(from.audit_log.retention) => Takes::Retention(|to, n| to.audit_log.retention = n);
    "lockout.account.forget_after", "In what time the failures below the limit are forgotten, for each account",
        |from| json!(from.lockout.account.forget_after) => Takes::Seconds { least: 1, set: |to, n| to.lockout.account.forget_after = n };
    "lockout.account.max_failures", "The wrong password that brings the first delay, for each account",
        |from| json!(from.lockout.account.max_failures) => Takes::Count(|to, n| to.lockout.account.max_failures = n.max(1));
    "lockout.address.forget_after", "In what time the failures below the limit are forgotten, for each address",
        |from| json!(from.lockout.address.forget_after) => Takes::Seconds { least: 1, set: |to, n| to.lockout.address.forget_after = n };
    "lockout.address.max_failures", "The wrong password that brings the first delay, for each address",
        |from| json!(from.lockout.address.max_failures) => Takes::Count(|to, n| to.lockout.address.max_failures = n.max(1));
    "lockout.delay", "How long the first delay is; each failure after it doubles it",
        |from| json!(from.lockout.delay) => Takes::Seconds { least: 1, set: |to, n| to.lockout.delay = n };
    "lockout.enabled", "After some wrong passwords the next try has to wait",
        |from| json!(from.lockout.enabled) => Takes::Flag(|to, on| to.lockout.enabled = on);
    "lockout.max_delay", "How long a delay is at most",
        |from| json!(from.lockout.max_delay) => Takes::Seconds { least: 1, set: |to, n| to.lockout.max_delay = n };
    "rate_limit.enabled", "Counts requests by address and path",
        |from| json!(from.rate_limit.enabled) => Takes::Flag(|to, on| to.rate_limit.enabled = on);
    "rate_limit.max", "Requests in a window",
        |from| json!(from.rate_limit.max) => Takes::Count(|to, n| to.rate_limit.max = n);
    "rate_limit.storage", "Where they are counted: memory, each server by itself, or database, all together; by default memory on SQLite, database on PostgreSQL",
        |from| json!(from.rate_limit.storage.map(RateLimitStorage::name)) => Takes::Text(|to, text| {
        let storage = text.parse().map_err(|()| "takes memory or database".to_owned())?;
        to.rate_limit.storage = Some(storage);
        Ok(())
    });
    "rate_limit.window", "How long a window is",
        |from| json!(from.rate_limit.window) => Takes::Seconds { least: 1, set: |to, n| to.rate_limit.window = n };
}
