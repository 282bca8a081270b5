//! Cookies as Better Auth names, signs, writes and clears them.
//!
//! Upstream: `packages/better-auth/src/cookies`, and `better-call`'s cookie reader.

use std::borrow::Cow;
use std::fmt::Write;

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::crypto::Secret;

/// What JavaScript's `encodeURIComponent` leaves as it is, beside letters and digits.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A signature's length in base64, padding included.
const SIGNATURE_CHARACTERS: usize = 44;

/// The names of the cookies, and whether they are for https alone.
#[derive(Clone, Debug)]
pub(crate) struct CookieNames {
    /// The signed session token.
    pub(crate) session_token: String,
    /// The cached session, which we only ever clear.
    pub(crate) session_data: String,
    /// The signed mark of a session that ends with the browser.
    pub(crate) dont_remember: String,
    secure: bool,
}

impl CookieNames {
    /// Names with `prefix`; `secure` puts `__Secure-` in front and adds the attribute.
    pub(crate) fn new(prefix: &str, secure: bool) -> Self {
        let start = if secure { "__Secure-" } else { "" };
        let name = |base: &str| format!("{start}{prefix}.{base}");
        Self {
            session_token: name("session_token"),
            session_data: name("session_data"),
            dont_remember: name("dont_remember"),
            secure,
        }
    }

    /// A `Set-Cookie` line; without `max_age` (seconds) the cookie ends with the browser.
    pub(crate) fn line(&self, name: &str, value: &str, max_age: Option<i64>) -> String {
        let mut line = format!("{name}={}", utf8_percent_encode(value, COMPONENT));
        if let Some(seconds) = max_age {
            // Writing to a String cannot fail.
            let _ = write!(line, "; Max-Age={seconds}");
        }
        line.push_str("; Path=/; HttpOnly");
        if self.secure {
            line.push_str("; Secure");
        }
        line.push_str("; SameSite=Lax");
        line
    }
}

/// `value` and its signature, as a signed cookie holds them before percent-encoding.
pub(crate) fn signed(secret: &Secret, value: &str) -> String {
    format!("{value}.{}", secret.sign(value))
}

/// The value of a signed cookie's text, if the signature is right.
pub(crate) fn verified<'a>(secret: &Secret, text: &'a str) -> Option<&'a str> {
    let (value, signature) = text.rsplit_once('.')?;
    let well_formed =
        !value.is_empty() && signature.len() == SIGNATURE_CHARACTERS && signature.ends_with('=');
    (well_formed && secret.verifies(value, signature)).then_some(value)
}

/// The cookies of a request: reads `name`'s first occurrence, percent-decoded once.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    pairs(headers).find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
}

/// The names of the request's cookies that are `name` or its numbered chunks `name.0`, `name.1` …
pub(crate) fn chunks_of(headers: &HeaderMap, name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (key, _) in pairs(headers) {
        let is_chunk = key
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|index| index.parse::<u32>().is_ok_and(|n| n.to_string() == index));
        if (key == name || is_chunk) && !found.iter().any(|seen| seen == key) {
            found.push(key.to_owned());
        }
    }
    found
}

/// A value as its sender meant it: percent-decoded when that succeeds, else as it is.
pub(crate) fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('%') || !has_valid_escapes(value) {
        return Cow::Borrowed(value);
    }
    percent_decode_str(value).decode_utf8().unwrap_or(Cow::Borrowed(value))
}

/// Every `name=value` of every `Cookie` header, trimmed and unquoted. Text that is no pair is
/// passed over, and so is a header that is not text.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| {
            let value = value.trim();
            let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            (key.trim(), quoted.unwrap_or(value))
        })
}

/// Whether each `%` is followed by two hexadecimal digits (`decodeURIComponent` throws otherwise).
fn has_valid_escapes(value: &str) -> bool {
    value.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        matches!((digits.next(), digits.next()), (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn secret() -> Secret {
        Secret::new("a secret of more than thirty-two characters").unwrap()
    }

    fn headers(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        headers
    }

    #[test]
    fn lines_have_upstreams_attributes_in_upstreams_order() {
        let plain = CookieNames::new("better-auth", false);
        assert_eq!(
            plain.line(&plain.session_token, "a.b+/=", Some(604_800)),
            "better-auth.session_token=a.b%2B%2F%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
        );
        let secure = CookieNames::new("app", true);
        assert_eq!(
            secure.line(&secure.dont_remember, "true", None),
            "__Secure-app.dont_remember=true; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
    }

    #[test]
    fn the_first_cookie_of_a_name_counts_decoded_and_unquoted() {
        let found = headers("a=1; better-auth.x=\"v%3D\" ; better-auth.x=2; lone; b=%zz");
        assert_eq!(find(&found, "better-auth.x").as_deref(), Some("v="));
        assert_eq!(find(&found, "b").as_deref(), Some("%zz"));
        assert_eq!(find(&found, "lone"), None);
    }

    #[test]
    fn signed_values_verify_and_broken_ones_do_not() {
        let text = signed(&secret(), "token");
        assert_eq!(verified(&secret(), &text), Some("token"));
        assert_eq!(verified(&secret(), &text.replace("token", "Token")), None);
        for broken in ["", ".", "token", "token.", "token.short=", &text[..text.len() - 1]] {
            assert_eq!(verified(&secret(), broken), None, "{broken}");
        }
        let nothing_signed = format!(".{}", secret().sign(""));
        assert_eq!(verified(&secret(), &nothing_signed), None);
    }

    #[test]
    fn chunks_are_the_name_and_its_numbers() {
        let found = headers("d=1; d.0=a; d.1=b; d.01=c; d.x=d; dd.0=e; d.0=f");
        assert_eq!(chunks_of(&found, "d"), ["d", "d.0", "d.1"]);
    }
}
