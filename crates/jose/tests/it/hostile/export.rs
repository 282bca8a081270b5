//! The table as JSON, for tests in other languages and over HTTP: tokens that are valid, or not,
//! under the real clock until the year 2100.

use serde_json::json;

use super::{keys, table};
use crate::support::{AUDIENCE, ISSUER, SECRET, is_up_to_date};

#[test]
fn the_exported_table_is_up_to_date() {
    let tokens: Vec<_> = table::rows()
        .into_iter()
        .map(|row| {
            json!({
                "name": row.name,
                "keys": row.keys.as_str(),
                "token": row.token,
                "expected": row.expected.map(gatewright_jose::Rejection::code),
            })
        })
        .collect();
    let table = json!({
        "version": 1,
        "made_by": "cargo xtask docs",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "secret": std::str::from_utf8(SECRET).unwrap(),
        "jwks": { "keys": keys::published() },
        "tokens": tokens,
    });
    let text = format!("{}\n", serde_json::to_string_pretty(&table).unwrap());
    is_up_to_date("crates/jose/tests/hostile.json", &text);
}
