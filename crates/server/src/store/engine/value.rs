//! What is bound to a statement, on either engine.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::clock::Date;

/// Milliseconds from the Unix epoch to PostgreSQL's, the start of the year 2000.
pub(super) const POSTGRES_EPOCH: i64 = 946_684_800_000;

/// A value of a statement. Its text form never shows what it holds: that may be a token.
#[derive(Clone)]
pub(in crate::store) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Bool(bool),
    Integer(i64),
    Real(f64),
    Date(Date),
}

/// The values of a statement, in order: `values![id, now]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::engine::Value::from($value)),*]
    };
}
pub(in crate::store) use values;

impl Value<'_> {
    /// The same, borrowed from nobody.
    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(value) => Value::Integer(value),
            Self::Real(value) => Value::Real(value),
            Self::Date(value) => Value::Date(value),
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Text(_) => "Text",
            Self::Bool(_) => "Bool",
            Self::Integer(_) => "Integer",
            Self::Real(_) => "Real",
            Self::Date(_) => "Date",
        })
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<Date> for Value<'_> {
    fn from(value: Date) -> Self {
        Self::Date(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().map_or(Value::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::from(rusqlite::types::Null),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bool(value) => ToSqlOutput::from(*value),
            Self::Integer(value) => ToSqlOutput::from(*value),
            Self::Real(value) => ToSqlOutput::from(*value),
            Self::Date(value) => ToSqlOutput::from(value.to_string()),
        })
    }
}

/// The value does not fit the column's type.
#[derive(Debug, thiserror::Error)]
#[error("a value does not fit its column, which is of the type {0}")]
pub(super) struct Misfit(Type);

/// As the statement's types ask: an id is text here, and may be a number or a UUID there.
impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let misfit = || Box::new(Misfit(ty.clone()));
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Text(text) => match *ty {
                Type::UUID => {
                    let digits: String = text.chars().filter(|c| *c != '-').collect();
                    let uuid = u128::from_str_radix(&digits, 16).map_err(|_| misfit())?;
                    out.extend_from_slice(&uuid.to_be_bytes());
                }
                Type::INT2 | Type::INT4 | Type::INT8 => {
                    let number: i64 = text.parse().map_err(|_| misfit())?;
                    return Value::Integer(number).to_sql(ty, out);
                }
                Type::JSONB => {
                    out.extend_from_slice(&[1]); // the version of the format
                    out.extend_from_slice(text.as_bytes());
                }
                Type::TIMESTAMPTZ | Type::TIMESTAMP => {
                    let date = Date::parse(text).ok_or_else(misfit)?;
                    return Value::Date(date).to_sql(ty, out);
                }
                _ => out.extend_from_slice(text.as_bytes()),
            },
            Self::Bool(value) => match *ty {
                Type::BOOL => out.extend_from_slice(&[u8::from(*value)]),
                _ => return Value::Integer(i64::from(*value)).to_sql(ty, out),
            },
            Self::Integer(value) => match *ty {
                Type::INT2 => {
                    let value = i16::try_from(*value).map_err(|_| misfit())?;
                    out.extend_from_slice(&value.to_be_bytes());
                }
                Type::INT4 => {
                    let value = i32::try_from(*value).map_err(|_| misfit())?;
                    out.extend_from_slice(&value.to_be_bytes());
                }
                Type::INT8 => out.extend_from_slice(&value.to_be_bytes()),
                Type::TEXT | Type::VARCHAR => out.extend_from_slice(value.to_string().as_bytes()),
                _ => return Err(misfit()),
            },
            Self::Real(value) => match *ty {
                Type::FLOAT8 => out.extend_from_slice(&value.to_be_bytes()),
                _ => return Err(misfit()),
            },
            Self::Date(value) => match *ty {
                Type::TIMESTAMPTZ | Type::TIMESTAMP => {
                    let microseconds = value
                        .milliseconds()
                        .checked_sub(POSTGRES_EPOCH)
                        .and_then(|milliseconds| milliseconds.checked_mul(1000))
                        .ok_or_else(misfit)?;
                    out.extend_from_slice(&microseconds.to_be_bytes());
                }
                Type::TEXT | Type::VARCHAR => out.extend_from_slice(value.to_string().as_bytes()),
                _ => return Err(misfit()),
            },
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
