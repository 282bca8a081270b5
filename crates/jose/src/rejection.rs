//! Why a token was not accepted.

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
        self.row().0
    }

    /// Where to look first for the cause.
    pub const fn blame(self) -> Blame {
        self.row().1
    }

    /// The claim that is missing or malformed, if it is about one.
    pub const fn claim(self) -> Option<Claim> {
        match self {
            Self::MalformedClaim(claim) | Self::MissingClaim(claim) => Some(claim),
            _ => None,
        }
    }

    /// The one table: code, blame, text.
    const fn row(self) -> (&'static str, Blame, &'static str) {
        use Blame::{Keys, Policy, Token};
        match self {
            Self::AlgorithmMismatch => {
                ("algorithm-mismatch", Keys, "the key is for another algorithm than the token's")
            }
            Self::AlgorithmNotAllowed => {
                ("algorithm-not-allowed", Policy, "the algorithm is not allowed here")
            }
            Self::AmbiguousKey => {
                ("ambiguous-key", Keys, "more than one key could have signed the token")
            }
            Self::BadSignature => ("bad-signature", Keys, "the signature does not fit the key"),
            Self::CriticalHeader => {
                ("critical-header", Token, "the header demands an unknown extension")
            }
            Self::DuplicateMember => ("duplicate-member", Token, "a member name occurs twice"),
            Self::EmbeddedKey => ("embedded-key", Token, "the header brings its own key"),
            Self::Expired => ("expired", Token, "the token has expired"),
            Self::IssuedInFuture => {
                ("issued-in-future", Token, "the token was issued in the future")
            }
            Self::MalformedClaim(_) => ("malformed-claim", Token, "a claim is malformed"),
            Self::MalformedHeader => ("malformed-header", Token, "the header is malformed"),
            Self::MalformedPayload => ("malformed-payload", Token, "the payload is malformed"),
            Self::MalformedToken => ("malformed-token", Token, "it is not a signed token"),
            Self::MissingClaim(_) => ("missing-claim", Token, "a claim is missing"),
            Self::MissingSignature => ("missing-signature", Token, "the signature is missing"),
            Self::NestingTooDeep => ("nesting-too-deep", Token, "the claims nest too deep"),
            Self::NotYetValid => ("not-yet-valid", Token, "the token is not valid yet"),
            Self::TokenTooLarge => ("token-too-large", Token, "the token is too large"),
            Self::UnexpectedClaims => {
                ("unexpected-claims", Policy, "the claims are not of the expected shape")
            }
            Self::UnencodedPayload => {
                ("unencoded-payload", Token, "the payload is said not to be encoded")
            }
            Self::UnknownKey => ("unknown-key", Keys, "no known key is the one the token names"),
            Self::Unsigned => ("unsigned", Token, "the token is not signed"),
            Self::UnsupportedAlgorithm => {
                ("unsupported-algorithm", Token, "the algorithm is not supported")
            }
            Self::WrongAudience => ("wrong-audience", Policy, "the token is for another audience"),
            Self::WrongIssuer => ("wrong-issuer", Policy, "the token is from another issuer"),
            Self::WrongType => ("wrong-type", Policy, "it is another kind of token"),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().2)?;
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

/// A registered claim (RFC 7519 §4.1).
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
    /// `sub`
    Subject,
}

impl Claim {
    /// The name as it stands in the claims set.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audience => "aud",
            Self::Expiration => "exp",
            Self::IssuedAt => "iat",
            Self::Issuer => "iss",
            Self::NotBefore => "nbf",
            Self::Subject => "sub",
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
