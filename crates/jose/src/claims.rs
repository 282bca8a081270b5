//! The registered claims (RFC 7519 §4.1), read in one pass that borrows.

use std::{borrow::Cow, fmt};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::{
    Rejection, UnixTime,
    json::{Names, Text, nests_deeper_than},
    rejection::Claim,
};

/// `serde_json` gives up at 128 levels by itself; no claims set in the wild comes near a quarter.
const MAX_DEPTH: usize = 32;

/// 9999-12-31T23:59:59Z. Later dates are milliseconds in the place of seconds, and a token that is
/// good for fifty thousand years is a mistake to refuse, not a wish to grant.
const LATEST: f64 = 253_402_300_799.0;

/// What the registered claims say. Absent is `None`; malformed never gets this far.
#[derive(Default)]
pub(crate) struct Registered<'p> {
    pub(crate) audience: Option<RawAudience<'p>>,
    pub(crate) expires_at: Option<NumericDate>,
    pub(crate) issued_at: Option<NumericDate>,
    pub(crate) issuer: Option<Cow<'p, str>>,
    pub(crate) not_before: Option<NumericDate>,
    pub(crate) subject: Option<Cow<'p, str>>,
}

impl<'p> Registered<'p> {
    /// Reads them, and collects the names of all other members.
    pub(crate) fn parse(payload: &'p str, others: &mut Names<'p>) -> Result<Self, Rejection> {
        if nests_deeper_than(MAX_DEPTH, payload) {
            return Err(Rejection::NestingTooDeep);
        }
        let mut progress = Progress::default();
        let mut reader = serde_json::Deserializer::from_str(payload);
        ClaimsSeed { progress: &mut progress, others }
            .deserialize(&mut reader)
            .and_then(|claims| reader.end().map(|()| claims))
            .map_err(|error| match (progress.problem, progress.claim) {
                (Some(problem), _) => problem,
                (None, Some(claim)) if error.is_data() => Rejection::MalformedClaim(claim),
                _ => Rejection::MalformedPayload,
            })
    }
}

/// A NumericDate, which may have a fraction (RFC 7519 §2). It is kept between two whole seconds, so
/// that each check can round to the side that refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumericDate {
    floor: i64,
    ceil: i64,
}

impl NumericDate {
    pub(crate) fn floor(self) -> UnixTime {
        UnixTime::new(self.floor)
    }

    pub(crate) fn ceil(self) -> UnixTime {
        UnixTime::new(self.ceil)
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl Visitor<'_> for DateVisitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds between the years -6000 and 9999")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
                self.visit_i64(i64::try_from(seconds).map_err(E::custom)?)
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<NumericDate, E> {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
                const BOUND: i64 = LATEST as i64;
                if (-BOUND..=BOUND).contains(&seconds) {
                    Ok(NumericDate { floor: seconds, ceil: seconds })
                } else {
                    Err(E::custom("out of range"))
                }
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
                if !(-LATEST..=LATEST).contains(&seconds) {
                    return Err(E::custom("out of range"));
                }
                #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
                Ok(NumericDate { floor: seconds.floor() as i64, ceil: seconds.ceil() as i64 })
            }
        }

        deserializer.deserialize_i64(DateVisitor)
    }
}

/// `aud` as received: one text, or an array of texts (RFC 7519 §4.1.3).
pub(crate) enum RawAudience<'p> {
    One(Cow<'p, str>),
    Many(Vec<Cow<'p, str>>),
}

impl<'p> RawAudience<'p> {
    pub(crate) fn as_slice(&self) -> &[Cow<'p, str>] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for RawAudience<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AudienceVisitor;

        impl<'de> Visitor<'de> for AudienceVisitor {
            type Value = RawAudience<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an array of texts")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(RawAudience::One(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawAudience::One(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut many = Vec::new();
                while let Some(Text(one)) = seq.next_element()? {
                    many.push(one);
                }
                Ok(RawAudience::Many(many))
            }
        }

        // The only place where the JSON decides the type: the standard allows two.
        deserializer.deserialize_any(AudienceVisitor)
    }
}

/// How far reading got: serde's errors carry no type, and the claim at fault is worth naming.
#[derive(Default)]
struct Progress {
    claim: Option<Claim>,
    problem: Option<Rejection>,
}

struct ClaimsSeed<'s, 'p> {
    progress: &'s mut Progress,
    others: &'s mut Names<'p>,
}

impl ClaimsSeed<'_, '_> {
    /// Reads one value; while that lasts, an error is this claim's.
    fn read<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
        &mut self,
        claim: Claim,
        map: &mut A,
    ) -> Result<T, A::Error> {
        self.progress.claim = Some(claim);
        let value = map.next_value()?;
        self.progress.claim = None;
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for ClaimsSeed<'_, 'de> {
    type Value = Registered<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ClaimsSeed<'_, 'de> {
    type Value = Registered<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a claims set")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut claims = Registered::default();
        while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
            let repeated = match &*name {
                "aud" => claims.audience.replace(self.read(Claim::Audience, &mut map)?).is_some(),
                "exp" => {
                    claims.expires_at.replace(self.read(Claim::Expiration, &mut map)?).is_some()
                }
                "iat" => claims.issued_at.replace(self.read(Claim::IssuedAt, &mut map)?).is_some(),
                "iss" => {
                    let Text(issuer) = self.read(Claim::Issuer, &mut map)?;
                    claims.issuer.replace(issuer).is_some()
                }
                "nbf" => {
                    claims.not_before.replace(self.read(Claim::NotBefore, &mut map)?).is_some()
                }
                "sub" => {
                    let Text(subject) = self.read(Claim::Subject, &mut map)?;
                    claims.subject.replace(subject).is_some()
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    !self.others.insert(name)
                }
            };
            if repeated {
                self.progress.problem = Some(Rejection::DuplicateMember);
                return Err(Error::custom("duplicate member"));
            }
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests;
