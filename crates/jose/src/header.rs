//! The protected header (RFC 7515 §4), read strictly.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};

use crate::{
    Algorithm, Rejection, base64url,
    json::{Names, Text},
};

/// What a header may say that matters here.
pub(crate) struct Header<'h> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<Cow<'h, str>>,
    pub(crate) typ: Option<Cow<'h, str>>,
}

impl<'h> Header<'h> {
    pub(crate) fn parse(bytes: &'h [u8]) -> Result<Self, Rejection> {
        let json = std::str::from_utf8(bytes).map_err(|_| Rejection::MalformedHeader)?;
        let mut problem = None;
        let mut reader = serde_json::Deserializer::from_str(json);
        let parsed = HeaderSeed { problem: &mut problem }
            .deserialize(&mut reader)
            .and_then(|header| reader.end().map(|()| header));
        match parsed {
            Ok(header) => Ok(header),
            Err(_) => Err(problem.unwrap_or(Rejection::MalformedHeader)),
        }
    }
}

/// The header that this crate writes, ready to open a token.
pub(crate) fn encoded(algorithm: Algorithm, key_id: Option<&str>, typ: Option<&str>) -> String {
    let mut json = format!(r#"{{"alg":"{algorithm}""#);
    for (name, value) in [("kid", key_id), ("typ", typ)] {
        if let Some(value) = value {
            // A JSON string literal is how `Value` displays a text.
            let value = serde_json::Value::from(value).to_string();
            json.extend([r#",""#, name, r#"":"#, &value]);
        }
    }
    json.push('}');
    base64url::encode(json.as_bytes())
}

/// The headers that issuers write for a key, encoded: with and without `typ`, in the usual orders.
pub(crate) fn usual(algorithm: Algorithm, key_id: Option<&str>) -> [String; 4] {
    let alg = format!(r#""alg":"{algorithm}""#);
    let kid = key_id.map(|key_id| format!(r#","kid":{}"#, serde_json::Value::from(key_id)));
    let kid = kid.unwrap_or_default();
    [
        format!("{{{alg}{kid}}}"),
        format!(r#"{{{alg},"typ":"JWT"{kid}}}"#),
        format!(r#"{{{alg}{kid},"typ":"JWT"}}"#),
        format!(r#"{{"typ":"JWT",{alg}{kid}}}"#),
    ]
    .map(|json| base64url::encode(json.as_bytes()))
}

/// Reads the object; says in `problem` why it failed where serde's error could not.
struct HeaderSeed<'p> {
    problem: &'p mut Option<Rejection>,
}

impl HeaderSeed<'_> {
    fn refuse<T, E: Error>(&mut self, rejection: Rejection) -> Result<T, E> {
        *self.problem = Some(rejection);
        Err(E::custom(rejection))
    }

    fn algorithm<E: Error>(&mut self, name: &str) -> Result<Algorithm, E> {
        match Algorithm::parse(name) {
            Some(algorithm) => Ok(algorithm),
            None if name.eq_ignore_ascii_case("none") => self.refuse(Rejection::Unsigned),
            None => self.refuse(Rejection::UnsupportedAlgorithm),
        }
    }
}

impl<'de> DeserializeSeed<'de> for HeaderSeed<'_> {
    type Value = Header<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Header<'de>, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HeaderSeed<'_> {
    type Value = Header<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JOSE header")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Header<'de>, A::Error> {
        let (mut algorithm, mut key_id, mut typ) = (None, None, None);
        let mut others = None;
        while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
            let repeated = match &*name {
                "alg" => {
                    let Text(value) = map.next_value()?;
                    algorithm.replace(self.algorithm(&value)?).is_some()
                }
                "kid" => key_id.replace(map.next_value::<Text<'de>>()?.0).is_some(),
                "typ" => typ.replace(map.next_value::<Text<'de>>()?.0).is_some(),
                "crit" => return self.refuse(Rejection::CriticalHeader),
                "b64" => return self.refuse(Rejection::UnencodedPayload),
                "jku" | "jwk" | "x5c" | "x5u" => return self.refuse(Rejection::EmbeddedKey),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    !others.get_or_insert_with(Names::new).insert(name)
                }
            };
            if repeated {
                return self.refuse(Rejection::DuplicateMember);
            }
        }
        match algorithm {
            Some(algorithm) => Ok(Header { algorithm, key_id, typ }),
            None => self.refuse(Rejection::MalformedHeader),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> Option<Rejection> {
        Header::parse(json.as_bytes()).err()
    }

    #[test]
    fn what_it_reads() {
        let header =
            Header::parse(br#"{"alg":"EdDSA","kid":"\u006b1","typ":"JWT","x5t":{"a":[1]}}"#)
                .unwrap();
        assert_eq!(header.algorithm, Algorithm::EdDSA);
        assert_eq!(header.key_id.as_deref(), Some("k1"));
        assert_eq!(header.typ.as_deref(), Some("JWT"));
    }

    #[test]
    fn what_it_refuses() {
        use Rejection as R;
        for (json, rejection) in [
            (r#"{"alg":"nOnE"}"#, R::Unsigned),
            (r#"{"alg":"hs256"}"#, R::UnsupportedAlgorithm),
            (r#"{"alg":null}"#, R::MalformedHeader),
            (r#"{"alg":["HS256"]}"#, R::MalformedHeader),
            (r"{}", R::MalformedHeader),
            (r"[]", R::MalformedHeader),
            (r#"{"alg":"HS256"} "x""#, R::MalformedHeader),
            (r#"{"alg":"HS256","kid":1}"#, R::MalformedHeader),
            (r#"{"alg":"HS256","alg":"HS256"}"#, R::DuplicateMember),
            (r#"{"alg":"HS256","a\u006cg":"HS256"}"#, R::DuplicateMember),
            (r#"{"alg":"HS256","foo":1,"foo":2}"#, R::DuplicateMember),
            (r#"{"alg":"HS256","crit":["exp"]}"#, R::CriticalHeader),
            (r#"{"alg":"HS256","crit":null}"#, R::CriticalHeader),
            (r#"{"alg":"HS256","b64":true}"#, R::UnencodedPayload),
            (r#"{"alg":"HS256","jwk":{}}"#, R::EmbeddedKey),
        ] {
            assert_eq!(refused(json), Some(rejection), "{json}");
        }
        assert_eq!(
            Header::parse(b"{\"alg\":\"HS256\",\"kid\":\"\xff\"}").err(),
            Some(R::MalformedHeader)
        );
    }

    #[test]
    fn what_it_writes_is_exact() {
        let text = |kid| {
            String::from_utf8(base64url::decode(&encoded(Algorithm::EdDSA, kid, None)).unwrap())
                .unwrap()
        };
        assert_eq!(text(Some("k\"1")), r#"{"alg":"EdDSA","kid":"k\"1"}"#);
        assert_eq!(text(None), r#"{"alg":"EdDSA"}"#);
    }
}
