//! A row of an answer, of either engine.

use std::error::Error;
use std::str;

use rusqlite::types::ValueRef;
use tokio_postgres::types::{FromSql, Type};

use super::value::POSTGRES_EPOCH;
use crate::clock::Date;
use crate::store::StoreError;

/// A row; columns are counted from 0.
pub(in crate::store) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// A column that is never null.
    pub(in crate::store) fn text(&self, index: usize) -> Result<String, StoreError> {
        self.optional_text(index)?.ok_or(StoreError::Unreadable { column: index })
    }

    pub(in crate::store) fn optional_text(
        &self,
        index: usize,
    ) -> Result<Option<String>, StoreError> {
        let unreadable = StoreError::Unreadable { column: index };
        Ok(match self.cell(index)? {
            Cell::Null => None,
            Cell::Text(text) => Some(text.to_owned()),
            Cell::Integer(number) => Some(number.to_string()),
            Cell::Bool(value) => Some(value.to_string()),
            Cell::Date(date) => Some(date.to_string()),
            Cell::Uuid(bytes) => Some(hyphenated(bytes)),
            Cell::Other => return Err(unreadable),
        })
    }

    pub(in crate::store) fn bool(&self, index: usize) -> Result<bool, StoreError> {
        match self.cell(index)? {
            Cell::Bool(value) => Ok(value),
            Cell::Integer(number) => Ok(number != 0),
            _ => Err(StoreError::Unreadable { column: index }),
        }
    }

    pub(in crate::store) fn integer(&self, index: usize) -> Result<i64, StoreError> {
        match self.cell(index)? {
            Cell::Integer(number) => Ok(number),
            _ => Err(StoreError::Unreadable { column: index }),
        }
    }

    /// A date: in SQLite ISO text, or whole milliseconds as some older writers left.
    pub(in crate::store) fn date(&self, index: usize) -> Result<Date, StoreError> {
        self.optional_date(index)?.ok_or(StoreError::Unreadable { column: index })
    }

    pub(in crate::store) fn optional_date(&self, index: usize) -> Result<Option<Date>, StoreError> {
        let date = match self.cell(index)? {
            Cell::Null => return Ok(None),
            Cell::Date(date) => Some(date),
            Cell::Integer(milliseconds) => Some(Date::from_milliseconds(milliseconds)),
            Cell::Text(text) => Date::parse(text),
            Cell::Bool(_) | Cell::Uuid(_) | Cell::Other => None,
        };
        date.map(Some).ok_or(StoreError::Unreadable { column: index })
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>, StoreError> {
        let unreadable = StoreError::Unreadable { column: index };
        match self {
            Self::Sqlite(row) => Ok(match row.get_ref(index)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Integer(number),
                ValueRef::Text(text) => Cell::Text(str::from_utf8(text).map_err(|_| unreadable)?),
                ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Other,
            }),
            Self::Postgres(row) => row.try_get(index).map_err(|_| unreadable),
        }
    }
}

/// A value as the engine has it.
enum Cell<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Bool(bool),
    Date(Date),
    Uuid([u8; 16]),
    Other,
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::BOOL => Self::Bool(raw != [0]),
            Type::INT2 => Self::Integer(i16::from_be_bytes(raw.try_into()?).into()),
            Type::INT4 => Self::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT8 => Self::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::TIMESTAMPTZ | Type::TIMESTAMP => {
                let microseconds = i64::from_be_bytes(raw.try_into()?);
                let milliseconds = microseconds.div_euclid(1000);
                Self::Date(Date::from_milliseconds(milliseconds.saturating_add(POSTGRES_EPOCH)))
            }
            Type::UUID => Self::Uuid(raw.try_into()?),
            // The first byte is the version of the format.
            Type::JSONB => Self::Text(str::from_utf8(raw.get(1..).unwrap_or_default())?),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON => {
                Self::Text(str::from_utf8(raw)?)
            }
            // Text that compares without case; an extension's, so its number differs.
            _ if ty.name() == "citext" => Self::Text(str::from_utf8(raw)?),
            _ => Self::Other,
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A UUID as it is written (RFC 9562 §4).
fn hyphenated(bytes: [u8; 16]) -> String {
    let mut text = format!("{:032x}", u128::from_be_bytes(bytes));
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}
