//! `user.additional_fields.NAME.…` and `session.additional_fields.NAME.…`: keys whose names are the
//! team's own, so that the table of keys cannot list them.

use std::collections::BTreeMap;

use gatewright_server::{AdditionalField, AdditionalFields, FieldDefault, FieldOwner, FieldType};
use serde_json::{Value as Json, json};

use super::keys::Value;

/// What `default_value` says for the moment at which a row is made.
const NOW: &str = "now";

/// The keys of a field, what each takes, and what it decides.
const KEYS: [(&str, &str, &str); 7] = [
    ("default_value", "", "What it holds unless set; \"now\" for a date is when the row was made"),
    ("field_name", "string", "Its column; by default the same name"),
    ("input", "boolean", "Whether clients may set it; by default they may"),
    ("required", "boolean", "Whether it always has a value; by default it does"),
    ("returned", "boolean", "Whether clients see it; by default they do"),
    ("type", "string", "What it holds"),
    ("unique", "boolean", "Whether each value is there once; by default not"),
];

/// The fields as they were given, key by key.
#[derive(Debug, Default)]
pub(super) struct GivenFields {
    user: BTreeMap<String, GivenField>,
    session: BTreeMap<String, GivenField>,
    /// The value of each key that was set, and where.
    pub(super) set: BTreeMap<String, (Json, String)>,
}

#[derive(Debug, Default)]
struct GivenField {
    kind: Option<FieldType>,
    column: Option<String>,
    default: Option<Given>,
    required: Option<bool>,
    input: Option<bool>,
    returned: Option<bool>,
    unique: Option<bool>,
}

/// A default: as it is, or text of a kind that only the type tells.
#[derive(Clone, Debug)]
enum Given {
    Json(Json),
    Text(String),
}

impl GivenFields {
    /// Sets a key; `None` if it is none of a field.
    pub(super) fn set(
        &mut self,
        place: &str,
        key: &str,
        value: Value<'_>,
    ) -> Option<Result<(), String>> {
        let of = |section: &str| {
            let rest = key.strip_prefix(section)?.strip_prefix(".additional_fields")?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
        };
        let (fields, rest) = match (of("user"), of("session")) {
            (Some(rest), _) => (&mut self.user, rest),
            (_, Some(rest)) => (&mut self.session, rest),
            (None, None) => return None,
        };
        let Some((name, part)) = rest.rsplit_once('.') else {
            return Some(Err("takes a table of keys, with a type".to_owned()));
        };
        let set = fields.entry(name.to_owned()).or_default().set(part, value);
        Some(set.map(|shown| {
            self.set.insert(key.to_owned(), (shown, place.to_owned()));
        }))
    }

    /// The fields of users and of sessions; what is wrong with them goes to `problems`.
    pub(super) fn build(&self, problems: &mut Vec<String>) -> [AdditionalFields; 2] {
        [("user", FieldOwner::User, &self.user), ("session", FieldOwner::Session, &self.session)]
            .map(|(section, owner, given)| {
                let built: Result<Vec<_>, String> =
                    given.iter().map(|(name, field)| field.build(name)).collect();
                let fields = built.and_then(|fields| {
                    AdditionalFields::new(owner, fields).map_err(|error| error.to_string())
                });
                fields.unwrap_or_else(|problem| {
                    problems.push(format!("{section}.additional_fields.{problem}"));
                    AdditionalFields::default()
                })
            })
    }
}

impl GivenField {
    /// Gives what `config show` shows of the value.
    fn set(&mut self, part: &str, value: Value<'_>) -> Result<Json, String> {
        let flag = || value.flag().ok_or_else(|| "takes true or false".to_owned());
        let text = || value.text().ok_or_else(|| "takes a text".to_owned());
        match part {
            "type" => {
                let kind = FieldType::named(text()?).ok_or_else(types)?;
                self.kind = Some(kind);
                Ok(json!(kind.name()))
            }
            "field_name" => {
                self.column = Some(text()?.to_owned());
                Ok(json!(self.column))
            }
            "default_value" => {
                let given = match value {
                    Value::Toml(value) => Given::Json(json_of(value)),
                    Value::Text(text) => Given::Text(text.to_owned()),
                };
                self.default = Some(given.clone());
                Ok(match given {
                    Given::Json(value) => value,
                    Given::Text(text) => json!(text),
                })
            }
            "input" | "required" | "returned" | "unique" => {
                let on = flag()?;
                let place = match part {
                    "input" => &mut self.input,
                    "required" => &mut self.required,
                    "returned" => &mut self.returned,
                    _ => &mut self.unique,
                };
                *place = Some(on);
                Ok(json!(on))
            }
            _ => {
                let known = KEYS.map(|(name, ..)| name).join(", ");
                Err(format!("a field has no such key; it has {known}"))
            }
        }
    }

    fn build(&self, name: &str) -> Result<AdditionalField, String> {
        let kind = self.kind.ok_or_else(|| format!("{name}.type is missing: it {}", types()))?;
        let is_text = matches!(kind, FieldType::Text | FieldType::Date);
        let default = self.default.clone().map(|given| match given {
            Given::Json(value) => value,
            Given::Text(text) if is_text => json!(text),
            Given::Text(text) => serde_json::from_str(&text).unwrap_or(json!(text)),
        });
        let default = default.map(|value| match value {
            Json::String(text) if kind == FieldType::Date && text == NOW => FieldDefault::Now,
            value => FieldDefault::Fixed(value),
        });
        let plain = AdditionalField::new(name, kind);
        Ok(AdditionalField {
            column: self.column.clone().unwrap_or(plain.column),
            required: self.required.unwrap_or(plain.required),
            input: self.input.unwrap_or(plain.input),
            returned: self.returned.unwrap_or(plain.returned),
            unique: self.unique.unwrap_or(plain.unique),
            default,
            ..AdditionalField::new(name, kind)
        })
    }
}

/// What `additional_fields` takes, in JSON Schema.
pub(super) fn schema() -> Json {
    let properties = KEYS.map(|(name, takes, about)| {
        let types = FieldType::ALL.map(|(name, _)| name);
        let schema = match (name, takes) {
            ("type", _) => json!({ "enum": types, "description": about }),
            (_, "") => json!({ "description": about }),
            (_, takes) => json!({ "type": takes, "description": about }),
        };
        (name.to_owned(), schema)
    });
    json!({
        "type": "object",
        "description": "Fields of the team's own, by name",
        "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$" },
        "additionalProperties": {
            "type": "object",
            "additionalProperties": false,
            "required": ["type"],
            "properties": properties.into_iter().collect::<serde_json::Map<_, _>>(),
        },
    })
}

fn types() -> String {
    format!("takes {}", FieldType::ALL.map(|(name, _)| name).join(", "))
}

fn json_of(value: &toml::Value) -> Json {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(on) => json!(on),
        toml::Value::Datetime(moment) => json!(moment.to_string()),
        toml::Value::Array(items) => items.iter().map(json_of).collect(),
        toml::Value::Table(table) => {
            Json::Object(table.iter().map(|(key, value)| (key.clone(), json_of(value))).collect())
        }
    }
}
