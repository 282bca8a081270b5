//! The half of a key that checks signatures.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{KeyError, mac_key};
use crate::{
    Algorithm, Jwk, base64url,
    crypto::{Ed25519PublicKey, MacKey, Refused},
};

/// Checks signatures of one algorithm; parsed once, cheap to clone.
///
/// ```
/// use gatewright_jose::{Algorithm, VerifyingKey};
///
/// let key = VerifyingKey::hmac(Algorithm::HS256, b"a shared secret of 32 bytes or more")?;
/// assert_eq!(key.algorithm(), Algorithm::HS256);
/// # Ok::<(), gatewright_jose::KeyError>(())
/// ```
#[derive(Clone)]
pub struct VerifyingKey {
    key_id: Option<Arc<str>>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Ed25519(Arc<Ed25519PublicKey>),
    Mac(Algorithm, Arc<MacKey>),
}

impl VerifyingKey {
    /// A shared secret. It has at least 32 bytes and at least as many as the hash puts out: 48 for
    /// HS384, 64 for HS512 (RFC 7518 §3.2). A shorter secret would make those two names a promise
    /// that is not kept; use HS256 with it instead.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::from_mac(algorithm, Arc::new(mac_key(algorithm, secret)?)))
    }

    /// An Ed25519 public key, as RFC 8032 encodes it.
    pub fn ed25519(public_key: &[u8; 32]) -> Result<Self, KeyError> {
        let key = Ed25519PublicKey::new(*public_key).map_err(|Refused| KeyError::Weak)?;
        Ok(Self { key_id: None, material: Material::Ed25519(Arc::new(key)) })
    }

    /// A key in JSON form: `OKP` with Ed25519, or `oct` with an `alg`. An `oct` key without `alg`
    /// is refused, since nothing else would bind it to one algorithm. A private half is not read.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if !jwk.may_verify() {
            return Err(KeyError::NotForSignatures);
        }
        let key = match jwk.kty.as_str() {
            "OKP" => Self::ed25519(&ed25519_x(jwk)?)?,
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

    /// The same key under a name; a token that names a key is checked by that key alone.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self { key_id: Some(key_id.into().into()), ..self }
    }

    /// The one algorithm it is for.
    pub fn algorithm(&self) -> Algorithm {
        match &self.material {
            Material::Ed25519(_) => Algorithm::EdDSA,
            Material::Mac(algorithm, _) => *algorithm,
        }
    }

    /// Its name, if it has one.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The form to publish; `None` for a shared secret, which must never be published.
    pub fn public_jwk(&self) -> Option<Jwk> {
        let Material::Ed25519(key) = &self.material else { return None };
        Some(Jwk {
            kty: "OKP".into(),
            crv: Some("Ed25519".into()),
            x: Some(base64url::encode(key.bytes())),
            kid: self.key_id().map(Into::into),
            alg: Some(Algorithm::EdDSA.as_str().into()),
            ..Jwk::default()
        })
    }

    pub(super) fn from_mac(algorithm: Algorithm, key: Arc<MacKey>) -> Self {
        Self { key_id: None, material: Material::Mac(algorithm, key) }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        match &self.material {
            Material::Ed25519(key) => key.verify(message, signature),
            Material::Mac(_, key) => key.verify(message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm())
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The public key of an OKP JWK, which has to be one for `EdDSA` with Ed25519 (RFC 8037 §2).
pub(super) fn ed25519_x(jwk: &Jwk) -> Result<[u8; 32], KeyError> {
    if jwk.kty != "OKP" || jwk.crv.as_deref() != Some("Ed25519") {
        return Err(KeyError::Unsupported);
    }
    if jwk.alg.as_deref().is_some_and(|alg| alg != Algorithm::EdDSA.as_str()) {
        return Err(KeyError::Unsupported);
    }
    let x = jwk.x.as_deref().ok_or(KeyError::Malformed)?;
    base64url::decode_array(x).map_err(|_| KeyError::Malformed)
}

/// The secret of an `oct` JWK, and the algorithm it names (RFC 7518 §6.4).
pub(super) fn shared_secret(jwk: &Jwk) -> Result<(Algorithm, Zeroizing<Vec<u8>>), KeyError> {
    let algorithm = jwk.alg.as_deref().and_then(Algorithm::parse).ok_or(KeyError::Unsupported)?;
    let k = jwk.k.as_deref().ok_or(KeyError::Malformed)?;
    let secret = base64url::decode(k).map_err(|_| KeyError::Malformed)?;
    Ok((algorithm, Zeroizing::new(secret)))
}
