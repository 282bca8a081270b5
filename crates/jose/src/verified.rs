//! The proof that a token was verified.

use std::{fmt, ops::Range, sync::Arc};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{Algorithm, Rejection, UnixTime, verify::parse_claims};

/// Nothing but the registered claims is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct NoClaims;

/// A token that was verified; only [`Policy::verify`](crate::Policy::verify) makes one.
///
/// Code that takes a `Verified` cannot run before the check: the type is the proof. It is cheap to
/// clone, and `Debug` shows no claim but the subject.
#[derive(Clone)]
pub struct Verified<C = NoClaims> {
    token: Arc<Token>,
    claims: C,
}

struct Token {
    facts: Facts,
    algorithm: Algorithm,
    payload: String,
}

/// The registered claims, checked.
pub(crate) struct Facts {
    pub(crate) audience: Audience,
    pub(crate) expires_at: UnixTime,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) issuer: Option<Text>,
    /// The second from which on the policy refuses the token, leeway and greatest age included.
    pub(crate) refused_from: UnixTime,
    pub(crate) subject: Text,
}

/// A text of the payload, which is kept anyway; a copy only where it has escapes.
pub(crate) enum Text {
    At(Range<usize>),
    Copy(Box<str>),
}

impl Text {
    /// Finds `text` in `payload`, if it was borrowed from there.
    pub(crate) fn new(text: &str, payload: &str) -> Self {
        let start = text.as_ptr().addr().wrapping_sub(payload.as_ptr().addr());
        let range = start..start.wrapping_add(text.len());
        // Found by its address, and believed only if that text stands there.
        match payload.get(range.clone()) {
            Some(found) if found == text => Self::At(range),
            _ => Self::Copy(text.into()),
        }
    }

    fn within<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::At(range) => payload.get(range.clone()).unwrap_or_default(),
            Self::Copy(text) => text,
        }
    }
}

/// One audience is by far the most common, and then there is nothing to allocate.
pub(crate) enum Audience {
    Many(Vec<Text>),
    One(Text),
}

impl Audience {
    fn as_slice(&self) -> &[Text] {
        match self {
            Self::Many(many) => many,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

impl<C> Verified<C> {
    pub(crate) fn new(facts: Facts, algorithm: Algorithm, payload: String, claims: C) -> Self {
        Self { token: Arc::new(Token { facts, algorithm, payload }), claims }
    }

    /// Who the token is about (`sub`); never empty.
    pub fn subject(&self) -> &str {
        self.token.facts.subject.within(&self.token.payload)
    }

    /// Who issued it (`iss`); `None` only where the policy accepts any issuer.
    pub fn issuer(&self) -> Option<&str> {
        self.token.facts.issuer.as_ref().map(|issuer| issuer.within(&self.token.payload))
    }

    /// Whom it is for (`aud`), in the token's order.
    pub fn audience(&self) -> impl ExactSizeIterator<Item = &str> {
        self.token.facts.audience.as_slice().iter().map(|one| one.within(&self.token.payload))
    }

    /// From when on it is refused (`exp`), without leeway. A fraction is cut off.
    pub fn expires_at(&self) -> UnixTime {
        self.token.facts.expires_at
    }

    /// From when on the policy that verified it refuses it: `exp` with the leeway, or sooner where
    /// the policy bounds a token's age.
    pub fn refused_from(&self) -> UnixTime {
        self.token.facts.refused_from
    }

    /// When it was issued (`iat`), if it says so.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.token.facts.issued_at
    }

    /// With which algorithm it was signed.
    pub fn algorithm(&self) -> Algorithm {
        self.token.algorithm
    }

    /// The caller's own view of the claims set.
    pub fn claims(&self) -> &C {
        &self.claims
    }

    /// The claims set as it was signed: JSON, well formed, an object.
    pub fn payload(&self) -> &str {
        &self.token.payload
    }

    /// The same proof with another view of the claims set, read from the payload that was verified.
    /// So a middleware verifies once, and each handler asks for what it needs.
    pub fn with_claims<D: DeserializeOwned>(&self) -> Result<Verified<D>, Rejection> {
        let claims = parse_claims(&self.token.payload)?;
        Ok(Verified { token: Arc::clone(&self.token), claims })
    }
}

impl<C> fmt::Debug for Verified<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("subject", &self.subject())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
