//! Signs any header and payload with the right key.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_jose::{Algorithm, KeySet, SigningKey};

/// A shared secret of the length that HS256 demands.
const SECRET: &[u8] = b"a shared secret of 32 bytes or so";

/// Which key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// HS256: any header can be signed.
    Hmac,
    /// Ed25519: the header is the key's own.
    Ed25519,
}

/// Keys that are made once, for making them costs more than a run.
#[derive(Debug)]
pub struct Forger {
    ed25519: SigningKey,
    hmac: hmac::Key,
    keys: KeySet,
}

impl Forger {
    /// The only one.
    pub fn get() -> &'static Self {
        static FORGER: LazyLock<Forger> = LazyLock::new(Forger::new);
        &FORGER
    }

    fn new() -> Self {
        let secret = SigningKey::hmac(Algorithm::HS256, SECRET).expect("it is long enough");
        let ed25519 = SigningKey::ed25519_from_seed(&[7; 32]).expect("any seed will do");
        let ed25519 = ed25519.with_key_id("ed");
        let keys = KeySet::from_iter([secret.verifying_key(), ed25519.verifying_key()]);
        Self { ed25519, hmac: hmac::Key::new(hmac::HMAC_SHA256, SECRET), keys }
    }

    /// The keys that tokens made here verify with.
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The secret, for another implementation.
    pub fn secret() -> &'static [u8] {
        SECRET
    }

    /// The key of [`Signer::Ed25519`].
    pub fn ed25519(&self) -> &SigningKey {
        &self.ed25519
    }

    /// A token with this header, if the signer permits one, and this payload.
    pub fn sign(&self, signer: Signer, header: &[u8], payload: &[u8]) -> Option<String> {
        match signer {
            Signer::Hmac => {
                let mut token = URL_SAFE_NO_PAD.encode(header);
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(payload, &mut token);
                let tag = hmac::sign(&self.hmac, token.as_bytes());
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(tag.as_ref(), &mut token);
                Some(token)
            }
            Signer::Ed25519 => self.ed25519.sign_payload(payload).ok(),
        }
    }
}
