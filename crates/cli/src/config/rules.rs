//! `rate_limit.custom_rules."PATH"`: keys whose names are paths, so that the table of keys cannot
//! list them.

use std::collections::BTreeMap;

use gatewright_server::{CustomRule, CustomRules};
use serde_json::{Value as Json, json};

use super::keys::Value;

const SECTION: &str = "rate_limit.custom_rules";

/// The rules as they were given, key by key.
#[derive(Debug, Default)]
pub(super) struct GivenRules {
    rules: BTreeMap<String, GivenRule>,
    /// The value of each key that was set, and where.
    pub(super) set: BTreeMap<String, (Json, String)>,
}

#[derive(Debug, Default)]
struct GivenRule {
    is_off: bool,
    window: Option<i64>,
    max: Option<u32>,
}

impl GivenRules {
    /// Sets a key; `None` if it is none of a rule.
    pub(super) fn set(
        &mut self,
        place: &str,
        key: &str,
        value: Value<'_>,
    ) -> Option<Result<(), String>> {
        let rest = key.strip_prefix(SECTION)?.strip_prefix('.')?;
        let set = self.set_rule(rest, value);
        Some(set.map(|shown| {
            self.set.insert(key.to_owned(), (shown, place.to_owned()));
        }))
    }

    /// Gives what `config show` shows of the value.
    fn set_rule(&mut self, rest: &str, value: Value<'_>) -> Result<Json, String> {
        if let Some(path) = rest.strip_suffix(".window") {
            let window = value.seconds().filter(|window| (1..=86_400).contains(window));
            let window = window.ok_or("takes seconds, or a span like 10s, up to a day")?;
            self.rules.entry(path.to_owned()).or_default().window = Some(window);
            return Ok(json!(window));
        }
        if let Some(path) = rest.strip_suffix(".max") {
            let max = value.count().filter(|max| *max > 0);
            let max = max.ok_or("takes a whole number of requests, from 1 on")?;
            self.rules.entry(path.to_owned()).or_default().max = Some(max);
            return Ok(json!(max));
        }
        if value.flag() == Some(false) {
            self.rules.entry(rest.to_owned()).or_default().is_off = true;
            return Ok(json!(false));
        }
        Err("takes a window and a max, or false for no limit".to_owned())
    }

    /// All rules; what is wrong with them goes to `problems`.
    pub(super) fn build(&self, problems: &mut Vec<String>) -> CustomRules {
        let rules: Result<Vec<_>, String> = self
            .rules
            .iter()
            .map(|(path, given)| match *given {
                GivenRule { is_off: true, window: None, max: None } => {
                    Ok((path.clone(), CustomRule::Unlimited))
                }
                GivenRule { is_off: false, window: Some(window), max: Some(max) } => {
                    Ok((path.clone(), CustomRule::Limit { window, max }))
                }
                _ => Err(format!("{path:?} takes a window and a max, or false for no limit")),
            })
            .collect();
        let rules =
            rules.and_then(|rules| CustomRules::new(rules).map_err(|error| error.to_string()));
        rules.unwrap_or_else(|problem| {
            problems.push(format!("{SECTION}: {problem}"));
            CustomRules::default()
        })
    }
}

/// What `custom_rules` takes, in JSON Schema.
pub(super) fn schema() -> Json {
    json!({
        "type": "object",
        "description": "Limits by path or pattern, like /sign-in/*; a path goes before a pattern, a longer pattern before a shorter one",
        "additionalProperties": { "anyOf": [
            { "const": false, "description": "No limit" },
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["max", "window"],
                "properties": {
                    "max": { "type": "integer", "minimum": 1, "description": "Requests in a window" },
                    "window": { "anyOf": [
                        { "type": "integer", "minimum": 1, "maximum": 86_400 },
                        { "type": "string", "pattern": "^[0-9]+[smhdw]?$" },
                    ], "description": "How long a window is" },
                },
            },
        ] },
    })
}
