//! Fields of users and sessions that the configuration adds. Upstream: `additionalFields`, and
//! `src/db/schema.ts`.

mod input;
mod value;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::clock::Date;
pub(crate) use input::{Changes, InputError, Numbers};
pub(crate) use value::Additional;

/// Characters of a name, at most: PostgreSQL cuts longer ones off.
const MOST_CHARACTERS: usize = 63;

/// What is in a user already, in a body that makes one, or in a token about one.
const OF_USERS: &[&str] = &[
    "id",
    "name",
    "email",
    "emailVerified",
    "image",
    "createdAt",
    "updatedAt",
    "password",
    "callbackURL",
    "rememberMe",
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
];

/// What is in a session already.
const OF_SESSIONS: &[&str] =
    &["id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId"];

/// Whose fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "upstream's other tables have no use for them here")]
pub enum FieldOwner {
    /// `user.additional_fields`.
    User,
    /// `session.additional_fields`.
    Session,
}

/// What a field holds, by upstream's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// `boolean`.
    Boolean,
    /// `date`: a moment, in milliseconds.
    Date,
    /// `number`: a whole one in PostgreSQL, of 32 bits.
    Number,
    /// `number[]`.
    Numbers,
    /// `string`.
    Text,
    /// `string[]`.
    Texts,
}

impl FieldType {
    /// Every type and its name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("boolean", Self::Boolean),
        ("date", Self::Date),
        ("number", Self::Number),
        ("number[]", Self::Numbers),
        ("string", Self::Text),
        ("string[]", Self::Texts),
    ];

    /// The type of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// What a field holds that nobody has set.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldDefault {
    /// The same for everybody.
    Fixed(Json),
    /// When the row was made; for dates.
    Now,
}

impl FieldDefault {
    fn value(&self, now: Date) -> Json {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Now => Json::from(now.to_string()),
        }
    }
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of upstream's options, on or off")]
pub struct AdditionalField {
    /// As the wire has it.
    pub name: String,
    /// `field_name`: as the database has it.
    pub column: String,
    /// `type`.
    pub kind: FieldType,
    /// `required`: whether there is always a value.
    pub required: bool,
    /// `default_value`.
    pub default: Option<FieldDefault>,
    /// `input`: whether clients may set it.
    pub input: bool,
    /// `returned`: whether clients see it.
    pub returned: bool,
    /// `unique`: whether each value is there once.
    pub unique: bool,
}

impl AdditionalField {
    /// A field of this name, as it is unless something else is said.
    pub fn new(name: &str, kind: FieldType) -> Self {
        Self {
            name: name.to_owned(),
            column: name.to_owned(),
            kind,
            required: true,
            default: None,
            input: true,
            returned: true,
            unique: false,
        }
    }
}

/// Why fields can't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// A default of another type.
    #[error("{name}: default_value is no {kind}")]
    Default {
        /// Whose.
        name: String,
        /// What it should be.
        kind: &'static str,
    },
    /// No name, or none that a database and JSON both take as it is.
    #[error("{name}: a name has letters, digits and `_`, starts with a letter, and ends after 63")]
    Name {
        /// The name.
        name: String,
    },
    /// It must have a value, and nobody could give it one.
    #[error("{name}: it is required, but has no default_value, and nobody who could set it")]
    NobodySetsIt {
        /// Whose.
        name: String,
    },
    /// There is such a field, or one is needed for something else.
    #[error("{name}: there is a field or column of that name already")]
    Taken {
        /// The name.
        name: String,
    },
}

/// The fields that a table has beside its own. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct AdditionalFields(Option<Arc<[AdditionalField]>>);

impl AdditionalFields {
    /// Checks the fields of `owner`.
    pub fn new(owner: FieldOwner, mut fields: Vec<AdditionalField>) -> Result<Self, FieldError> {
        let own = match owner {
            FieldOwner::User => OF_USERS,
            FieldOwner::Session => OF_SESSIONS,
        };
        for (index, field) in fields.iter().enumerate() {
            check(owner, field)?;
            // SQLite's columns are the same in any case.
            let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
            let mut others = fields.iter().take(index);
            let is_taken = own.iter().any(|own| is(own, &field.name) || is(own, &field.column))
                || others.any(|o| is(&o.name, &field.name) || is(&o.column, &field.column));
            if is_taken {
                return Err(FieldError::Taken { name: field.name.clone() });
            }
        }
        for field in &mut fields {
            if let Some(FieldDefault::Fixed(value)) = &mut field.default {
                let refused =
                    |_| FieldError::Default { name: field.name.clone(), kind: field.kind.name() };
                *value = input::typed(field.kind, value, Numbers::Any).map_err(refused)?;
            }
        }
        Ok(Self((!fields.is_empty()).then(|| fields.into())))
    }

    pub(crate) fn all(&self) -> &[AdditionalField] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The same, all to be set: an operator is not held to what clients may say.
    pub(crate) fn for_operators(&self) -> Self {
        let settable = |field: &AdditionalField| AdditionalField { input: true, ..field.clone() };
        Self(self.0.as_ref().map(|fields| fields.iter().map(settable).collect()))
    }

    /// Whether the database takes every default.
    pub(crate) fn check_defaults(&self, numbers: Numbers) -> Result<(), FieldError> {
        for field in self.all() {
            if let Some(FieldDefault::Fixed(value)) = &field.default {
                let refused = |_| FieldError::Default {
                    name: field.name.clone(),
                    kind: "number of its column: a whole one of 32 bits",
                };
                input::typed(field.kind, value, numbers).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// A row's values that nobody has set.
    pub(crate) fn defaults(&self, now: Date) -> Additional {
        let value = |field: &AdditionalField| {
            field.default.as_ref().map_or(Json::Null, |default| default.value(now))
        };
        Additional::new(self.clone(), self.all().iter().map(value).collect())
    }
}

fn check(owner: FieldOwner, field: &AdditionalField) -> Result<(), FieldError> {
    let name = || field.name.clone();
    if !is_name(&field.name) || !is_name(&field.column) {
        return Err(FieldError::Name { name: name() });
    }
    if field.default == Some(FieldDefault::Now) && field.kind != FieldType::Date {
        return Err(FieldError::Default { name: name(), kind: field.kind.name() });
    }
    let can_be_set = field.input && owner == FieldOwner::User;
    if field.required && field.default.is_none() && !can_be_set {
        return Err(FieldError::NobodySetsIt { name: name() });
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    text.len() <= MOST_CHARACTERS
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

#[cfg(test)]
mod tests;
