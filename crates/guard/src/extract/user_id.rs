//! A user's id as proof.

use std::fmt;

use gatewright_jose::Verified;

/// A user id that was proven: it is the subject of a verified token. Code that reads or writes a
/// user's rows should take one, for there is no way to make one from a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Box<str>);

impl UserId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<C> From<&Verified<C>> for UserId {
    fn from(verified: &Verified<C>) -> Self {
        Self(verified.subject().into())
    }
}

impl AsRef<str> for UserId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
