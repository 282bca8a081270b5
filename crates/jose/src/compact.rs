//! The compact serialization, cut into its parts (RFC 7515 §7.1).

use crate::{Rejection, base64url};

/// More than enough for `alg`, `typ` and a `kid` of any length seen in the wild; the bound keeps the
/// work that a stranger can cause before the signature is checked small.
pub(crate) const MAX_HEADER_CHARS: usize = 2048;

/// A token as it was received: cut apart, nothing believed.
#[derive(Clone, Copy)]
pub(crate) struct Compact<'t> {
    /// Header, dot, payload: what the signature covers.
    pub(crate) signing_input: &'t str,
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
}

impl<'t> Compact<'t> {
    /// Judges lengths before anything is allocated.
    pub(crate) fn parse(token: &'t str, max_bytes: usize) -> Result<Self, Rejection> {
        if token.len() > max_bytes {
            return Err(Rejection::TokenTooLarge);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Rejection::MalformedToken)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Rejection::MalformedToken)?;
        if header.is_empty() || payload.is_empty() || payload.contains('.') {
            return Err(Rejection::MalformedToken);
        }
        if header.len() > MAX_HEADER_CHARS {
            return Err(Rejection::MalformedHeader);
        }
        Ok(Self { signing_input, header, payload, signature })
    }

    /// The decoded header.
    pub(crate) fn header_bytes(&self) -> Result<Vec<u8>, Rejection> {
        base64url::decode(self.header).map_err(|_| Rejection::MalformedToken)
    }

    /// The decoded payload.
    pub(crate) fn payload_bytes(&self) -> Result<Vec<u8>, Rejection> {
        base64url::decode(self.payload).map_err(|_| Rejection::MalformedToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_no_fewer_no_more() {
        for token in ["", ".", "..", "a", "a.b", ".b.c", "a..c", "a.b.c.d", "a.b.c.d.e", "...."] {
            assert!(Compact::parse(token, 100).is_err(), "{token:?}");
        }
        let compact = Compact::parse("a.b.", 100).unwrap();
        assert_eq!((compact.signing_input, compact.signature), ("a.b", ""));
    }

    #[test]
    fn lengths_come_first() {
        assert_eq!(Compact::parse("aaaa", 3).err(), Some(Rejection::TokenTooLarge));
        let long = format!("{}.b.c", "a".repeat(MAX_HEADER_CHARS + 1));
        assert_eq!(Compact::parse(&long, 9999).err(), Some(Rejection::MalformedHeader));
    }
}
