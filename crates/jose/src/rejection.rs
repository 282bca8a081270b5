//! Why a token was not accepted.

mod table;

use std::fmt;

/// Why a token was not accepted.
///
/// Each reason has a [`code`](Self::code) that never changes; challenges, exceptions, advice and
/// metrics are keyed by it. Neither the code nor `Display` repeats anything from the token, so both
/// can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// The key that fits otherwise is bound to another algorithm (RFC 8725 §3.1): key confusion.
    AlgorithmMismatch,
    /// The policy does not permit the algorithm in the header.
    AlgorithmNotAllowed,
    /// More than one key could have been meant; trying them all would make `kid` worthless.
    AmbiguousKey,
    /// The signature is not that of the key.
    BadSignature,
    /// The header has `crit`, and no extension is understood here (RFC 7515 §4.1.11).
    CriticalHeader,
    /// A member name stands twice in the header or the claims set (RFC 7515 §4, RFC 7519 §4).
    DuplicateMember,
    /// The header brings or points to its own key: `jwk`, `jku`, `x5c` or `x5u`. RFC 7515 lets a
    /// verifier ignore them; refusing makes the attempt visible (RFC 8725 §3.10).
    EmbeddedKey,
    /// `exp` has passed (RFC 7519 §4.1.4).
    Expired,
    /// `iat` lies in the future: the clocks differ, or the token is made up.
    IssuedInFuture,
    /// A registered claim has the wrong type or an impossible value. That is never read as absent.
    MalformedClaim(Claim),
    /// The header is not a JSON object with an `alg` text, or is far too long.
    MalformedHeader,
    /// The payload is not a JSON object in UTF-8.
    MalformedPayload,
    /// It is not three strict base64url parts with dots between.
    MalformedToken,
    /// A claim that is expected is absent.
    MissingClaim(Claim),
    /// The signature part is empty, though the header names an algorithm.
    MissingSignature,
    /// The payload nests deeper than any real claims set.
    NestingTooDeep,
    /// `nbf` lies in the future (RFC 7519 §4.1.5).
    NotYetValid,
    /// It is longer than the policy's limit.
    TokenTooLarge,
    /// It was issued longer ago than the policy permits.
    TooOld,
    /// The registered claims are in order, but the rest does not fit the type that was asked for.
    UnexpectedClaims,
    /// The header has `b64` (RFC 7797), which no JWT may use.
    UnencodedPayload,
    /// No key of the set is the one the header names. A key set that can be fetched may be stale.
    UnknownKey,
    /// The algorithm is `none`, in whatever casing (RFC 8725 §3.2).
    Unsigned,
    /// The header names an algorithm that is not supported.
    UnsupportedAlgorithm,
    /// `aud` names none of the expected audiences (RFC 7519 §4.1.3).
    WrongAudience,
    /// `iss` is not an expected issuer (RFC 7519 §4.1.1).
    WrongIssuer,
    /// `typ` says that it is another kind of token (RFC 8725 §3.11).
    WrongType,
}

impl Rejection {
    /// A stable name in kebab case.
    pub const fn code(self) -> &'static str {
        self.row().code
    }

    /// Where to look first for the cause.
    pub const fn blame(self) -> Blame {
        self.row().blame
    }

    /// The claim that is missing or malformed, if it is about one.
    pub const fn claim(self) -> Option<Claim> {
        match self {
            Self::MalformedClaim(claim) | Self::MissingClaim(claim) => Some(claim),
            _ => None,
        }
    }

    /// What it means and what to do about it, in a few sentences of Markdown; the page
    /// `docs/rejections/CODE.md` is made of it.
    pub const fn explanation(self) -> &'static str {
        self.row().explanation
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().text)?;
        match self.claim() {
            Some(claim) => write!(f, ": {claim}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Rejection {}

/// Where to look first for the cause of a [`Rejection`]. A hint for whoever mends it, no verdict:
/// a forged token and a wrong secret look the same from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The token and the keys do not belong together.
    Keys,
    /// What is expected here and what the issuer puts into tokens differ.
    Policy,
    /// The token itself.
    Token,
}

/// A claim that something is wrong with (RFC 7519 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// `aud`
    Audience,
    /// `exp`
    Expiration,
    /// `iat`
    IssuedAt,
    /// `iss`
    Issuer,
    /// `nbf`
    NotBefore,
    /// Another claim that the policy requires.
    Other,
    /// `sub`
    Subject,
    /// `jti`
    TokenId,
}

impl Claim {
    /// The name as it stands in the claims set; a description for [`Other`](Self::Other).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audience => "aud",
            Self::Expiration => "exp",
            Self::IssuedAt => "iat",
            Self::Issuer => "iss",
            Self::NotBefore => "nbf",
            Self::Other => "a claim that is required here",
            Self::Subject => "sub",
            Self::TokenId => "jti",
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
