//! The protected header (RFC 7515 §4), read strictly.

use std::borrow::Cow;

use crate::{
    Algorithm, Rejection, base64url,
    json::{Fault, Names, Scanner, Value},
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
        let malformed = |_: Fault| Rejection::MalformedHeader;
        let mut scanner = Scanner::new(json).map_err(malformed)?;
        let (mut algorithm, mut key_id, mut typ) = (None, None, None);
        let mut others = Names::new();
        while let Some(name) = scanner.next_name().map_err(malformed)? {
            let is_new = match &*name {
                "alg" => algorithm.replace(parse_algorithm(&text(&mut scanner)?)?).is_none(),
                "kid" => key_id.replace(text(&mut scanner)?).is_none(),
                "typ" => typ.replace(text(&mut scanner)?).is_none(),
                "crit" => return Err(Rejection::CriticalHeader),
                "b64" => return Err(Rejection::UnencodedPayload),
                "jku" | "jwk" | "x5c" | "x5u" => return Err(Rejection::EmbeddedKey),
                _ => {
                    scanner.skip_value().map_err(malformed)?;
                    others.insert(name)
                }
            };
            if !is_new {
                return Err(Rejection::DuplicateMember);
            }
        }
        let algorithm = algorithm.ok_or(Rejection::MalformedHeader)?;
        Ok(Self { algorithm, key_id, typ })
    }
}

fn text<'h>(scanner: &mut Scanner<'h>) -> Result<Cow<'h, str>, Rejection> {
    match scanner.value() {
        Ok(Value::Text(text)) => Ok(text),
        _ => Err(Rejection::MalformedHeader),
    }
}

fn parse_algorithm(name: &str) -> Result<Algorithm, Rejection> {
    match Algorithm::parse(name) {
        Some(algorithm) => Ok(algorithm),
        None if name.eq_ignore_ascii_case("none") => Err(Rejection::Unsigned),
        None => Err(Rejection::UnsupportedAlgorithm),
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
