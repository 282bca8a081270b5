//! Why a key cannot be used.

use std::fmt;

/// What is wrong with a key. It never quotes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The private key is encrypted with a passphrase, which nothing here asks for.
    Encrypted,
    /// It is no key in the form expected: a member is missing, is not strict base64url, or has the
    /// wrong length.
    Malformed,
    /// The public half does not belong to the private half.
    Mismatch,
    /// The JWK's `use` or `key_ops` reserve it for something else (RFC 7517 §4.2, §4.3).
    NotForSignatures,
    /// A private key stands where a public one is expected: it may have been published.
    Private,
    /// A public key stands where a private one is expected.
    Public,
    /// The RSA key has fewer than 2048 bits (RFC 7518 §3.3).
    RsaTooShort {
        /// How many it has.
        bits: usize,
    },
    /// The shared secret consists of white space or zero bytes.
    SecretBlank,
    /// The shared secret is shorter than the algorithm demands (RFC 7518 §3.2).
    SecretTooShort {
        /// How long it has to be.
        least_bytes: usize,
    },
    /// There are several keys where one is expected.
    Several,
    /// The type, curve or algorithm of the key is not supported here.
    Unsupported,
    /// The public key is one under which signatures prove nothing: a point of low order, an RSA
    /// exponent of 1.
    Weak,
    /// The algorithm is not one for this kind of key.
    WrongAlgorithm,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encrypted => {
                "the private key is encrypted; `openssl pkey -in FILE -out PLAIN` decrypts it"
            }
            Self::Malformed => "the key is malformed",
            Self::Mismatch => "the public key does not belong to the private key",
            Self::NotForSignatures => "the key is not meant for signatures",
            Self::Private => "it is a private key, and only the public one is wanted",
            Self::Public => "it is a public key, and the private one is wanted",
            Self::RsaTooShort { bits } => {
                return write!(f, "the RSA key has {bits} bits: at least 2048 are needed");
            }
            Self::SecretBlank => "the secret is blank",
            Self::SecretTooShort { least_bytes } => {
                return write!(
                    f,
                    "the secret is too short: at least {least_bytes} bytes are needed"
                );
            }
            Self::Several => "there are several keys, and one is wanted",
            Self::Unsupported => "this kind of key is not supported",
            Self::Weak => "the public key is weak",
            Self::WrongAlgorithm => "the algorithm does not fit this kind of key",
        })
    }
}

impl std::error::Error for KeyError {}
