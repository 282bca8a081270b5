//! What is expected of a token, decided completely before one can be verified.

use std::{fmt, marker::PhantomData, sync::Arc};

use crate::{Algorithm, algorithm::Algorithms};

/// What is expected of a token.
///
/// It cannot be built before issuer, audience and algorithms are decided; "any" has to be said.
/// What is expected is thereby required: a token without `iss` fails where an issuer is expected.
/// `sub` and `exp` are required always.
///
/// ```
/// use gatewright_jose::{Algorithm, Policy};
///
/// let policy = Policy::builder()
///     .issuer("https://app.example")
///     .audience("https://app.example")
///     .algorithms([Algorithm::EdDSA])
///     .build();
/// # let _ = policy;
/// ```
///
/// Leaving a decision out does not compile:
///
/// ```compile_fail
/// # use gatewright_jose::{Algorithm, Policy};
/// let policy = Policy::builder().issuer("https://app.example").any_algorithm().build();
/// ```
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) algorithms: Algorithms,
    pub(crate) audience: Expected,
    pub(crate) issuer: Expected,
    pub(crate) leeway_seconds: i64,
    pub(crate) max_age_seconds: Option<i64>,
    pub(crate) max_token_bytes: usize,
    pub(crate) required_claims: Arc<[Box<str>]>,
    pub(crate) token_type: TokenType,
}

impl Policy {
    /// How many bytes a token may have unless the policy says otherwise. Servers commonly refuse
    /// header lines of half that size.
    pub const DEFAULT_MAX_TOKEN_BYTES: usize = 16 * 1024;

    /// How far two clocks may differ unless the policy says otherwise.
    pub const DEFAULT_LEEWAY_SECONDS: u8 = 10;

    /// More leeway than this would be a way to keep expired tokens alive.
    pub const MAX_LEEWAY_SECONDS: u8 = 60;

    /// Begins with nothing decided.
    pub fn builder() -> PolicyBuilder<Undecided, Undecided, Undecided> {
        PolicyBuilder {
            policy: Self {
                algorithms: Algorithms::from_iter([]),
                audience: Expected::OneOf(Arc::from([])),
                issuer: Expected::OneOf(Arc::from([])),
                leeway_seconds: Self::DEFAULT_LEEWAY_SECONDS.into(),
                max_age_seconds: None,
                max_token_bytes: Self::DEFAULT_MAX_TOKEN_BYTES,
                required_claims: Arc::from([]),
                token_type: TokenType::Jwt,
            },
            decided: PhantomData,
        }
    }
}

/// What `typ` in the header may be.
#[derive(Debug, Clone)]
pub(crate) enum TokenType {
    /// Absent, or `JOSE`: what a JWS that is no JWT may say of itself (RFC 7515 §4.1.9).
    Jose,
    /// Absent, or `JWT`.
    Jwt,
    /// This, and never absent.
    Only(Arc<str>),
}

impl TokenType {
    pub(crate) fn permits(&self, typ: Option<&str>) -> bool {
        // Media types are compared without regard to case, and the prefix may be left out
        // (RFC 7515 §4.1.9).
        fn short(typ: &str) -> &str {
            match typ.split_at_checked("application/".len()) {
                Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
                _ => typ,
            }
        }
        let (wanted, may_be_absent) = match self {
            Self::Jose => ("JOSE", true),
            Self::Jwt => ("JWT", true),
            Self::Only(typ) => (short(typ), false),
        };
        typ.map_or(may_be_absent, |typ| short(typ).eq_ignore_ascii_case(wanted))
    }
}

/// The values a claim may have.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    Any,
    OneOf(Arc<[Box<str>]>),
}

impl Expected {
    fn one_of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::OneOf(values.into_iter().map(|value| value.into().into_boxed_str()).collect())
    }
}

/// A decision that is still open.
#[derive(Debug, Clone, Copy)]
pub struct Undecided(());

/// A decision that was made.
#[derive(Debug, Clone, Copy)]
pub struct Decided(());

/// A [`Policy`] in the making; its parameters say whether issuer, audience and algorithms are
/// decided.
#[derive(Clone)]
#[must_use]
pub struct PolicyBuilder<Issuer, Audience, Algorithms> {
    policy: Policy,
    decided: PhantomData<(Issuer, Audience, Algorithms)>,
}

impl<I, A, G> PolicyBuilder<I, A, G> {
    /// Another leeway for `exp`, `nbf` and `iat`; more than
    /// [`MAX_LEEWAY_SECONDS`](Policy::MAX_LEEWAY_SECONDS) counts as that much.
    pub fn leeway_seconds(mut self, seconds: u8) -> Self {
        self.policy.leeway_seconds = seconds.min(Policy::MAX_LEEWAY_SECONDS).into();
        self
    }

    /// Refuses a token that was issued longer ago than this, whatever its `exp` says; `iat` is then
    /// required. For a service that does not trust its issuer's idea of a short life.
    pub fn max_age_seconds(mut self, seconds: u32) -> Self {
        self.policy.max_age_seconds = Some(seconds.into());
        self
    }

    /// Claims that must be there besides `sub` and `exp`, such as `jti`; their values are the
    /// caller's to judge.
    pub fn required_claims<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.policy.required_claims =
            names.into_iter().map(|name| name.into().into_boxed_str()).collect();
        self
    }

    /// Another limit for the length of a token, which is judged before anything is allocated.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.policy.max_token_bytes = bytes;
        self
    }

    /// Demands this `typ` in the header, such as `at+jwt` (RFC 8725 §3.11). Without it a token may
    /// have no `typ` or the plain `JWT`, so that tokens made for another purpose are refused.
    pub fn token_type(mut self, typ: impl Into<String>) -> Self {
        self.policy.token_type = TokenType::Only(typ.into().into());
        self
    }

    fn decide<I2, A2, G2>(self) -> PolicyBuilder<I2, A2, G2> {
        PolicyBuilder { policy: self.policy, decided: PhantomData }
    }
}

impl<A, G> PolicyBuilder<Undecided, A, G> {
    /// The one issuer to accept, compared exactly.
    pub fn issuer(self, issuer: impl Into<String>) -> PolicyBuilder<Decided, A, G> {
        self.issuers([issuer])
    }

    /// The issuers to accept; with none, every token is refused.
    pub fn issuers<T: Into<String>>(
        mut self,
        issuers: impl IntoIterator<Item = T>,
    ) -> PolicyBuilder<Decided, A, G> {
        self.policy.issuer = Expected::one_of(issuers);
        self.decide()
    }

    /// Any issuer will do, even none. Right only where the key alone says who issued the token.
    pub fn any_issuer(mut self) -> PolicyBuilder<Decided, A, G> {
        self.policy.issuer = Expected::Any;
        self.decide()
    }
}

impl<I, G> PolicyBuilder<I, Undecided, G> {
    /// The name of this service in `aud`, compared exactly.
    pub fn audience(self, audience: impl Into<String>) -> PolicyBuilder<I, Decided, G> {
        self.audiences([audience])
    }

    /// Several names of this service, of which `aud` must have one; with none, every token is
    /// refused.
    pub fn audiences<T: Into<String>>(
        mut self,
        audiences: impl IntoIterator<Item = T>,
    ) -> PolicyBuilder<I, Decided, G> {
        self.policy.audience = Expected::one_of(audiences);
        self.decide()
    }

    /// Any audience will do, even none: tokens that the issuer made for other services are then
    /// accepted here as well.
    pub fn any_audience(mut self) -> PolicyBuilder<I, Decided, G> {
        self.policy.audience = Expected::Any;
        self.decide()
    }
}

impl<I, A> PolicyBuilder<I, A, Undecided> {
    /// The algorithms to accept (RFC 8725 §3.1).
    pub fn algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> PolicyBuilder<I, A, Decided> {
        self.policy.algorithms = algorithms.into_iter().collect();
        self.decide()
    }

    /// Any algorithm for which the key set has a key. It is still the key that decides: each is
    /// bound to one.
    pub fn any_algorithm(mut self) -> PolicyBuilder<I, A, Decided> {
        self.policy.algorithms = Algorithms::EVERY;
        self.decide()
    }
}

impl PolicyBuilder<Decided, Decided, Decided> {
    /// The policy, now that all is decided.
    pub fn build(self) -> Policy {
        self.policy
    }
}

impl<I, A, G> fmt::Debug for PolicyBuilder<I, A, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyBuilder").field(&self.policy).finish()
    }
}
