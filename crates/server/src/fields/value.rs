//! The values of a row's additional fields.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use super::{AdditionalField, AdditionalFields};

/// What a row holds in its additional fields, in their order. As JSON it has those that clients may
/// see.
#[derive(Clone, Default)]
pub(crate) struct Additional {
    fields: AdditionalFields,
    values: Vec<Json>,
}

impl Additional {
    /// `values` are in the order of `fields`.
    pub(crate) fn new(fields: AdditionalFields, values: Vec<Json>) -> Self {
        Self { fields, values }
    }

    /// Each field and its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&AdditionalField, &Json)> {
        self.fields.all().iter().zip(&self.values)
    }
}

impl Serialize for Additional {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in self.iter().filter(|(field, _)| field.returned) {
            map.serialize_entry(&field.name, value)?;
        }
        map.end()
    }
}

/// Values may be anybody's secrets.
impl fmt::Debug for Additional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(field, _)| &field.name)).finish()
    }
}
