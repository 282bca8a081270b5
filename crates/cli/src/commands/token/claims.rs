//! Claims as people read them.

use serde_json::{Map, Value};

use crate::moment;
use crate::output::Page;

/// Lines for the registered claims that are there (RFC 7519 §4.1).
pub(super) fn write_summary(page: &mut Page, claims: &Map<String, Value>, at_seconds: i64) {
    for (name, claim) in [("subject", "sub"), ("issuer", "iss"), ("audience", "aud")] {
        page.entry_if(name, claims.get(claim).map(text).as_deref());
    }
    for (name, claim) in [("issued", "iat"), ("not before", "nbf"), ("expires", "exp")] {
        let date = claims.get(claim).map(|value| match seconds(value) {
            Some(date) => moment::shown(date, at_seconds),
            None => format!("{value}, which is no date"),
        });
        page.entry_if(name, date.as_deref());
    }
}

/// The dates among the claims, for programs: name, and the date in both forms.
pub(super) fn dates(claims: &Map<String, Value>) -> Map<String, Value> {
    let dates = ["exp", "iat", "nbf", "auth_time"].into_iter();
    let dates = dates.filter_map(|name| Some((name, seconds(claims.get(name)?)?)));
    dates.map(|(name, date)| (name.to_owned(), moment::date(date).into())).collect()
}

/// A NumericDate in whole seconds, if it is one (RFC 7519 §2). Milliseconds are none.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    const LATEST: f64 = 253_402_300_799.0;
    let seconds = value.as_f64().filter(|seconds| (-LATEST..=LATEST).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Some(seconds.floor() as i64)
}

/// A text as it is, several texts with commas between, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
