//! The half of a key that signs.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{
    KeyError, VerifyingKey, mac_key,
    verifying::{ed25519_x, shared_secret},
};
use crate::{
    Algorithm, Jwk, base64url,
    crypto::{Ed25519PrivateKey, MacKey, Refused},
    header,
};

/// Signs with one algorithm; parsed once, cheap to clone. Secrets are wiped when the last clone goes.
///
/// ```
/// use gatewright_jose::SigningKey;
/// use serde_json::json;
///
/// let key = SigningKey::ed25519_from_seed(&[7; 32])?.with_key_id("2026-01");
/// let token = key.sign(&json!({ "sub": "user-1", "exp": 1_800_000_000 }))?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    material: Material,
    /// Kept ready, since it opens every token.
    encoded_header: Arc<str>,
    verifying_key: VerifyingKey,
}

#[derive(Clone)]
enum Material {
    Ed25519(Arc<Ed25519PrivateKey>),
    Mac { key: Arc<MacKey>, secret: Arc<Zeroizing<Vec<u8>>> },
}

impl SigningKey {
    /// A shared secret, judged as [`VerifyingKey::hmac`] judges it.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let key = Arc::new(mac_key(algorithm, secret)?);
        let verifying_key = VerifyingKey::from_mac(algorithm, Arc::clone(&key));
        let secret = Arc::new(Zeroizing::new(secret.to_vec()));
        Ok(Self::new(Material::Mac { key, secret }, verifying_key))
    }

    /// An Ed25519 key from its seed, the `d` of a JWK (RFC 8032 §5.1.5). The caller chose the seed
    /// at random: this crate makes none.
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = Ed25519PrivateKey::from_seed(seed).map_err(|Refused| KeyError::Malformed)?;
        let public = key.public_bytes().map_err(|Refused| KeyError::Malformed)?;
        let verifying_key = VerifyingKey::ed25519(&public)?;
        Ok(Self::new(Material::Ed25519(Arc::new(key)), verifying_key))
    }

    /// A private key in JSON form: `OKP` with Ed25519, whose `x` must belong to its `d`, or `oct`
    /// with an `alg`.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if !jwk.may_sign() {
            return Err(KeyError::NotForSignatures);
        }
        let key = match jwk.kty.as_str() {
            "OKP" => {
                let public = ed25519_x(jwk)?;
                let d = jwk.d.as_deref().ok_or(KeyError::Malformed)?;
                let seed = base64url::decode_array(d).map_err(|_| KeyError::Malformed)?;
                let key = Self::ed25519_from_seed(&Zeroizing::new(seed))?;
                // Signing under another public key than one's own leaks the private one.
                if key.public_jwk().and_then(|jwk| jwk.x) != Some(base64url::encode(&public)) {
                    return Err(KeyError::Mismatch);
                }
                key
            }
            "oct" => {
                let (algorithm, secret) = shared_secret(jwk)?;
                Self::hmac(algorithm, &secret)?
            }
            _ => return Err(KeyError::Unsupported),
        };
        Ok(match &jwk.kid {
            Some(key_id) => key.with_key_id(key_id.as_str()),
            None => key,
        })
    }

    /// The same key under a name, which every token it signs then carries as `kid`.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self::new(self.material, self.verifying_key.with_key_id(key_id))
    }

    /// The one algorithm it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.verifying_key.algorithm()
    }

    /// Its name, if it has one.
    pub fn key_id(&self) -> Option<&str> {
        self.verifying_key.key_id()
    }

    /// The form to publish; `None` for a shared secret, which must never be published.
    pub fn public_jwk(&self) -> Option<Jwk> {
        self.verifying_key.public_jwk()
    }

    /// The form to store, in which the secret stands in the clear.
    pub fn private_jwk(&self) -> Jwk {
        let named = Jwk {
            kid: self.key_id().map(Into::into),
            alg: Some(self.algorithm().as_str().into()),
            ..Jwk::default()
        };
        match &self.material {
            Material::Ed25519(key) => {
                Jwk { d: Some(base64url::encode(key.seed())), ..self.public_jwk().unwrap_or(named) }
            }
            Material::Mac { secret, .. } => {
                Jwk { kty: "oct".into(), k: Some(base64url::encode(secret)), ..named }
            }
        }
    }

    /// The half that checks what this one signs, under the same name.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key.clone()
    }

    fn new(material: Material, verifying_key: VerifyingKey) -> Self {
        let encoded_header =
            header::encoded(verifying_key.algorithm(), verifying_key.key_id()).into();
        Self { material, encoded_header, verifying_key }
    }

    pub(crate) fn encoded_header(&self) -> &str {
        &self.encoded_header
    }

    /// Appends the encoded signature of what `text` holds so far.
    pub(crate) fn sign_onto(&self, message: &[u8], text: &mut String) -> Result<(), Refused> {
        match &self.material {
            Material::Ed25519(key) => base64url::encode_onto(key.sign(message)?.as_ref(), text),
            Material::Mac { key, .. } => base64url::encode_onto(key.sign(message).as_ref(), text),
        }
        Ok(())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}
