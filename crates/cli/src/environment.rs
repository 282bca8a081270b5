//! The environment, read once.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Our own variables start with this; `__` stands for the dot of a key.
const PREFIX: &str = "GATEWRIGHT__";

/// The environment's variables, as they were at start. An empty one counts as absent.
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// A variable whose value is no text can't be one that we know.
    pub(crate) fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let as_text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let variables = variables.into_iter().filter_map(as_text);
        Self(variables.filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Variable, configuration key and value of each `GATEWRIGHT__SECTION__KEY`.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, String, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(PREFIX)?.to_ascii_lowercase().replace("__", ".");
            Some((name.as_str(), key, value.as_str()))
        })
    }
}
