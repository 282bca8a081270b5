//! The half of a key that checks signatures.

use std::{fmt, sync::Arc};

use super::{
    KeyError,
    der::{self, Pem},
    mac_key,
    parts::{PublicParts, named_algorithm, shared_secret},
};
use crate::{
    Algorithm, Jwk,
    algorithm::Family,
    crypto::{MacKey, PublicKey, Refused, ec_public_key, ed25519_public_key, rsa_public_key},
};

/// Checks signatures of one algorithm; parsed once, cheap to clone.
///
/// ```
/// use gatewright_jose::{Algorithm, VerifyingKey};
///
/// let key = VerifyingKey::hmac(Algorithm::HS256, b"a shared secret of 32 bytes or more")?;
/// assert_eq!(key.algorithm(), Algorithm::HS256);
///
/// let pem = "-----BEGIN PUBLIC KEY-----
/// MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
/// -----END PUBLIC KEY-----";
/// assert_eq!(VerifyingKey::from_pem(pem, None)?.algorithm(), Algorithm::EdDSA);
/// # Ok::<(), gatewright_jose::KeyError>(())
/// ```
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    key_id: Option<Arc<str>>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Mac(Arc<MacKey>),
    Public(Arc<(PublicKey, PublicParts)>),
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
        Self::from_parts(PublicParts::Ed25519(*public_key), None)
    }

    /// A key in JSON form: `OKP` with Ed25519, `EC`, `RSA`, or `oct` with an `alg`. An `oct` key
    /// without `alg` is refused, since nothing else would bind it to one algorithm; an `RSA` key
    /// without is for RS256. A private half is not read.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if !jwk.may_verify() {
            return Err(KeyError::NotForSignatures);
        }
        let key = if jwk.kty == "oct" {
            let (algorithm, secret) = shared_secret(jwk)?;
            Self::hmac(algorithm, &secret)?
        } else {
            Self::from_parts(PublicParts::from_jwk(jwk)?, named_algorithm(jwk)?)?
        };
        Ok(match &jwk.kid {
            Some(key_id) => key.with_key_id(key_id.as_str()),
            None => key,
        })
    }

    /// The one public key of a PEM text: `PUBLIC KEY` or `RSA PUBLIC KEY`. Without an algorithm, an
    /// RSA key is for RS256; the others have only one.
    pub fn from_pem(text: &str, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        match Pem::parse(text)? {
            Pem::Private(_) => Err(KeyError::Private),
            Pem::Public(parts) => Self::from_parts(parts, algorithm),
        }
    }

    /// The same in DER: `SubjectPublicKeyInfo` or `RSAPublicKey`.
    pub fn from_der(der: &[u8], algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        Self::from_parts(der::public_der(der)?, algorithm)
    }

    /// The same key under a name; a token that names a key is checked by that key alone.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self { key_id: Some(key_id.into().into()), ..self }
    }

    /// The one algorithm it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name, if it has one.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The form to publish; `None` for a shared secret, which must never be published.
    pub fn public_jwk(&self) -> Option<Jwk> {
        let Material::Public(key) = &self.material else { return None };
        Some(Jwk {
            kid: self.key_id().map(Into::into),
            alg: Some(self.algorithm.as_str().into()),
            ..key.1.to_jwk()
        })
    }

    pub(super) fn from_mac(algorithm: Algorithm, key: Arc<MacKey>) -> Self {
        Self { algorithm, key_id: None, material: Material::Mac(key) }
    }

    pub(super) fn from_parts(
        parts: PublicParts,
        algorithm: Option<Algorithm>,
    ) -> Result<Self, KeyError> {
        let algorithm = parts.algorithm(algorithm)?;
        let key = match &parts {
            PublicParts::Ec(_, point) => ec_public_key(algorithm, point),
            PublicParts::Ed25519(bytes) => ed25519_public_key(bytes),
            PublicParts::Rsa { n, e } => rsa_public_key(algorithm, n, e),
        };
        let key = key.map_err(|Refused| match algorithm.family() {
            Family::Ed25519 => KeyError::Weak,
            _ => KeyError::Malformed,
        })?;
        Ok(Self { algorithm, key_id: None, material: Material::Public(Arc::new((key, parts))) })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        match &self.material {
            Material::Mac(key) => key.verify(message, signature),
            Material::Public(key) => key.0.verify(message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
