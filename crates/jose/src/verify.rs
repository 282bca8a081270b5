//! From a token as received to proof. The order of the checks is written down here and only here.

use std::sync::Arc;

use serde::de::{DeserializeOwned, value::UnitDeserializer};

use crate::{
    KeySet, NoClaims, Policy, Rejection, UnixTime, Verified, VerifyingKey, base64url,
    claims::{NumericDate, RawAudience, Registered},
    compact::Compact,
    crypto::MAX_SIGNATURE_BYTES,
    header::Header,
    policy::Expected,
    rejection::Claim,
    verified::{Audience, Facts},
};

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
        // 1. Form: lengths first.
        let compact = Compact::parse(token, self.max_token_bytes)?;
        // 2. The header, and the key, chosen by name and algorithm; nothing in the token adds a key.
        let key = self.select_key(&compact, keys)?;
        // 3. The signature. Until here nothing of the payload was even decoded.
        if compact.signature.is_empty() {
            return Err(Rejection::MissingSignature);
        }
        let mut buffer = [0; MAX_SIGNATURE_BYTES];
        let signature = base64url::decode_into(compact.signature, &mut buffer)
            .map_err(|_| Rejection::MalformedToken)?;
        key.verify(compact.signing_input.as_bytes(), signature)
            .map_err(|_| Rejection::BadSignature)?;
        // 4. The claims, which are now the issuer's word.
        let payload =
            String::from_utf8(compact.payload_bytes()?).map_err(|_| Rejection::MalformedPayload)?;
        let facts = self.check_claims(&Registered::parse(&payload)?, now)?;
        // 5. What the caller wants besides.
        let claims = parse_claims(&payload)?;
        Ok(Verified::new(facts, key.algorithm(), payload, claims))
    }

    fn select_key<'k>(
        &self,
        compact: &Compact<'_>,
        keys: &'k KeySet,
    ) -> Result<&'k VerifyingKey, Rejection> {
        // Nearly every header is one of a few texts, whose meaning was worked out with the set.
        let known = match self.token_type {
            None => keys.find_by_header(compact.header),
            Some(_) => None,
        };
        if let Some(key) = known.filter(|key| self.algorithms.contains(key.algorithm())) {
            return Ok(key);
        }
        let bytes = compact.header_bytes()?;
        let header = Header::parse(&bytes)?;
        self.check_type(header.typ.as_deref())?;
        if !self.algorithms.contains(header.algorithm) {
            return Err(Rejection::AlgorithmNotAllowed);
        }
        keys.select(header.algorithm, header.key_id.as_deref())
    }

    fn check_type(&self, typ: Option<&str>) -> Result<(), Rejection> {
        // Media types are compared without regard to case, and the prefix may be left out
        // (RFC 7515 §4.1.9).
        let short = typ.map(|typ| match typ.split_at_checked("application/".len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
            _ => typ,
        });
        let fits = match (&self.token_type, short) {
            (None, None) => true,
            (None, Some(typ)) => typ.eq_ignore_ascii_case("JWT"),
            (Some(wanted), Some(typ)) => typ.eq_ignore_ascii_case(wanted),
            (Some(_), None) => false,
        };
        if fits { Ok(()) } else { Err(Rejection::WrongType) }
    }

    fn check_claims(&self, claims: &Registered<'_>, now: UnixTime) -> Result<Facts, Rejection> {
        let issuer = match (&self.issuer, claims.issuer.as_deref()) {
            (Expected::OneOf(_), None) => return Err(Rejection::MissingClaim(Claim::Issuer)),
            (Expected::Any, issuer) => issuer.map(Into::into),
            (Expected::OneOf(expected), Some(issuer)) => Some(
                expected
                    .iter()
                    .find(|one| &***one == issuer)
                    .ok_or(Rejection::WrongIssuer)?
                    .clone(),
            ),
        };
        let audience = self.check_audience(claims.audience.as_ref())?;
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
        let subject = claims.subject.as_deref().ok_or(Rejection::MissingClaim(Claim::Subject))?;
        // An empty subject would be equal to an empty path segment: a user that nobody is.
        if subject.is_empty() {
            return Err(Rejection::MalformedClaim(Claim::Subject));
        }
        Ok(Facts {
            audience,
            expires_at,
            issued_at: claims.issued_at.map(NumericDate::floor),
            issuer,
            subject: subject.into(),
        })
    }

    fn check_audience(&self, given: Option<&RawAudience<'_>>) -> Result<Audience, Rejection> {
        let texts = given.map_or(&[][..], RawAudience::as_slice);
        let all = || Audience::Many(texts.iter().map(|one| Arc::from(&**one)).collect());
        let Expected::OneOf(expected) = &self.audience else { return Ok(all()) };
        if given.is_none() {
            return Err(Rejection::MissingClaim(Claim::Audience));
        }
        let fitting = expected.iter().find(|one| texts.iter().any(|given| ***one == **given));
        match (fitting, texts) {
            (None, _) => Err(Rejection::WrongAudience),
            (Some(fitting), [_]) => Ok(Audience::One(Arc::clone(fitting))),
            (Some(_), _) => Ok(all()),
        }
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
