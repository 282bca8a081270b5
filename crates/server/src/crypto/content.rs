//! Authenticated encryption as JWE has it: `A256CBC-HS512` (RFC 7518 §5.2.5) under a key that is
//! derived from a secret.

use std::fmt;

use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{DecryptError, Random, Secret};

/// What Better Auth and Auth.js derive keys for.
const INFO: &[u8] = b"BetterAuth.js Generated Encryption Key";

const KEY_BYTES: usize = 64;
const MAC_KEY_BYTES: usize = 32;
pub(crate) const IV_BYTES: usize = 16;
pub(crate) const TAG_BYTES: usize = 32;

/// A key for contents, and its name.
pub(crate) struct ContentKey {
    id: String,
    mac: hmac::Key,
    encrypting: PaddedBlockEncryptingKey,
    decrypting: PaddedBlockDecryptingKey,
}

/// What was encrypted, in the parts that a JWE names.
pub(crate) struct Sealed {
    pub(crate) iv: [u8; IV_BYTES],
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: [u8; TAG_BYTES],
}

/// The cryptography library would not make or use a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptography library refused")]
pub(crate) struct Refused;

impl ContentKey {
    /// HKDF-SHA-256 of the secret; `salt` says what for.
    pub(crate) fn derive(secret: &Secret, salt: &str) -> Result<Self, Refused> {
        let mut key = [0; KEY_BYTES];
        // A key for HMAC-SHA-512 has the length that is wanted.
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt.as_bytes())
            .extract(secret.as_bytes())
            .expand(&[INFO], hmac::HMAC_SHA512)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_unspecified| Refused)?;
        let (mac, encryption) = key.split_at(MAC_KEY_BYTES);
        let cipher = || UnboundCipherKey::new(&AES_256, encryption);
        Ok(Self {
            id: thumbprint(&key),
            mac: hmac::Key::new(hmac::HMAC_SHA512, mac),
            encrypting: cipher()
                .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
                .map_err(|_unspecified| Refused)?,
            decrypting: cipher()
                .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
                .map_err(|_unspecified| Refused)?,
        })
    }

    /// What a JWE's header calls it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Encrypts `plain`, and protects `associated` beside it.
    pub(crate) fn seal(
        &self,
        plain: &[u8],
        associated: &[u8],
        random: &Random,
    ) -> Result<Sealed, Refused> {
        let mut iv = [0; IV_BYTES];
        random.fill(&mut iv);
        let mut ciphertext = plain.to_vec();
        self.encrypting
            .less_safe_encrypt(&mut ciphertext, EncryptionContext::Iv128(FixedLength::from(&iv)))
            .map_err(|_unspecified| Refused)?;
        let tag = self.tag(associated, &iv, &ciphertext);
        Ok(Sealed { iv, ciphertext, tag })
    }

    /// Reads what [`ContentKey::seal`] wrote. Nothing is decrypted before the tag is right, so that
    /// no padding can be tried out.
    pub(crate) fn open(&self, sealed: Sealed, associated: &[u8]) -> Result<Vec<u8>, DecryptError> {
        let Sealed { iv, mut ciphertext, tag } = sealed;
        let expected = self.tag(associated, &iv, &ciphertext);
        constant_time::verify_slices_are_equal(&expected, &tag)
            .map_err(|_altered| DecryptError::Unreadable)?;
        let context = DecryptionContext::Iv128(FixedLength::from(&iv));
        let plain = self
            .decrypting
            .decrypt(&mut ciphertext, context)
            .map_err(|_unspecified| DecryptError::Unreadable)?;
        Ok(plain.to_vec())
    }

    /// RFC 7518 §5.2.2.1: over the associated data, the initialisation vector, the ciphertext and
    /// the associated data's length in bits; the first half counts.
    fn tag(&self, associated: &[u8], iv: &[u8], ciphertext: &[u8]) -> [u8; TAG_BYTES] {
        let bits = u64::try_from(associated.len()).unwrap_or(u64::MAX).saturating_mul(8);
        let mut context = hmac::Context::with_key(&self.mac);
        for part in [associated, iv, ciphertext, &bits.to_be_bytes()] {
            context.update(part);
        }
        let whole = context.sign();
        let mut tag = [0; TAG_BYTES];
        for (to, from) in tag.iter_mut().zip(whole.as_ref()) {
            *to = *from;
        }
        tag
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(…)")
    }
}

/// RFC 7638 of the key as an `oct` JWK. A hash of a secret lets guesses be tried; of 64 bytes that
/// HKDF made of 32 or more characters nobody guesses any.
fn thumbprint(key: &[u8]) -> String {
    let jwk = format!(r#"{{"k":"{}","kty":"oct"}}"#, URL_SAFE_NO_PAD.encode(key));
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, jwk.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> ContentKey {
        ContentKey::derive(&Secret::new(secret).unwrap(), "better-auth-session").unwrap()
    }

    const SECRET: &str = "a secret of more than thirty-two characters";

    #[test]
    fn the_key_is_what_better_auth_derives() {
        // From `jose` 6.2.18: calculateJwkThumbprint of hkdf(sha256, secret, salt, info, 64).
        assert_eq!(key(SECRET).id(), "ap1bdCoAkCX20WN6hmEw_4FTE1X8jG11WG4lVXDJ8LU");
    }

    #[test]
    fn contents_round_trip_and_every_alteration_is_noticed() {
        let random = Random::system();
        for plain in [&b""[..], b"fifteen bytes..", b"sixteen bytes...", &[7; 1000]] {
            let seal = || key(SECRET).seal(plain, b"header", &random).unwrap();
            assert_eq!(key(SECRET).open(seal(), b"header").unwrap(), plain);
            assert!(key(SECRET).open(seal(), b"Header").is_err());
            assert!(key(&"x".repeat(32)).open(seal(), b"header").is_err());
            let mut altered = seal();
            altered.ciphertext[0] ^= 1;
            assert!(key(SECRET).open(altered, b"header").is_err());
            let mut altered = seal();
            altered.iv[15] ^= 1;
            assert!(key(SECRET).open(altered, b"header").is_err());
            let mut altered = seal();
            altered.tag[31] ^= 1;
            assert!(key(SECRET).open(altered, b"header").is_err());
            let mut cut = seal();
            cut.ciphertext.truncate(5);
            assert!(key(SECRET).open(cut, b"header").is_err());
        }
    }

    #[test]
    fn no_two_contents_look_alike() {
        let random = Random::system();
        let seal = || key(SECRET).seal(b"the same", b"", &random).unwrap().ciphertext;
        assert_ne!(seal(), seal());
    }
}
