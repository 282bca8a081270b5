//! The signature algorithms a key can be bound to.

use std::{fmt, str::FromStr};

/// A JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// There is no variant for `none`: an unsigned token cannot be represented, so no setting and no
/// mistake can let one through. Names are compared exactly, as RFC 7515 §4.1.1 demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 signatures (RFC 8037). The default of Better Auth's JWT plugin.
    EdDSA,
    /// HMAC with SHA-256 (RFC 7518 §3.2).
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

impl Algorithm {
    /// Every algorithm this crate can verify and sign with.
    pub const ALL: &[Self] = &[Self::EdDSA, Self::HS256, Self::HS384, Self::HS512];

    /// The name as it stands in the `alg` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }

    /// Whether signer and verifier share one secret, which must then never be published.
    pub const fn is_symmetric(self) -> bool {
        match self {
            Self::EdDSA => false,
            Self::HS256 | Self::HS384 | Self::HS512 => true,
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "EdDSA" => Some(Self::EdDSA),
            "HS256" => Some(Self::HS256),
            "HS384" => Some(Self::HS384),
            "HS512" => Some(Self::HS512),
            _ => None,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::parse(name).ok_or(UnknownAlgorithm)
    }
}

/// The name is not one of [`Algorithm::ALL`], in exactly that spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownAlgorithm;

impl fmt::Display for UnknownAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a supported signature algorithm; names are case-sensitive, as in EdDSA")
    }
}

impl std::error::Error for UnknownAlgorithm {}

/// A set of algorithms that is asked at every token, hence a bit mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithms(u16);

impl Algorithms {
    pub(crate) const EVERY: Self = Self(u16::MAX);

    pub(crate) fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }
}

impl FromIterator<Algorithm> for Algorithms {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(iter: I) -> Self {
        Self(iter.into_iter().fold(0, |mask, algorithm| mask | algorithm.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_exact() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        }
        for name in ["none", "None", "NONE", "", "hs256", "HS256 ", "eddsa", "Ed25519", "RS256"] {
            assert_eq!(name.parse::<Algorithm>(), Err(UnknownAlgorithm), "{name:?}");
        }
    }

    #[test]
    fn a_set_contains_what_was_put_in() {
        let set = Algorithms::from_iter([Algorithm::HS256, Algorithm::EdDSA]);
        assert!(set.contains(Algorithm::EdDSA) && set.contains(Algorithm::HS256));
        assert!(!set.contains(Algorithm::HS512));
        assert!(Algorithm::ALL.iter().all(|one| Algorithms::EVERY.contains(*one)));
    }
}
