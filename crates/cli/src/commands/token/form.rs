//! What a text is that is no token: the usual mistakes, by name.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A text that is no signed token, or one with something around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// A stable name in kebab case.
    pub(super) kind: &'static str,
    /// What it is, and what to send instead.
    pub(super) text: &'static str,
}

macro_rules! form {
    ($kind:literal, $text:literal) => {
        Form { kind: $kind, text: $text }
    };
}

const PLACEHOLDER: Form = form!(
    "placeholder",
    "it is what JavaScript writes for a value that is not there: the front end sends the header \
     before it has a token"
);
const PEM: Form = form!("pem", "it is a key or a certificate in PEM, no token");
const ANSWER: Form = form!(
    "json-answer",
    "it is the JSON that a server answered: the token is the text of its member `token`"
);
const JSON_SERIALIZATION: Form = form!(
    "jws-json",
    "it is a JWS in the JSON serialization (RFC 7515 §7.2); tokens are in the compact one, three \
     parts with dots between"
);
const COOKIE: Form = form!(
    "cookie",
    "it is a cookie with its name; a session's cookie is no JWT: ask /api/auth/token for one"
);
const SIGNED_COOKIE: Form = form!(
    "signed-cookie",
    "it is a signed session cookie (token.signature), which is good for the auth server only: ask \
     /api/auth/token for a JWT"
);
const SESSION_TOKEN: Form = form!(
    "session-token",
    "it is a session's token, which is good for the auth server only: ask /api/auth/token for a \
     JWT (`authClient.token()`)"
);
const SESSION_DATA: Form = form!(
    "session-data",
    "it is a session's data in base64url, as Better Auth's cookie cache has it, no JWT: ask \
     /api/auth/token for one"
);
const ENCRYPTED: Form = form!(
    "encrypted-token",
    "it is an encrypted token (JWE), which only the holder of the key can read; signed tokens have \
     three parts, this has five"
);
const CUT: Form = form!("cut-token", "the third part is missing: the token was cut");
const TWO_TOKENS: Form = form!("several-tokens", "there are several tokens in it; give one");
const PERCENT: Form = form!(
    "percent-encoded",
    "it is percent-encoded, as cookies and addresses are; decode it first (`%3D` is `=`)"
);
const STANDARD_BASE64: Form = form!(
    "standard-base64",
    "its parts are in standard base64 with `+`, `/` or `=`, and tokens are in base64url without \
     padding (RFC 7515 §2)"
);
const LINE_BREAKS: Form = form!("line-breaks", "there is white space or a line end inside it");
const ELLIPSIS: Form = form!("shortened", "it was shortened for showing: characters are missing");
const UNKNOWN: Form = form!(
    "no-token",
    "it is not three parts of base64url with dots between, as every signed token is"
);

/// Three parts that are base64url, of which the first or the second says nothing.
pub(super) const NO_CLAIMS: Form = form!(
    "no-claims",
    "the payload is no JSON object: it is a JWS, but no JWT; `gatewright token verify --jws` \
     verifies and prints such a payload"
);
pub(super) const BAD_HEADER: Form = form!(
    "bad-header",
    "the first part is no JSON object in base64url: it is no token, or it was damaged"
);

const SPACE: Form = form!("space", "white space or a line end stands before or after it");
const QUOTES: Form = form!("quotes", "quotation marks stand around it");
const BEARER: Form = form!("bearer", "the header's `Bearer ` stands in front of it");
const HEADER_NAME: Form = form!("header-name", "the header's name stands in front of it");

/// The token without what is often copied along, and what that was.
pub(super) fn unwrapped(text: &str) -> (&str, Vec<Form>) {
    let (mut rest, mut found) = (text, Vec::new());
    // Each step makes it shorter.
    loop {
        let (shorter, form) = if rest.trim() != rest {
            (rest.trim(), SPACE)
        } else if let Some(value) = without_prefix(rest, "authorization:") {
            (value, HEADER_NAME)
        } else if let Some(value) = without_prefix(rest, "bearer ") {
            (value, BEARER)
        } else if let Some(value) = without_quotes(rest) {
            (value, QUOTES)
        } else {
            return (rest, found);
        };
        let is_the_headers = form == SPACE && found.contains(&HEADER_NAME);
        if !is_the_headers && !found.contains(&form) {
            found.push(form);
        }
        rest = shorter;
    }
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn without_quotes(text: &str) -> Option<&str> {
    let is_quote = |c| matches!(c, '"' | '\'' | '`');
    text.strip_prefix(is_quote).or_else(|| text.strip_suffix(is_quote))
}

/// What a text is that could not be read as a token.
pub(super) fn classify(text: &str) -> Form {
    let parts: Vec<&str> = text.split('.').collect();
    let is_base64url =
        |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if matches!(
        text,
        "undefined" | "null" | "[object Object]" | "NaN" | "none" | "None" | "false" | "true"
    ) {
        return PLACEHOLDER;
    }
    if text.contains("-----BEGIN ") {
        return PEM;
    }
    if text.starts_with('{') {
        let is_jws = text.contains("\"payload\"") && text.contains("\"signature");
        return if is_jws { JSON_SERIALIZATION } else { ANSWER };
    }
    if text.contains("session_token=") || text.contains("session_data=") {
        return COOKIE;
    }
    if text.split_whitespace().filter(|word| word.starts_with("eyJ")).count() > 1 {
        return TWO_TOKENS;
    }
    if text.contains(char::is_whitespace) {
        return LINE_BREAKS;
    }
    if text.contains('…') || text.contains("...") {
        return ELLIPSIS;
    }
    match *parts.as_slice() {
        [token, signature] if is_signature_of_a_cookie(signature) && !token.is_empty() => {
            SIGNED_COOKIE
        }
        _ if text.contains('%') => PERCENT,
        [_, _, _, _, _] => ENCRYPTED,
        [header, _, _] if is_base64url(&header) && !is_json_object(header) => BAD_HEADER,
        [_, _, _] if text.contains(['+', '/', '=']) => STANDARD_BASE64,
        [header, payload] if is_json_object(header) && is_base64url(&payload) => CUT,
        [one] if one.len() == 32 && one.bytes().all(|b| b.is_ascii_alphanumeric()) => SESSION_TOKEN,
        [one] if is_json_object(one) => SESSION_DATA,
        _ => UNKNOWN,
    }
}

/// HMAC-SHA-256 in standard base64 with padding, as it is or percent-encoded.
fn is_signature_of_a_cookie(text: &str) -> bool {
    (text.len() == 44 && text.ends_with('=')) || (text.len() >= 46 && text.ends_with("%3D"))
}

fn is_json_object(part: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice::<serde_json::Map<_, _>>(&bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "eyJhbGciOiJIUzI1NiJ9";

    #[test]
    fn mistakes_are_known_by_name() {
        let signature = "3Kx5pQ0p5cJ6h1d3f8z2v7b9n4m6k1j0h2g5f8d1s3a";
        for (text, kind) in [
            ("undefined".to_owned(), "placeholder"),
            ("[object Object]".to_owned(), "placeholder"),
            ("-----BEGIN PUBLIC KEY-----\nMCow".to_owned(), "pem"),
            (format!("{{\"token\":\"{HEADER}.e30.x\"}}"), "json-answer"),
            ("{\"payload\":\"e30\",\"signatures\":[]}".to_owned(), "jws-json"),
            ("better-auth.session_token=abc.def".to_owned(), "cookie"),
            (format!("q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK.{signature}="), "signed-cookie"),
            (format!("q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK.{signature}%3D"), "signed-cookie"),
            ("q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK".to_owned(), "session-token"),
            ("eyJzZXNzaW9uIjp7fX0".to_owned(), "session-data"),
            (format!("{HEADER}.a.b.c.d"), "encrypted-token"),
            (format!("{HEADER}.e30"), "cut-token"),
            (format!("{HEADER}.e30.x {HEADER}.e30.x"), "several-tokens"),
            (format!("{HEADER}%2Ee30%2Ex"), "percent-encoded"),
            (format!("{HEADER}.e30.ab+/cd=="), "standard-base64"),
            (format!("{HEADER}.\ne30.x"), "line-breaks"),
            (format!("{HEADER}...x"), "shortened"),
            ("aaaa.e30.x".to_owned(), "bad-header"),
            ("hello".to_owned(), "no-token"),
            (".".to_owned(), "no-token"),
        ] {
            assert_eq!(classify(&text).kind, kind, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_something(text in "\\PC{0,60}", around in "[ \"'`]{0,3}(bearer )?") {
            let wrapped = format!("{around}{text}");
            let (rest, found) = unwrapped(&wrapped);
            prop_assert!(wrapped.contains(rest));
            prop_assert_eq!(rest == wrapped, found.is_empty());
            prop_assert_eq!(unwrapped(rest), (rest, Vec::new()));
            prop_assert!(!classify(&wrapped).kind.is_empty());
        }
    }

    #[test]
    fn what_was_copied_along_is_taken_off_and_named() {
        for (text, kinds) in [
            ("a.b.c", &[][..]),
            (" a.b.c\n", &["space"]),
            ("\"a.b.c\"", &["quotes"]),
            ("Bearer a.b.c", &["bearer"]),
            ("bearer  'a.b.c'", &["bearer", "space", "quotes"]),
            ("Authorization: Bearer a.b.c", &["header-name", "bearer"]),
            ("BEARER bearer a.b.c", &["bearer"]),
        ] {
            let (rest, found) = unwrapped(text);
            let found: Vec<_> = found.into_iter().map(|form| form.kind).collect();
            assert_eq!((rest, &*found), ("a.b.c", kinds), "{text}");
        }
        assert_eq!(unwrapped("\"\" \" ").0, "");
        assert_eq!(unwrapped("é").0, "é");
    }
}
