//! The secret and what is made with it: signed texts, encrypted columns, random ids.
//!
//! With the files below it the only one of this crate that names the cryptography libraries.

mod checksum;
mod content;
mod secrets;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use gatewright_jose::{Algorithm, KeyError, SigningKey};

pub(crate) use checksum::Checksum;
pub(crate) use content::{ContentKey, IV_BYTES, Refused, Sealed, TAG_BYTES};
pub(crate) use secrets::Secrets;
pub use secrets::{SameVersion, SecretRotation};

/// Fewest characters a secret may have.
pub const SECRET_MIN_CHARACTERS: usize = 32;

const NONCE_BYTES: usize = 24;
/// Characters of a row's id, and of a session token.
pub(crate) const ID_CHARACTERS: usize = 32;

const ID_ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The secret has fewer than [`SECRET_MIN_CHARACTERS`] characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret has {characters} characters, and needs at least {SECRET_MIN_CHARACTERS}")]
pub struct SecretTooShort {
    /// How many it has.
    pub characters: usize,
}

/// Why an encrypted value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError {
    /// Another secret, or no such value at all.
    #[error("the value was not encrypted with this secret, or was altered")]
    Unreadable,
    /// A secret that was taken off the list.
    #[error("the value was encrypted with version {0} of the secret, which is not listed")]
    NoSuchVersion(u32),
    /// It is from before secrets had versions, and the secret of then is not there.
    #[error(
        "the value was encrypted before secrets had versions; \
         set BETTER_AUTH_SECRET, beside the list, to the secret of then"
    )]
    Unversioned,
}

/// The server's secret (`BETTER_AUTH_SECRET`), ready for use. Its text is raw UTF-8, never decoded
/// from base64 or hex. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Arc<SecretKeys>);

struct SecretKeys {
    text: Box<str>,
    signing: hmac::Key,
    encryption: XChaCha20Poly1305,
}

impl Secret {
    /// Takes a secret of at least [`SECRET_MIN_CHARACTERS`] characters.
    pub fn new(text: &str) -> Result<Self, SecretTooShort> {
        let characters = text.chars().count();
        if characters < SECRET_MIN_CHARACTERS {
            return Err(SecretTooShort { characters });
        }
        let key = digest::digest(&digest::SHA256, text.as_bytes());
        let mut key_bytes = [0; 32];
        key_bytes.copy_from_slice(key.as_ref());
        Ok(Self(Arc::new(SecretKeys {
            text: text.into(),
            signing: hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()),
            encryption: XChaCha20Poly1305::new(&key_bytes.into()),
        })))
    }

    /// A new secret of 32 random bytes, as 64 hexadecimal digits.
    pub fn generate(random: &Random) -> String {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        hex_encode(&bytes)
    }

    /// Whether it can be the key of an HMAC algorithm: the longer hashes want longer secrets.
    pub fn check_for(&self, algorithm: Algorithm) -> Result<(), KeyError> {
        SigningKey::hmac(algorithm, self.as_bytes()).map(drop)
    }

    /// The text, for HMAC-signed JWTs that share this secret with a back end.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.text.as_bytes()
    }

    /// HMAC-SHA-256 of `text` in base64url without padding: always 43 characters.
    pub(crate) fn sign_for_url(&self, text: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0.signing, text))
    }

    /// Whether `signature` is what [`Secret::sign_for_url`] returns; in constant time.
    pub(crate) fn verifies_for_url(&self, text: &[u8], signature: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|tag| hmac::verify(&self.0.signing, text, &tag).is_ok())
    }

    /// HMAC-SHA-256 of `text` in standard base64 with padding: always 44 characters.
    pub fn sign(&self, text: &str) -> String {
        STANDARD.encode(hmac::sign(&self.0.signing, text.as_bytes()))
    }

    /// Whether `signature` is what [`Secret::sign`] returns for `text`; in constant time.
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        STANDARD
            .decode(signature)
            .is_ok_and(|tag| hmac::verify(&self.0.signing, text.as_bytes(), &tag).is_ok())
    }

    /// XChaCha20-Poly1305 under SHA-256 of the secret: lower-case hex of nonce, ciphertext and tag
    /// (Better Auth's `symmetricEncrypt`).
    pub fn encrypt(&self, text: &str, random: &Random) -> Result<String, DecryptError> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let sealed = self
            .0
            .encryption
            .encrypt(&XNonce::from(nonce), text.as_bytes())
            .map_err(|_too_long| DecryptError::Unreadable)?;
        Ok(hex_encode(&nonce) + &hex_encode(&sealed))
    }

    /// Reads what [`Secret::encrypt`] wrote.
    pub fn decrypt(&self, hex: &str) -> Result<String, DecryptError> {
        let bytes = hex_decode(hex).ok_or(DecryptError::Unreadable)?;
        let (nonce, sealed) =
            bytes.split_first_chunk::<NONCE_BYTES>().ok_or(DecryptError::Unreadable)?;
        let plain = self
            .0
            .encryption
            .decrypt(&XNonce::from(*nonce), sealed)
            .map_err(|_altered| DecryptError::Unreadable)?;
        String::from_utf8(plain).map_err(|_not_text| DecryptError::Unreadable)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The primitives that TLS is made of.
pub(crate) fn tls_provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Where random bytes come from.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// The operating system's generator, by way of the cryptography library.
    ///
    /// # Panics
    ///
    /// Its bytes, when the system has none to give: nothing could go on safely then.
    pub fn system() -> Self {
        Self::new(|bytes| {
            #[expect(clippy::expect_used, reason = "without randomness nothing may go on")]
            rand::fill(bytes).expect("the operating system provides random bytes");
        })
    }

    /// Bytes from `fill`; for tests.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }

    /// `length` characters drawn uniformly from `a-zA-Z0-9`: row ids and session tokens
    /// (Better Auth's `generateId`).
    pub fn id(&self, length: usize) -> String {
        let mut id = String::with_capacity(length);
        let mut bytes = [0; 48];
        loop {
            self.fill(&mut bytes);
            for byte in bytes {
                // 248 is the largest multiple of 62 in a byte: above it, the draw would be uneven.
                if byte >= 248 {
                    continue;
                }
                if id.len() == length {
                    return id;
                }
                if let Some(character) = ID_ALPHABET.get(usize::from(byte % 62)) {
                    id.push(char::from(*character));
                }
            }
        }
    }
}

impl Random {
    /// A UUID of random bits (RFC 9562 §5.4).
    pub(crate) fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        // Four bits say that it is of version 4, two that there are versions.
        let random = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62);
        let bits = random | 0x4 << 76 | 0x2 << 62;
        let hex = format!("{bits:032x}");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        parts.map(|part| hex.get(part).unwrap_or_default().to_owned()).join("-")
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex_encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| DIGITS.get(usize::from(nibble)))
        .map(|digit| char::from(*digit))
        .collect()
}

/// Reads hexadecimal of either case; `None` for anything else.
pub(crate) fn hex_decode(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect();
    Some(digits?.chunks_exact(2).map(|pair| pair.iter().fold(0, |acc, d| acc << 4 | d)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("a secret of more than thirty-two characters").unwrap()
    }

    #[test]
    fn short_secrets_are_refused_and_counted_in_characters() {
        assert_eq!(Secret::new(&"é".repeat(31)).unwrap_err(), SecretTooShort { characters: 31 });
        assert!(Secret::new(&"é".repeat(32)).is_ok());
        assert!(!format!("{:?}", secret()).contains("thirty"));
    }

    #[test]
    fn signatures_verify_and_altered_ones_do_not() {
        let signature = secret().sign("token");
        assert_eq!(signature.len(), 44);
        assert!(secret().verifies("token", &signature));
        assert!(!secret().verifies("Token", &signature));
        assert!(!secret().verifies("token", &signature.replace('=', "")));
        assert!(!secret().verifies("token", ""));
    }

    #[test]
    fn encryption_round_trips_and_alterations_are_noticed() {
        let random = Random::system();
        let hex = secret().encrypt("{\"kty\":\"OKP\"}", &random).unwrap();
        assert_eq!(secret().decrypt(&hex).unwrap(), "{\"kty\":\"OKP\"}");
        let other = Secret::new(&"x".repeat(32)).unwrap();
        assert_eq!(other.decrypt(&hex), Err(DecryptError::Unreadable));
        let mut altered = hex.clone();
        let last = if altered.pop() == Some('0') { '1' } else { '0' };
        altered.push(last);
        assert_eq!(secret().decrypt(&altered), Err(DecryptError::Unreadable));
        assert_eq!(secret().decrypt("00"), Err(DecryptError::Unreadable));
        assert_eq!(secret().decrypt("zz"), Err(DecryptError::Unreadable));
    }

    #[test]
    fn ids_have_their_length_and_alphabet() {
        let id = Random::system().id(ID_CHARACTERS);
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(id, Random::system().id(ID_CHARACTERS));
    }

    #[test]
    fn uuids_say_that_they_are_random() {
        let ones = Random::new(|bytes| bytes.fill(0xff)).uuid();
        assert_eq!(ones, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let zeros = Random::new(|bytes| bytes.fill(0)).uuid();
        assert_eq!(zeros, "00000000-0000-4000-8000-000000000000");
    }
}
