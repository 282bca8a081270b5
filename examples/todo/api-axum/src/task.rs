//! A task, and what a client may say about one.

use serde::{Deserialize, Deserializer, Serialize};

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
