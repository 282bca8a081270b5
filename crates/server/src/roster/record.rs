//! A user as a row of values: read, and held to the rules of sign-up.

use serde_json::{Map, Value as Json};

use super::RosterError;
use crate::clock::Date;
use crate::fields::{Additional, AdditionalFields, Changes, FieldType, InputError, Numbers};
use crate::options::EmailAndPassword;
use crate::password::{HashFlaw, HashKind};
use crate::shape::is_email;

/// Characters of an id, at most.
const MOST_ID: usize = 255;

/// What a row has beside additional fields, and how Better Auth calls it.
const OWN: [(&str, &str); 9] = [
    ("id", "id"),
    ("email", "email"),
    ("name", "name"),
    ("email_verified", "emailVerified"),
    ("image", "image"),
    ("created_at", "createdAt"),
    ("updated_at", "updatedAt"),
    ("password_hash", "passwordHash"),
    ("password", "password"),
];

/// Why a row makes no user. No value of it is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFlaw {
    /// An additional field breaks its rule.
    #[error("{name}: {reason}")]
    Additional {
        /// The field's.
        name: String,
        /// Which.
        reason: String,
    },
    /// The hash is none that sign-in could verify.
    #[error("password_hash: {0}")]
    Hash(#[from] HashFlaw),
    /// A value that each user has.
    #[error("{name} is missing")]
    Missing {
        /// The column's.
        name: String,
    },
    /// The password is too short or too long.
    #[error("password: it must have {least} to {most} characters")]
    PasswordLength {
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
    },
    /// A hash and a password.
    #[error("there is a password and a password_hash: only one of them can be kept")]
    TwoPasswords,
    /// A column that nothing is known of.
    #[error("there is no field {name}")]
    Unknown {
        /// The column's.
        name: String,
    },
    /// A value of another kind.
    #[error("{name}: it takes {expected}")]
    Value {
        /// The column's.
        name: &'static str,
        /// Of which kind.
        expected: &'static str,
    },
}

/// What lets a user in.
#[derive(Clone)]
pub(crate) enum GivenPassword {
    Hash(String),
    None,
    Plain(String),
}

/// A row, read. What is `None` was not given.
pub(crate) struct Record {
    pub(crate) id: Option<String>,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    pub(crate) email_verified: Option<bool>,
    pub(crate) image: Option<String>,
    pub(crate) created_at: Option<Date>,
    pub(crate) updated_at: Option<Date>,
    pub(crate) password: GivenPassword,
    /// Additional fields.
    pub(crate) more: Map<String, Json>,
}

impl Record {
    /// The hash, if there is a password; it has been hashed by now.
    pub(crate) fn hash(&self) -> Result<Option<String>, RosterError> {
        match &self.password {
            GivenPassword::Hash(hash) => Ok(Some(hash.clone())),
            GivenPassword::None => Ok(None),
            GivenPassword::Plain(_) => Err(RosterError::Hash),
        }
    }
}

/// What holds of every row.
#[derive(Clone, Debug)]
pub(crate) struct RecordRules {
    least: usize,
    most: usize,
    fields: AdditionalFields,
    numbers: Numbers,
    passes_unknown_over: bool,
}

impl RecordRules {
    pub(crate) fn new(
        options: &EmailAndPassword,
        fields: &AdditionalFields,
        numbers: Numbers,
    ) -> Self {
        Self {
            least: options.min_password_length,
            most: options.max_password_length,
            fields: fields.for_operators(),
            numbers,
            passes_unknown_over: false,
        }
    }

    pub(super) fn pass_unknown_over(&mut self) {
        self.passes_unknown_over = true;
    }

    /// Whether a password is neither too short nor too long, in JavaScript's characters.
    pub(crate) fn check_password(&self, password: &str) -> Result<(), RecordFlaw> {
        let (least, most) = (self.least, self.most);
        if (least..=most).contains(&password.encode_utf16().count()) {
            return Ok(());
        }
        Err(RecordFlaw::PasswordLength { least, most })
    }

    /// Reads a row. `null`, and in a text format an empty value, is as good as none.
    pub(crate) fn read(&self, mut row: Map<String, Json>, now: Date) -> Result<Record, RecordFlaw> {
        row.retain(|_, value| !value.is_null());
        let mut own = |name: &'static str| {
            let upstream = OWN.iter().find(|(own, _)| *own == name).map(|(_, upstream)| *upstream);
            row.remove(name).or_else(|| row.remove(upstream?))
        };
        let email = own("email").map(|value| text("email", value)).transpose()?;
        let email = email.ok_or_else(|| RecordFlaw::Missing { name: "email".to_owned() })?;
        if !is_email(&email) {
            return Err(RecordFlaw::Value { name: "email", expected: "an e-mail address" });
        }
        let id = own("id").map(id).transpose()?;
        let name = own("name").map(|value| text("name", value)).transpose()?;
        let image = own("image").map(|value| text("image", value)).transpose()?;
        let email_verified = own("email_verified").map(|value| flag(&value)).transpose()?;
        let created_at = own("created_at").map(|value| date("created_at", &value)).transpose()?;
        let updated_at = own("updated_at").map(|value| date("updated_at", &value)).transpose()?;
        let password = own("password").map(|value| text("password", value)).transpose()?;
        let hash = own("password_hash").map(|value| text("password_hash", value)).transpose()?;
        let password = match (password, hash) {
            (Some(_), Some(_)) => return Err(RecordFlaw::TwoPasswords),
            (Some(password), None) => {
                self.check_password(&password)?;
                GivenPassword::Plain(password)
            }
            (None, Some(hash)) => {
                HashKind::of(&hash)?;
                GivenPassword::Hash(hash)
            }
            (None, None) => GivenPassword::None,
        };
        let more = self.more(row)?;
        // Here, so that the line is named, and not when it is written.
        self.additional(&more, now)?;
        let email = email.to_lowercase();
        Ok(Record {
            id,
            email,
            name,
            email_verified,
            image,
            created_at,
            updated_at,
            password,
            more,
        })
    }

    /// The additional fields of a row, and nothing else.
    fn more(&self, row: Map<String, Json>) -> Result<Map<String, Json>, RecordFlaw> {
        let mut more = Map::new();
        for (name, value) in row {
            match self.fields.all().iter().find(|field| field.name == name) {
                Some(field) => more.insert(name, typed(field.kind, value)),
                None if self.passes_unknown_over => continue,
                None => return Err(RecordFlaw::Unknown { name }),
            };
        }
        Ok(more)
    }

    /// The additional fields of a new user.
    pub(super) fn additional(
        &self,
        more: &Map<String, Json>,
        created_at: Date,
    ) -> Result<Additional, RecordFlaw> {
        self.fields.read_new(more, self.numbers, created_at).map_err(RecordFlaw::from)
    }

    /// What is to be changed of them.
    pub(super) fn changes(&self, more: &Map<String, Json>) -> Result<Changes, RecordFlaw> {
        self.fields.read_changes(more, self.numbers).map_err(RecordFlaw::from)
    }
}

impl From<InputError> for RecordFlaw {
    fn from(error: InputError) -> Self {
        let (name, reason) = match error {
            InputError::Invalid { name, reason } => (name, reason),
            InputError::Missing { name } | InputError::Null { name } => {
                return Self::Missing { name };
            }
            InputError::NotAllowed { name } => (name, "it is not to be set".to_owned()),
        };
        Self::Additional { name, reason }
    }
}

/// Text that either database can hold.
fn text(name: &'static str, value: Json) -> Result<String, RecordFlaw> {
    match value {
        Json::String(text) if !text.contains('\0') => Ok(text),
        _ => Err(RecordFlaw::Value { name, expected: "a text without NUL characters" }),
    }
}

fn id(value: Json) -> Result<String, RecordFlaw> {
    let id = match value {
        Json::Number(number) => number.to_string(),
        value => text("id", value)?,
    };
    let is_id = (1..=MOST_ID).contains(&id.chars().count()) && !id.chars().any(char::is_control);
    let expected = "a text of up to 255 characters, or a number";
    if is_id { Ok(id) } else { Err(RecordFlaw::Value { name: "id", expected }) }
}

/// A truth as JSON and exports of databases write it.
fn flag(value: &Json) -> Result<bool, RecordFlaw> {
    let expected = "true or false";
    truth(value).ok_or(RecordFlaw::Value { name: "email_verified", expected })
}

fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(is_true) => Some(*is_true),
        Json::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Json::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" => Some(true),
            "false" | "f" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// ISO 8601, with or without a time, or milliseconds since 1970 as a number.
fn date(name: &'static str, value: &Json) -> Result<Date, RecordFlaw> {
    let date = match value {
        Json::Number(number) => number.as_i64().map(Date::from_milliseconds),
        Json::String(text) if text.len() == "2026-01-31".len() => {
            Date::parse(&format!("{text}T00:00:00Z"))
        }
        Json::String(text) => Date::parse(text),
        _ => None,
    };
    // What ISO 8601 writes with four digits of a year.
    let in_range = |date: &Date| (-62_135_596_800..253_402_300_800).contains(&date.seconds());
    let expected = "a moment like 2026-01-31T12:00:00Z";
    date.filter(in_range).ok_or(RecordFlaw::Value { name, expected })
}

/// A value of a text format as its field has it; what it is not is judged later.
fn typed(kind: FieldType, value: Json) -> Json {
    let Json::String(text) = &value else { return value };
    match kind {
        FieldType::Boolean => truth(&value).map_or(value, Json::from),
        FieldType::Numbers | FieldType::Texts => {
            serde_json::from_str(text).ok().filter(Json::is_array).unwrap_or(value)
        }
        FieldType::Date | FieldType::Number | FieldType::Text => value,
    }
}
