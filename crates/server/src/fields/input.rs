//! What clients say of additional fields, judged as upstream's `parseInputData` judges it, and
//! beyond that held to its type.

use serde_json::{Map, Number, Value as Json};

use super::{Additional, AdditionalField, AdditionalFields, FieldType};
use crate::clock::Date;
use crate::shape;

/// The greatest whole number up to which all are exact in JavaScript, 2^53.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Which numbers the database takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Any,
    /// Whole ones of 32 bits.
    Int32,
}

/// Why a row can't be made or changed as a client wants it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InputError {
    /// It has another type.
    Invalid { name: String, reason: String },
    /// It is required.
    Missing { name: String },
    /// It is not for clients to set.
    NotAllowed { name: String },
    /// It is required, and null was given.
    Null { name: String },
}

/// New values by the index of their field.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes(Vec<(usize, Json)>);

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The new value of the field at `index`.
    pub(crate) fn at(&self, index: usize) -> Option<&Json> {
        self.0.iter().find(|(at, _)| *at == index).map(|(_, value)| value)
    }
}

impl AdditionalFields {
    /// The values of a new row.
    pub(crate) fn read_new(
        &self,
        body: &Map<String, Json>,
        numbers: Numbers,
        now: Date,
    ) -> Result<Additional, InputError> {
        let default = |field: &AdditionalField| field.default.as_ref().map(|d| d.value(now));
        let read = |field: &AdditionalField| {
            let Some(value) = body.get(&field.name) else {
                return match default(field) {
                    Some(value) => Ok(value),
                    None if field.required => Err(InputError::Missing { name: field.name.clone() }),
                    None => Ok(Json::Null),
                };
            };
            // Whatever was sent for what is not to be sent: the default takes its place.
            if !field.input
                && let Some(value) = default(field)
            {
                return Ok(value);
            }
            match read_value(field, value, numbers)? {
                Some(Json::Null) | None if field.required => {
                    default(field).ok_or_else(|| InputError::Null { name: field.name.clone() })
                }
                value => Ok(value.unwrap_or_default()),
            }
        };
        let values: Result<_, _> = self.all().iter().map(read).collect();
        Ok(Additional::new(self.clone(), values?))
    }

    /// What is to be changed in a row.
    pub(crate) fn read_changes(
        &self,
        body: &Map<String, Json>,
        numbers: Numbers,
    ) -> Result<Changes, InputError> {
        let mut changes = Vec::new();
        for (index, field) in self.all().iter().enumerate() {
            let Some(value) = body.get(&field.name) else { continue };
            match read_value(field, value, numbers)? {
                Some(Json::Null) if field.required => {
                    return Err(InputError::Null { name: field.name.clone() });
                }
                Some(value) => changes.push((index, value)),
                None => {}
            }
        }
        Ok(Changes(changes))
    }
}

/// A value that was sent; `None` is one that is passed over.
fn read_value(
    field: &AdditionalField,
    value: &Json,
    numbers: Numbers,
) -> Result<Option<Json>, InputError> {
    let name = || field.name.clone();
    if !field.input {
        let is_said = shape::is_truthy(value);
        return if is_said { Err(InputError::NotAllowed { name: name() }) } else { Ok(None) };
    }
    if value.is_null() {
        return Ok(Some(Json::Null));
    }
    let typed = typed(field.kind, value, numbers);
    typed.map(Some).map_err(|reason| InputError::Invalid { name: name(), reason })
}

/// The value as a field of this type keeps it, or why there is none.
pub(super) fn typed(kind: FieldType, value: &Json, numbers: Numbers) -> Result<Json, String> {
    let mismatch = |expected| shape::mismatch(expected, Some(value));
    match kind {
        FieldType::Boolean => value.as_bool().map(Json::from).ok_or_else(|| mismatch("boolean")),
        FieldType::Date => {
            let text = value.as_str().ok_or_else(|| mismatch("date"))?;
            let date = moment(text).ok_or_else(|| "Invalid date".to_owned())?;
            Ok(Json::from(date.to_string()))
        }
        FieldType::Number => number(value, numbers).ok_or_else(|| {
            let is_any = numbers == Numbers::Any || !value.is_number();
            mismatch(if is_any { "number" } else { "int" })
        }),
        FieldType::Numbers => items(value, |item| {
            let number = item.is_number().then(|| number(item, Numbers::Any)).flatten();
            number.ok_or_else(|| shape::mismatch("number", Some(item)))
        }),
        FieldType::Text => text(value),
        FieldType::Texts => items(value, text),
    }
}

fn items(value: &Json, read: impl Fn(&Json) -> Result<Json, String>) -> Result<Json, String> {
    let items = value.as_array().ok_or_else(|| shape::mismatch("array", Some(value)))?;
    items.iter().map(read).collect::<Result<Vec<_>, _>>().map(Json::from)
}

/// Text that either database keeps as it is.
fn text(value: &Json) -> Result<Json, String> {
    match value.as_str() {
        Some(text) if text.contains('\0') => Err("Invalid input: a NUL character".to_owned()),
        Some(text) => Ok(Json::from(text)),
        None => Err(shape::mismatch("string", Some(value))),
    }
}

/// A number, or text that is one, as a form has it.
fn number(value: &Json, numbers: Numbers) -> Option<Json> {
    let number = match value {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let is_whole = number.fract() == 0.0;
    if numbers == Numbers::Int32
        && !(is_whole && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number))
    {
        return None;
    }
    if is_whole && number.abs() <= MOST_EXACT {
        // Exact: it has no fraction, and fewer digits than an `i64` holds.
        #[expect(clippy::cast_possible_truncation, reason = "checked the line before")]
        return Some(Json::from(number as i64));
    }
    Number::from_f64(number).map(Json::Number)
}

/// A moment, or a day, which begins at midnight UTC as in JavaScript.
fn moment(text: &str) -> Option<Date> {
    let is_day = text.len() == "2026-01-31".len();
    if is_day { Date::parse(&format!("{text}T00:00:00Z")) } else { Date::parse(text) }
}
