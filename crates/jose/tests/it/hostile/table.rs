//! The table: one row per attack, and controls that must pass.

use gatewright_jose::{Algorithm, JwkSet, KeySet, Rejection, VerifyingKey};

use super::{keys, secret};
use crate::support::SECRET;

/// What is sent, to whom, and what comes of it.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) token: String,
    pub(super) keys: Keys,
    /// `None` is a control: it must be accepted, else its neighbours show nothing.
    pub(super) expected: Option<Rejection>,
}

/// What the verifier holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// The published keys of [`keys::published`].
    Jwks,
    /// The shared secret.
    Secret,
}

impl Keys {
    pub(super) fn set(self) -> KeySet {
        match self {
            Self::Jwks => KeySet::from_jwk_set(&JwkSet { keys: keys::published() }),
            Self::Secret => KeySet::from(VerifyingKey::hmac(Algorithm::HS256, SECRET).unwrap()),
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Jwks => "jwks",
            Self::Secret => "secret",
        }
    }
}

pub(super) fn rows() -> Vec<Row> {
    [secret::rows(), keys::rows()].concat()
}
