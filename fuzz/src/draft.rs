//! Headers and claims sets that are nearly right, so that what reads them is reached.

use std::fmt::Write as _;

use arbitrary::{Arbitrary, Unstructured};
use serde_json::Value as Json;

use crate::Signer;

/// The time at which drafts are verified; their dates are near it.
pub const NOW: i64 = 1_700_000_000;

/// A token before it is signed.
#[derive(Debug)]
pub struct Draft {
    /// Who signs it.
    pub signer: Signer,
    /// The header, as text.
    pub header: Vec<u8>,
    /// The payload, as text.
    pub payload: Vec<u8>,
}

impl Draft {
    /// Reads a seed, which is text (the header, a line end, the payload), or builds one from structure.
    pub fn from_bytes(data: &[u8], now: i64) -> Option<Self> {
        if data.first() == Some(&b'{') {
            let mut lines = data.splitn(2, |byte| *byte == b'\n');
            let (header, payload) = (lines.next()?, lines.next()?);
            return Some(Self::hmac(header.to_vec(), payload.to_vec()));
        }
        let outline = Outline::arbitrary(&mut Unstructured::new(data)).ok()?;
        let payload = object(&outline.claims, Claim::name, now).into_bytes();
        if outline.is_ed25519 {
            return Some(Self { signer: Signer::Ed25519, header: Vec::new(), payload });
        }
        let mut header = object(&outline.header, Parameter::name, now);
        if !outline.lacks_algorithm {
            header.replace_range(..1, r#"{"alg":"HS256","#);
            header = header.replace(",}", "}");
        }
        Some(Self::hmac(header.into_bytes(), payload))
    }

    fn hmac(header: Vec<u8>, payload: Vec<u8>) -> Self {
        Self { signer: Signer::Hmac, header, payload }
    }
}

#[derive(Arbitrary)]
struct Outline<'a> {
    is_ed25519: bool,
    lacks_algorithm: bool,
    header: Vec<Member<'a, Parameter<'a>>>,
    claims: Vec<Member<'a, Claim<'a>>>,
}

#[derive(Arbitrary)]
struct Member<'a, N> {
    name: N,
    value: Value<'a>,
}

#[derive(Arbitrary)]
enum Claim<'a> {
    Aud,
    Exp,
    Iat,
    Iss,
    Jti,
    Nbf,
    Sub,
    /// `sub` spelled with an escape.
    SubEscaped,
    Other(&'a str),
}

impl Claim<'_> {
    fn name(&self) -> String {
        let plain = match self {
            Self::Aud => "aud",
            Self::Exp => "exp",
            Self::Iat => "iat",
            Self::Iss => "iss",
            Self::Jti => "jti",
            Self::Nbf => "nbf",
            Self::Sub => "sub",
            Self::SubEscaped => return r#""s\u0075b""#.into(),
            Self::Other(other) => other,
        };
        Json::from(plain).to_string()
    }
}

#[derive(Arbitrary)]
enum Parameter<'a> {
    Alg,
    B64,
    Crit,
    Cty,
    Jwk,
    Kid,
    Typ,
    X5t,
    Other(&'a str),
}

impl Parameter<'_> {
    fn name(&self) -> String {
        let plain = match self {
            Self::Alg => "alg",
            Self::B64 => "b64",
            Self::Crit => "crit",
            Self::Cty => "cty",
            Self::Jwk => "jwk",
            Self::Kid => "kid",
            Self::Typ => "typ",
            Self::X5t => "x5t",
            Self::Other(other) => other,
        };
        Json::from(plain).to_string()
    }
}

#[derive(Arbitrary)]
enum Value<'a> {
    Bool(bool),
    Deep(u8),
    Expected(u8),
    Float(f64),
    /// A date so many seconds from now.
    Near(i8),
    /// The same with a fraction.
    NearFraction(i8, u16),
    Null,
    Number(i64),
    Raw(&'a str),
    Text(&'a str),
    Texts(Vec<&'a str>),
}

impl Value<'_> {
    fn write(&self, json: &mut String, now: i64) {
        // What is written to a `String` does not fail.
        let _ = match self {
            Self::Bool(bool) => write!(json, "{bool}"),
            Self::Deep(depth) => {
                let depth = usize::from(*depth);
                write!(json, "{}1{}", "[".repeat(depth), "]".repeat(depth))
            }
            Self::Expected(which) => {
                let texts =
                    ["https://i.example", "https://a.example", "alice", "JWT", "ed", "EdDSA"];
                write!(json, "\"{}\"", texts[usize::from(*which) % texts.len()])
            }
            Self::Float(float) => write!(json, "{float:?}"),
            Self::Near(seconds) => write!(json, "{}", now + i64::from(*seconds)),
            Self::NearFraction(seconds, part) => {
                write!(json, "{}.{part}", now + i64::from(*seconds))
            }
            Self::Null => write!(json, "null"),
            Self::Number(number) => write!(json, "{number}"),
            Self::Raw(raw) => write!(json, "{raw}"),
            Self::Text(text) => write!(json, "{}", Json::from(*text)),
            Self::Texts(texts) => write!(json, "{}", Json::from(texts.clone())),
        };
    }
}

fn object<N>(members: &[Member<'_, N>], name: impl Fn(&N) -> String, now: i64) -> String {
    let mut json = String::from("{");
    for member in members {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&name(&member.name));
        json.push(':');
        member.value.write(&mut json, now);
    }
    json.push('}');
    json
}
