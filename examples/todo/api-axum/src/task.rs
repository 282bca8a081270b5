//! A task, and what a client may say about one.

use rusqlite::{
    ToSql,
    types::{ToSqlOutput, Value},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

const MAX_TITLE_CHARACTERS: usize = 200;

/// A task as it goes over the wire.
#[derive(Debug, Serialize)]
pub(crate) struct Task {
    pub(crate) id: i64,
    pub(crate) user_id: String,
    pub(crate) title: String,
    pub(crate) completed: bool,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

/// The id of a task, as a path names it: digits without a sign and without leading zeros, so that
/// one task has one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskId(i64);

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|_| is_canonical);
        id.map(Self).ok_or_else(|| D::Error::custom("not the id of a task"))
    }
}

impl ToSql for TaskId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Integer(self.0)))
    }
}

/// A title without space around it, of 1 to 200 characters.
#[derive(Debug)]
pub(crate) struct Title(String);

impl Title {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidTitle> {
        let title = text.trim();
        if title.is_empty() || title.chars().count() > MAX_TITLE_CHARACTERS {
            return Err(InvalidTitle);
        }
        Ok(Self(title.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The title is empty or too long.
#[derive(Debug, thiserror::Error)]
#[error("The title must have 1 to {MAX_TITLE_CHARACTERS} characters")]
pub(crate) struct InvalidTitle;

/// The body of `POST`.
#[derive(Deserialize)]
pub(crate) struct NewTask {
    pub(crate) title: String,
}

/// The body of `PUT`: all that a client may say.
#[derive(Deserialize)]
pub(crate) struct WholeTask {
    pub(crate) title: String,
    pub(crate) completed: bool,
}

/// The body of `PATCH`: any part of it. A member is left out or has a value; `null` is neither.
#[derive(Deserialize)]
pub(crate) struct PartOfTask {
    #[serde(default, deserialize_with = "present")]
    pub(crate) title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) completed: Option<bool>,
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
