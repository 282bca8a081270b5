//! The registered claims (RFC 7519 §4.1), read in one pass that borrows.

use std::borrow::Cow;

use crate::{
    Rejection, UnixTime,
    json::{Fault, Names, Scanner, Value},
    rejection::Claim,
};

/// 9999-12-31T23:59:59Z. Later dates are milliseconds in the place of seconds, and a token that is
/// good for fifty thousand years is a mistake to refuse, not a wish to grant.
const LATEST: i64 = 253_402_300_799;

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
        let mut scanner = Scanner::new(payload)?;
        let mut claims = Self::default();
        while let Some(name) = scanner.next_name()? {
            let is_new = match &*name {
                "aud" => fill(&mut claims.audience, Claim::Audience, &mut scanner, audience)?,
                "exp" => fill(&mut claims.expires_at, Claim::Expiration, &mut scanner, date)?,
                "iat" => fill(&mut claims.issued_at, Claim::IssuedAt, &mut scanner, date)?,
                "iss" => fill(&mut claims.issuer, Claim::Issuer, &mut scanner, text)?,
                "nbf" => fill(&mut claims.not_before, Claim::NotBefore, &mut scanner, date)?,
                "sub" => fill(&mut claims.subject, Claim::Subject, &mut scanner, text)?,
                _ => {
                    scanner.skip_value()?;
                    others.insert(name)
                }
            };
            if !is_new {
                return Err(Rejection::DuplicateMember);
            }
        }
        Ok(claims)
    }
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Syntax => Self::MalformedPayload,
            Fault::TooDeep => Self::NestingTooDeep,
        }
    }
}

/// Reads a claim; `false` if it was there before.
fn fill<'p, T>(
    place: &mut Option<T>,
    claim: Claim,
    scanner: &mut Scanner<'p>,
    convert: impl Fn(Value<'p>) -> Option<T>,
) -> Result<bool, Rejection> {
    let value = convert(scanner.value()?).ok_or(Rejection::MalformedClaim(claim))?;
    Ok(place.replace(value).is_none())
}

fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
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

fn audience(value: Value<'_>) -> Option<RawAudience<'_>> {
    match value {
        Value::Text(one) => Some(RawAudience::One(one)),
        Value::Texts(many) => Some(RawAudience::Many(many)),
        _ => None,
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

#[expect(clippy::needless_pass_by_value, reason = "as the other conversions of a value")]
fn date(value: Value<'_>) -> Option<NumericDate> {
    let Value::Number(number) = value else { return None };
    let (floor, ceil) = if let Ok(seconds) = number.parse::<i64>() {
        (seconds, seconds)
    } else {
        let seconds: f64 = number.parse().ok()?;
        // What lies beyond i64, infinity too, stops at its end, which is no date.
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
        (seconds.floor() as i64, seconds.ceil() as i64)
    };
    let is_date = |seconds| (-LATEST..=LATEST).contains(&seconds);
    (is_date(floor) && is_date(ceil)).then_some(NumericDate { floor, ceil })
}

#[cfg(test)]
mod tests;
