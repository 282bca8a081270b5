//! The half of a key that signs.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{
    KeyError, VerifyingKey,
    der::{self, Pem},
    mac_key,
    parts::{PrivateParts, PublicParts, named_algorithm, shared_secret},
};
use crate::{
    Algorithm, Jwk,
    algorithm::Family,
    base64url,
    crypto::{EcPrivateKey, Ed25519PrivateKey, MacKey, Refused, RsaPrivateKey, generate_rsa},
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
    token_type: Option<Arc<str>>,
    /// Kept ready, since it opens every token.
    encoded_header: Arc<str>,
    verifying_key: VerifyingKey,
}

#[derive(Clone)]
enum Material {
    Ec(Arc<EcPrivateKey>),
    Ed25519(Arc<Ed25519PrivateKey>),
    Mac { key: Arc<MacKey>, secret: Arc<Zeroizing<Vec<u8>>> },
    Rsa(Arc<RsaPrivateKey>),
}

impl SigningKey {
    /// A shared secret, judged as [`VerifyingKey::hmac`] judges it.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::from_mac(algorithm, mac_key(algorithm, secret)?, secret))
    }

    /// An Ed25519 key from its seed, the `d` of a JWK (RFC 8032 §5.1.5). The caller chose the seed
    /// at random: this crate makes none.
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(*seed);
        Self::from_parts(PrivateParts::Ed25519 { seed, public: None }, None)
    }

    /// A new key for one of the ECDSA or RSA algorithms (of 2048 bits, which takes some hundred
    /// milliseconds). The cryptographic library takes its random numbers from the system by itself,
    /// which is why Ed25519 and HMAC, whose keys are but random bytes, are not made here.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let refused = |Refused| KeyError::Unsupported;
        match algorithm.family() {
            Family::Ec(curve) => {
                let key = EcPrivateKey::generate(algorithm).map_err(refused)?;
                let public = PublicParts::ec(curve, key.point())?;
                let verifying_key = VerifyingKey::from_parts(public, None)?;
                Ok(Self::new(Material::Ec(Arc::new(key)), verifying_key, None))
            }
            Family::Rsa => Self::from_der(&generate_rsa().map_err(refused)?, Some(algorithm)),
            Family::Ed25519 | Family::Hmac => Err(KeyError::WrongAlgorithm),
        }
    }

    /// A private key in JSON form: `OKP` with Ed25519, `EC`, `RSA` with all of its numbers, or
    /// `oct` with an `alg`. The public half must belong to the private one: signing under another
    /// leaks the private key.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if !jwk.may_sign() {
            return Err(KeyError::NotForSignatures);
        }
        let key = if jwk.kty == "oct" {
            let (algorithm, secret) = shared_secret(jwk)?;
            Self::hmac(algorithm, &secret)?
        } else {
            Self::from_parts(PrivateParts::from_jwk(jwk)?, named_algorithm(jwk)?)?
        };
        Ok(match &jwk.kid {
            Some(key_id) => key.with_key_id(key_id.as_str()),
            None => key,
        })
    }

    /// The one private key of a PEM text: `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`, not
    /// encrypted. Without an algorithm, an RSA key is for RS256; the others have only one.
    pub fn from_pem(text: &str, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        match Pem::parse(text)? {
            Pem::Private(parts) => Self::from_parts(parts, algorithm),
            Pem::Public(_) => Err(KeyError::Public),
        }
    }

    /// The same in DER: PKCS#8, `RSAPrivateKey` or `ECPrivateKey`.
    pub fn from_der(der: &[u8], algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        Self::from_parts(der::private_der(der)?, algorithm)
    }

    /// The same key under a name, which every token it signs then carries as `kid`.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self::new(self.material, self.verifying_key.with_key_id(key_id), self.token_type)
    }

    /// The same key for one kind of token, such as `at+jwt`, which every token it signs then
    /// carries as `typ` (RFC 8725 §3.11).
    #[must_use]
    pub fn with_token_type(self, typ: impl Into<String>) -> Self {
        Self::new(self.material, self.verifying_key, Some(typ.into().into()))
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
        let encoded = |bytes: &[u8]| Some(base64url::encode(bytes));
        let public = self.public_jwk().unwrap_or_else(|| Jwk {
            kid: self.key_id().map(Into::into),
            alg: Some(self.algorithm().as_str().into()),
            ..Jwk::default()
        });
        match &self.material {
            Material::Ec(key) => {
                // The library fails here only where it cannot allocate.
                let scalar = key.scalar().unwrap_or_default();
                Jwk { d: encoded(&scalar), ..public }
            }
            Material::Ed25519(key) => Jwk { d: encoded(key.seed()), ..public },
            Material::Mac { secret, .. } => Jwk { kty: "oct".into(), k: encoded(secret), ..public },
            Material::Rsa(key) => {
                let parts = key.parts();
                Jwk {
                    d: encoded(&parts.d),
                    p: encoded(&parts.p),
                    q: encoded(&parts.q),
                    dp: encoded(&parts.dp),
                    dq: encoded(&parts.dq),
                    qi: encoded(&parts.qi),
                    ..public
                }
            }
        }
    }

    /// The half that checks what this one signs, under the same name.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key.clone()
    }

    pub(crate) fn from_mac(algorithm: Algorithm, key: MacKey, secret: &[u8]) -> Self {
        let key = Arc::new(key);
        let verifying_key = VerifyingKey::from_mac(algorithm, Arc::clone(&key));
        let secret = Arc::new(Zeroizing::new(secret.to_vec()));
        Self::new(Material::Mac { key, secret }, verifying_key, None)
    }

    fn from_parts(parts: PrivateParts, named: Option<Algorithm>) -> Result<Self, KeyError> {
        let (material, public) = match parts {
            PrivateParts::Ec { curve, scalar, point } => {
                let key = EcPrivateKey::from_parts(curve.algorithm(), &scalar, &point)
                    .map_err(|Refused| KeyError::Mismatch)?;
                (Material::Ec(Arc::new(key)), PublicParts::ec(curve, &point)?)
            }
            PrivateParts::EcDer(curve, der) => {
                let key = EcPrivateKey::from_der(curve.algorithm(), &der)
                    .map_err(|Refused| KeyError::Malformed)?;
                let public = PublicParts::ec(curve, key.point())?;
                (Material::Ec(Arc::new(key)), public)
            }
            PrivateParts::Ed25519 { seed, public: given } => {
                let key =
                    Ed25519PrivateKey::from_seed(&seed).map_err(|Refused| KeyError::Malformed)?;
                let public = key.public_bytes().map_err(|Refused| KeyError::Malformed)?;
                if given.is_some_and(|given| given != public) {
                    return Err(KeyError::Mismatch);
                }
                (Material::Ed25519(Arc::new(key)), PublicParts::Ed25519(public))
            }
            PrivateParts::Rsa(parts) => {
                let public = PublicParts::rsa(&parts.n, &parts.e)?;
                let key = RsaPrivateKey::new(public.algorithm(named)?, parts)
                    .map_err(|Refused| KeyError::Mismatch)?;
                (Material::Rsa(Arc::new(key)), public)
            }
        };
        Ok(Self::new(material, VerifyingKey::from_parts(public, named)?, None))
    }

    fn new(material: Material, verifying_key: VerifyingKey, token_type: Option<Arc<str>>) -> Self {
        let (algorithm, key_id) = (verifying_key.algorithm(), verifying_key.key_id());
        let encoded_header = header::encoded(algorithm, key_id, token_type.as_deref()).into();
        Self { material, token_type, encoded_header, verifying_key }
    }

    pub(crate) fn encoded_header(&self) -> &str {
        &self.encoded_header
    }

    /// Appends the encoded signature of what `text` holds so far.
    pub(crate) fn sign_onto(&self, message: &[u8], text: &mut String) -> Result<(), Refused> {
        match &self.material {
            Material::Ec(key) => base64url::encode_onto(key.sign(message)?.as_ref(), text),
            Material::Ed25519(key) => base64url::encode_onto(key.sign(message)?.as_ref(), text),
            Material::Mac { key, .. } => base64url::encode_onto(key.sign(message).as_ref(), text),
            Material::Rsa(key) => base64url::encode_onto(&key.sign(message)?, text),
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
