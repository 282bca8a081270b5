//! base64url as JOSE writes it (RFC 7515 §2): no padding, and one spelling only.
//!
//! A decoder that tolerates padding, white space or stray tail bits gives one signed token several
//! spellings, which breaks caches, revocation lists and logs keyed by the token's text.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The text is not strict base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// Encodes without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding to `text`, so that a token is built in one buffer.
pub(crate) fn encode_onto(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Decodes into a buffer of its own.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// Decodes into a fixed buffer; too long a text is as unusable as a wrong one.
pub(crate) fn decode_into<'b>(text: &str, buffer: &'b mut [u8]) -> Result<&'b [u8], NotBase64Url> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, buffer).map_err(|_| NotBase64Url)?;
    buffer.get(..length).ok_or(NotBase64Url)
}

/// Decodes a value whose length the algorithm fixes, such as a key.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], NotBase64Url> {
    decode(text)?.try_into().map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7515_appendix_c() {
        let bytes = [3, 236, 255, 224, 193];
        assert_eq!(encode(&bytes), "A-z_4ME");
        assert_eq!(decode("A-z_4ME").unwrap(), bytes);
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in ["A-z_4ME=", "A+z/4ME", "A-z_4MF", "A-z_4M E", "A-z_4ME\n", "A", "é", "AB"] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
    }

    #[test]
    fn fixed_buffers_bound_the_length() {
        let mut buffer = [0; 4];
        assert_eq!(decode_into("AAAA", &mut buffer), Ok(&[0, 0, 0][..]));
        assert_eq!(decode_into("AAAAAAA", &mut buffer), Err(NotBase64Url));
        assert_eq!(decode_array::<2>("AAAA"), Err(NotBase64Url));
    }
}
