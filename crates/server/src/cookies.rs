//! Cookies as Better Auth names, signs, writes and clears them.
//!
//! Upstream: `packages/better-auth/src/cookies`, and `better-call`'s cookie reader.

mod attributes;

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

use crate::crypto::Secret;

pub(crate) use attributes::{Cookie, Cookies};
pub use attributes::{CookieError, check_cookies};

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

/// A cookie that may have come in numbered chunks: the plain one first, else the chunks in their
/// order, each where it stands last.
pub(crate) fn find_chunked<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    let plain = find(headers, name).filter(|value| !value.is_empty());
    if plain.is_some() {
        return plain;
    }
    let chunk = |(key, value)| Some((chunk_index(key, name)?, value));
    let chunks: BTreeMap<u32, &str> = pairs(headers).filter_map(chunk).collect();
    let are_there = !chunks.is_empty();
    are_there.then(|| Cow::Owned(chunks.into_values().map(decoded).collect()))
}

/// The names of the request's cookies that are `name` or its numbered chunks `name.0`, `name.1` …
pub(crate) fn chunks_of(headers: &HeaderMap, name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (key, _) in pairs(headers) {
        let is_chunk = key == name || chunk_index(key, name).is_some();
        if is_chunk && !found.iter().any(|seen| seen == key) {
            found.push(key.to_owned());
        }
    }
    found
}

fn chunk_index(key: &str, name: &str) -> Option<u32> {
    let text = key.strip_prefix(name)?.strip_prefix('.')?;
    text.parse().ok().filter(|index: &u32| index.to_string() == text)
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

    #[test]
    fn a_cookie_in_chunks_is_put_together_unless_there_is_a_whole_one() {
        let found = |cookie: &str| find_chunked(&headers(cookie), "d").map(Cow::into_owned);
        assert_eq!(found("d.1=b; d.0=a; d.10=c; d.02=x; d.x=y").as_deref(), Some("abc"));
        assert_eq!(found("d.0=a; d=whole; d.1=b").as_deref(), Some("whole"));
        assert_eq!(found("d=; d.0=a").as_deref(), Some("a"));
        assert_eq!(found("d.0=a; d.0=b%3D").as_deref(), Some("b="));
        assert_eq!(found("dd=1"), None);
    }
}
