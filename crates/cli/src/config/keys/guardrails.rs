//! `rate_limit`, `lockout`, `audit_log`.

use gatewright_server::RateLimitStorage;
use serde_json::json;

use super::{Key, Takes};

keys! {
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
