//! A value as it was given, and what it can be read as.

/// A value as it was given.
#[derive(Clone, Copy)]
pub(in crate::config) enum Value<'a> {
    Toml(&'a toml::Value),
    /// From the environment, where everything is text.
    Text(&'a str),
}

impl<'a> Value<'a> {
    pub(in crate::config) fn text(self) -> Option<&'a str> {
        match self {
            Self::Toml(value) => value.as_str(),
            Self::Text(text) => Some(text),
        }
    }

    pub(in crate::config) fn flag(self) -> Option<bool> {
        match self {
            Self::Toml(value) => value.as_bool(),
            Self::Text(text) => text.parse().ok(),
        }
    }

    pub(in crate::config) fn count(self) -> Option<u32> {
        match self {
            Self::Toml(value) => value.as_integer().and_then(|n| u32::try_from(n).ok()),
            Self::Text(text) => text.parse().ok(),
        }
    }

    pub(super) fn ratio(self) -> Option<f64> {
        let ratio = match self {
            Self::Toml(toml::Value::Float(ratio)) => Some(*ratio),
            Self::Toml(toml::Value::Integer(ratio @ 0..=1)) => {
                Some(if *ratio == 0 { 0.0 } else { 1.0 })
            }
            Self::Toml(_) => None,
            Self::Text(text) => text.parse().ok(),
        };
        ratio.filter(|ratio| (0.0..=1.0).contains(ratio))
    }

    pub(in crate::config) fn seconds(self) -> Option<i64> {
        match self {
            Self::Toml(toml::Value::Integer(seconds)) => Some(*seconds),
            value => crate::moment::span(value.text()?),
        }
    }

    /// A list, or texts with commas between them.
    pub(super) fn list(self) -> Option<Vec<String>> {
        if let Self::Toml(toml::Value::Array(items)) = self {
            return items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        }
        let items = self.text()?.split(',').map(str::trim);
        Some(items.filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }
}
