//! From a token as received to proof. The order of the checks is written down here and only here.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, value::UnitDeserializer};

use crate::{
    KeySet, NoClaims, Policy, Rejection, UnixTime, Verified, VerifyingKey,
    algorithm::Algorithms,
    base64url,
    claims::{NumericDate, RawAudience, Registered},
    compact::Compact,
    crypto::MAX_SIGNATURE_BYTES,
    header::Header,
    json::Names,
    policy::{Expected, TokenType},
    rejection::Claim,
    verified::{Audience, Facts, Text},
};

/// HMAC, Ed25519 and P-256 sign with so many bytes at most; they are decoded on the stack.
const SHORT_SIGNATURE_BYTES: usize = 64;

impl Policy {
    /// Verifies a token with the keys given, at the time given.
    ///
    /// `C` is what else is wanted of the claims set; [`NoClaims`], or `()`, if nothing is. The
    /// registered claims need not be in it: they are checked and held by [`Verified`] anyway.
    pub fn verify<C: DeserializeOwned>(
        &self,
        token: &str,
        keys: &KeySet,
        now: UnixTime,
    ) -> Result<Verified<C>, Rejection> {
        // 1. to 3. Form, key, signature. Until here nothing of the payload was even decoded.
        let (key, payload) = self.demands().authenticate(token, keys)?;
        // 4. The claims, which are now the issuer's word.
        let payload = String::from_utf8(payload).map_err(|_| Rejection::MalformedPayload)?;
        let facts = {
            let mut others = Names::new();
            let claims = Registered::parse(&payload, &mut others)?;
            self.check_required(&claims, &others)?;
            self.check_claims(&claims, &payload, now)?
        };
        // 5. What the caller wants besides.
        let claims = parse_claims(&payload)?;
        Ok(Verified::new(facts, key.algorithm(), payload, claims))
    }

    /// Refuses what no key could make good: a text that is no token, a header of another kind. For
    /// a verifier that has no keys yet, and should not call them missing when the token is at fault.
    pub fn check_form(&self, token: &str) -> Result<(), Rejection> {
        let compact = Compact::parse(token, self.max_token_bytes)?;
        self.demands().read_header(&compact.header_bytes()?)?;
        if compact.signature.is_empty() { Err(Rejection::MissingSignature) } else { Ok(()) }
    }

    fn demands(&self) -> Demands<'_> {
        Demands {
            algorithms: self.algorithms,
            max_token_bytes: self.max_token_bytes,
            token_type: &self.token_type,
        }
    }

    fn check_required(&self, claims: &Registered<'_>, others: &Names<'_>) -> Result<(), Rejection> {
        for name in &*self.required_claims {
            let (is_there, claim) = match &**name {
                "aud" => (claims.audience.is_some(), Claim::Audience),
                "exp" => (claims.expires_at.is_some(), Claim::Expiration),
                "iat" => (claims.issued_at.is_some(), Claim::IssuedAt),
                "iss" => (claims.issuer.is_some(), Claim::Issuer),
                "jti" => (others.contains(name), Claim::TokenId),
                "nbf" => (claims.not_before.is_some(), Claim::NotBefore),
                "sub" => (claims.subject.is_some(), Claim::Subject),
                _ => (others.contains(name), Claim::Other),
            };
            if !is_there {
                return Err(Rejection::MissingClaim(claim));
            }
        }
        Ok(())
    }

    fn check_claims(
        &self,
        claims: &Registered<'_>,
        payload: &str,
        now: UnixTime,
    ) -> Result<Facts, Rejection> {
        match (&self.issuer, claims.issuer.as_deref()) {
            (Expected::OneOf(_), None) => return Err(Rejection::MissingClaim(Claim::Issuer)),
            (Expected::OneOf(expected), Some(issuer)) if !has(expected, issuer) => {
                return Err(Rejection::WrongIssuer);
            }
            _ => {}
        }
        self.check_audience(claims.audience.as_ref())?;
        let expires_at =
            claims.expires_at.ok_or(Rejection::MissingClaim(Claim::Expiration))?.floor();
        if now >= expires_at.saturating_add(self.leeway_seconds) {
            return Err(Rejection::Expired);
        }
        let latest = now.saturating_add(self.leeway_seconds);
        if claims.not_before.is_some_and(|date| date.ceil() > latest) {
            return Err(Rejection::NotYetValid);
        }
        if claims.issued_at.is_some_and(|date| date.ceil() > latest) {
            return Err(Rejection::IssuedInFuture);
        }
        let mut refused_from = expires_at.saturating_add(self.leeway_seconds);
        if let Some(max_age) = self.max_age_seconds {
            let issued_at = claims.issued_at.ok_or(Rejection::MissingClaim(Claim::IssuedAt))?;
            let too_old_from = issued_at.floor().saturating_add(max_age + self.leeway_seconds);
            if now >= too_old_from {
                return Err(Rejection::TooOld);
            }
            refused_from = refused_from.min(too_old_from);
        }
        let subject = claims.subject.as_deref().ok_or(Rejection::MissingClaim(Claim::Subject))?;
        // An empty subject would be equal to an empty path segment: a user that nobody is.
        if subject.is_empty() {
            return Err(Rejection::MalformedClaim(Claim::Subject));
        }
        let text = |text: &Cow<'_, str>| Text::new(text, payload);
        Ok(Facts {
            audience: match &claims.audience {
                Some(RawAudience::One(one)) => Audience::One(text(one)),
                Some(RawAudience::Many(many)) => Audience::Many(many.iter().map(text).collect()),
                None => Audience::Many(Vec::new()),
            },
            expires_at,
            issued_at: claims.issued_at.map(NumericDate::floor),
            issuer: claims.issuer.as_ref().map(text),
            refused_from,
            subject: Text::new(subject, payload),
        })
    }

    fn check_audience(&self, given: Option<&RawAudience<'_>>) -> Result<(), Rejection> {
        let Expected::OneOf(expected) = &self.audience else { return Ok(()) };
        let given = given.ok_or(Rejection::MissingClaim(Claim::Audience))?;
        let is_one_of_us = given.as_slice().iter().any(|one| has(expected, one));
        if is_one_of_us { Ok(()) } else { Err(Rejection::WrongAudience) }
    }
}

fn has(expected: &[Box<str>], given: &str) -> bool {
    expected.iter().any(|one| **one == *given)
}

/// What is asked of any signed token, whatever its payload.
pub(crate) struct Demands<'p> {
    pub(crate) algorithms: Algorithms,
    pub(crate) max_token_bytes: usize,
    pub(crate) token_type: &'p TokenType,
}

impl Demands<'_> {
    /// The key that signed the token, and the payload, decoded.
    pub(crate) fn authenticate<'k>(
        &self,
        token: &str,
        keys: &'k KeySet,
    ) -> Result<(&'k VerifyingKey, Vec<u8>), Rejection> {
        // 1. Form: lengths first.
        let compact = Compact::parse(token, self.max_token_bytes)?;
        // 2. The header, and the key, chosen by name and algorithm; nothing in the token adds a key.
        let key = self.select_key(&compact, keys)?;
        // 3. The signature.
        if compact.signature.is_empty() {
            return Err(Rejection::MissingSignature);
        }
        let message = compact.signing_input.as_bytes();
        let mut short = [0; SHORT_SIGNATURE_BYTES];
        let long;
        let signature = if compact.signature.len() <= SHORT_SIGNATURE_BYTES * 4 / 3 + 1 {
            base64url::decode_into(compact.signature, &mut short)
                .map_err(|_| Rejection::MalformedToken)?
        } else {
            // RSA and P-384 upwards: beside their arithmetic an allocation is nothing.
            if compact.signature.len() > MAX_SIGNATURE_BYTES * 4 / 3 + 1 {
                return Err(Rejection::MalformedToken);
            }
            long = base64url::decode(compact.signature).map_err(|_| Rejection::MalformedToken)?;
            &long
        };
        key.verify(message, signature).map_err(|_| Rejection::BadSignature)?;
        Ok((key, compact.payload_bytes()?))
    }

    fn select_key<'k>(
        &self,
        compact: &Compact<'_>,
        keys: &'k KeySet,
    ) -> Result<&'k VerifyingKey, Rejection> {
        // Nearly every header is one of a few texts, whose meaning was worked out with the set.
        let known = match self.token_type {
            TokenType::Jwt => keys.find_by_header(compact.header),
            TokenType::Jose | TokenType::Only(_) => None,
        };
        if let Some(key) = known.filter(|key| self.algorithms.contains(key.algorithm())) {
            return Ok(key);
        }
        let bytes = compact.header_bytes()?;
        let header = self.read_header(&bytes)?;
        keys.select(header.algorithm, header.key_id.as_deref())
    }

    fn read_header<'b>(&self, bytes: &'b [u8]) -> Result<Header<'b>, Rejection> {
        let header = Header::parse(bytes)?;
        if !self.token_type.permits(header.typ.as_deref()) {
            return Err(Rejection::WrongType);
        }
        if !self.algorithms.contains(header.algorithm) {
            return Err(Rejection::AlgorithmNotAllowed);
        }
        Ok(header)
    }
}

/// Reads the caller's type from the payload; for a type without content, such as [`NoClaims`], that
/// second pass is left out.
pub(crate) fn parse_claims<C: DeserializeOwned>(payload: &str) -> Result<C, Rejection> {
    if size_of::<C>() == 0 {
        let unit = UnitDeserializer::<serde::de::value::Error>::new();
        if let Ok(nothing) = C::deserialize(unit) {
            return Ok(nothing);
        }
    }
    serde_json::from_str(payload).map_err(|_| Rejection::UnexpectedClaims)
}

const _: () = assert!(size_of::<NoClaims>() == 0, "else each token would be parsed twice");
