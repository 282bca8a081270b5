//! base64url as JOSE writes it (RFC 7515 §2): no padding, and one spelling only.
//!
//! A decoder that tolerates padding, white space or stray tail bits gives one signed token several
//! spellings, which breaks caches, revocation lists and logs keyed by the token's text.

use base64_simd::{Out, URL_SAFE_NO_PAD};

/// The text is not strict base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// Encodes without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Appends the encoding to `text`, so that a token is built in one buffer.
pub(crate) fn encode_onto(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, text);
}

/// Decodes into a buffer of its own.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode_to_vec(text).map_err(|_| NotBase64Url)
}

/// Decodes into a fixed buffer; too long a text is as unusable as a wrong one.
pub(crate) fn decode_into<'b>(text: &str, buffer: &'b mut [u8]) -> Result<&'b [u8], NotBase64Url> {
    // The library panics where the buffer is too short.
    if text.len() * 3 / 4 > buffer.len() {
        return Err(NotBase64Url);
    }
    let decoded = URL_SAFE_NO_PAD.decode(text.as_bytes(), Out::from_slice(buffer));
    decoded.map(|bytes| &*bytes).map_err(|_| NotBase64Url)
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
        // Whatever its length, and so whichever of the library's ways it takes.
        for length in 1..200 {
            let bytes: Vec<u8> = (0..length).map(|i: u8| i.wrapping_mul(37)).collect();
            let good = encode(&bytes);
            assert_eq!(decode(&good).unwrap(), bytes);
            assert!(decode(&format!("{good}=")).is_err() && decode(&format!("{good} ")).is_err());
            for at in 0..good.len() {
                for bad in ['=', '+', '/', ' ', '\n', '\0', '.', '\u{7f}'] {
                    let mut text: Vec<char> = good.chars().collect();
                    text[at] = bad;
                    assert!(
                        decode(&text.into_iter().collect::<String>()).is_err(),
                        "{length} {at}"
                    );
                }
            }
            // The last character's spare bits: of the texts that differ in it alone, those that
            // decode all encode to themselves.
            for last in (0..64).map(|value| encode(&[value << 2]).remove(0)) {
                let text = format!("{}{last}", &good[..good.len() - 1]);
                assert!(
                    decode(&text).is_err() || encode(&decode(&text).unwrap()) == text,
                    "{text}"
                );
            }
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
