//! Why a key cannot be used.

use std::fmt;

/// What is wrong with a key. It never quotes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// A member of the JWK is missing, is not strict base64url, or has the wrong length.
    Malformed,
    /// The public half does not belong to the private half.
    Mismatch,
    /// The JWK's `use` or `key_ops` reserve it for something else (RFC 7517 §4.2, §4.3).
    NotForSignatures,
    /// The shared secret consists of white space or zero bytes.
    SecretBlank,
    /// The shared secret is shorter than the algorithm demands (RFC 7518 §3.2).
    SecretTooShort {
        /// How long it has to be.
        least_bytes: usize,
    },
    /// The type, curve or algorithm of the JWK is not supported here.
    Unsupported,
    /// The public key is one under which signatures prove nothing (a point of low order).
    Weak,
    /// The algorithm is not one for this kind of key.
    WrongAlgorithm,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the key is malformed"),
            Self::Mismatch => f.write_str("the public key does not belong to the private key"),
            Self::NotForSignatures => f.write_str("the key is not meant for signatures"),
            Self::SecretBlank => f.write_str("the secret is blank"),
            Self::SecretTooShort { least_bytes } => {
                write!(f, "the secret is too short: at least {least_bytes} bytes are needed")
            }
            Self::Unsupported => f.write_str("this kind of key is not supported"),
            Self::Weak => f.write_str("the public key is weak"),
            Self::WrongAlgorithm => f.write_str("the algorithm does not fit this kind of key"),
        }
    }
}

impl std::error::Error for KeyError {}
