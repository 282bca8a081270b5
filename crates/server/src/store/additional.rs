//! Additional fields as columns.

use std::fmt::Write;

use serde_json::Value as Json;

use super::StoreError;
use super::engine::{Row, Value};
use crate::clock::Date;
use crate::fields::{Additional, AdditionalField, AdditionalFields, Changes, FieldType};

/// `, "user"."nick", …`: to be read by [`read`].
pub(super) fn columns(table: &str, fields: &AdditionalFields) -> String {
    fields.all().iter().fold(String::new(), |mut sql, field| {
        // Writing to a String cannot fail.
        let _ = write!(sql, r#", "{table}"."{}""#, field.column);
        sql
    })
}

/// An `INSERT` of the columns `own` and those of `fields`.
pub(super) fn insert(table: &str, own: &[&str], fields: &AdditionalFields) -> String {
    insert_rows(table, own, fields, 1)
}

/// The same for several rows at once, their values one after another.
pub(super) fn insert_rows(
    table: &str,
    own: &[&str],
    fields: &AdditionalFields,
    rows: usize,
) -> String {
    let more = fields.all().iter().map(|field| field.column.as_str());
    let names: Vec<String> =
        own.iter().copied().chain(more).map(|name| format!("\"{name}\"")).collect();
    let row = |row: usize| {
        let places = 1..=names.len();
        let places: Vec<_> = places.map(|at| format!("${}", row * names.len() + at)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(r#"INSERT INTO "{table}" ({}) VALUES {}"#, names.join(", "), rows.join(", "))
}

/// `, "nick" = CASE WHEN $5 THEN $6 ELSE "nick" END, …`: two values a field, the first `$first`, as
/// [`changes`] gives them.
pub(super) fn assignments(first: usize, fields: &AdditionalFields) -> String {
    fields.all().iter().enumerate().fold(String::new(), |mut sql, (index, field)| {
        let (says, name) = (first + 2 * index, &field.column);
        // Writing to a String cannot fail.
        let _ =
            write!(sql, r#", "{name}" = CASE WHEN ${says} THEN ${} ELSE "{name}" END"#, says + 1);
        sql
    })
}

/// Values for [`assignments`].
pub(super) fn changes<'a>(
    fields: &'a AdditionalFields,
    changes: &'a Changes,
) -> impl Iterator<Item = Value<'a>> {
    fields.all().iter().enumerate().flat_map(|(index, field)| {
        let change = changes.at(index);
        [Value::from(change.is_some()), change.map_or(Value::Null, |value| bound(field, value))]
    })
}

/// Values for [`insert`].
pub(super) fn values(additional: &Additional) -> impl Iterator<Item = Value<'_>> {
    additional.iter().map(|(field, value)| bound(field, value))
}

/// The fields of a row whose first is the column `offset`. What is not of its field's type reads as
/// no value: such a column must not lock its user out.
pub(super) fn read(
    fields: &AdditionalFields,
    row: &Row<'_>,
    offset: usize,
) -> Result<Additional, StoreError> {
    if fields.all().is_empty() {
        return Ok(Additional::default());
    }
    let read = |(index, field): (usize, &AdditionalField)| {
        let index = offset + index;
        if row.is_null(index)? {
            return Ok(Json::Null);
        }
        match cell(field.kind, row, index) {
            Err(StoreError::Unreadable { .. }) => Ok(Json::Null),
            read => read,
        }
    };
    let values: Result<_, StoreError> = fields.all().iter().enumerate().map(read).collect();
    Ok(Additional::new(fields.clone(), values?))
}

fn cell(kind: FieldType, row: &Row<'_>, index: usize) -> Result<Json, StoreError> {
    Ok(match kind {
        FieldType::Boolean => row.bool(index)?.into(),
        FieldType::Date => row.date(index)?.to_string().into(),
        FieldType::Number => row.number(index)?.into(),
        FieldType::Text => row.text(index)?.into(),
        FieldType::Numbers | FieldType::Texts => {
            let items = serde_json::from_str(&row.text(index)?).ok().filter(Json::is_array);
            items.ok_or(StoreError::Unreadable { column: index })?
        }
    })
}

fn bound<'a>(field: &AdditionalField, value: &'a Json) -> Value<'a> {
    match (field.kind, value) {
        (_, Json::Null) => Value::Null,
        (FieldType::Date, Json::String(text)) => Value::from(Date::parse(text)),
        (_, Json::String(text)) => Value::from(text),
        (_, Json::Bool(is_on)) => Value::from(*is_on),
        (_, Json::Number(number)) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => number.as_f64().map_or(Value::Null, Value::Real),
        },
        (_, list @ (Json::Array(_) | Json::Object(_))) => Value::from(list.to_string()),
    }
}
