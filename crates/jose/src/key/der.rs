//! Keys as OpenSSL and its kin write them: PEM around DER.

use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, der::Decode as _};
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef, spki::SubjectPublicKeyInfoRef,
};
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use super::{
    KeyError,
    parts::{PrivateParts, PublicParts},
};
use crate::{algorithm::Curve, crypto::RsaPrivateParts};

/// An RSA key of 8192 bits takes a tenth of it.
const MAX_PEM_BYTES: usize = 64 * 1024;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// The one key of a PEM text.
pub(super) enum Pem {
    Private(PrivateParts),
    Public(PublicParts),
}

impl Pem {
    pub(super) fn parse(text: &str) -> Result<Self, KeyError> {
        let (label, der) = only_block(text)?;
        match label {
            "PUBLIC KEY" => public_spki(&der).map(Self::Public),
            "RSA PUBLIC KEY" => public_pkcs1(&der).map(Self::Public),
            "PRIVATE KEY" => private_pkcs8(&der).map(Self::Private),
            "RSA PRIVATE KEY" => private_pkcs1(&der).map(Self::Private),
            "EC PRIVATE KEY" => private_sec1(&der).map(Self::Private),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            _ => Err(KeyError::Unsupported),
        }
    }
}

/// A public key in DER: `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7), or `RSAPublicKey` (RFC 8017 §A.1.1).
pub(super) fn public_der(der: &[u8]) -> Result<PublicParts, KeyError> {
    match public_spki(der) {
        Err(KeyError::Malformed) => public_pkcs1(der).map_err(|error| match error {
            // So that a private key by mistake is called what it is.
            KeyError::Malformed if private_der(der).is_ok() => KeyError::Private,
            error => error,
        }),
        result => result,
    }
}

/// A private key in DER: PKCS#8 (RFC 5958), `RSAPrivateKey` (RFC 8017 §A.1.2) or `ECPrivateKey`
/// (RFC 5915).
pub(super) fn private_der(der: &[u8]) -> Result<PrivateParts, KeyError> {
    match private_pkcs8(der) {
        Err(KeyError::Malformed) => {
            private_pkcs1(der).or_else(|_| private_sec1(der)).map_err(|_| {
                let is_public = public_spki(der).is_ok() || public_pkcs1(der).is_ok();
                if is_public { KeyError::Public } else { KeyError::Malformed }
            })
        }
        result => result,
    }
}

/// The label and the content of the only block that holds a key.
fn only_block(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), KeyError> {
    const BEGIN: &str = "-----BEGIN ";
    if text.len() > MAX_PEM_BYTES {
        return Err(KeyError::Malformed);
    }
    let mut found = None;
    for (start, _) in text.match_indices(BEGIN) {
        let rest = text.get(start..).unwrap_or_default();
        // Up to the next block: what stands between blocks is commentary.
        let next = rest.get(BEGIN.len()..).and_then(|rest| rest.find(BEGIN));
        let block = next.and_then(|next| rest.get(..BEGIN.len() + next)).unwrap_or(rest);
        let end = block.rfind("-----").map_or(block.len(), |end| end + 5);
        let block = block.get(..end).unwrap_or_default();
        // OpenSSL writes the curve's parameters before the key.
        if block.starts_with("-----BEGIN EC PARAMETERS-----") {
            continue;
        }
        // How OpenSSL encrypted before PKCS#8 (RFC 1421 §4.6.1.1).
        if block.contains("\nProc-Type: 4,ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        let (label, der) =
            pem_rfc7468::decode_vec(block.as_bytes()).map_err(|_| KeyError::Malformed)?;
        if found.replace((label, Zeroizing::new(der))).is_some() {
            return Err(KeyError::Several);
        }
    }
    found.ok_or(KeyError::Malformed)
}

fn public_spki(der: &[u8]) -> Result<PublicParts, KeyError> {
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let key = info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
    match info.algorithm.oid {
        RSA => public_pkcs1(key),
        EC => PublicParts::ec(curve(&info.algorithm)?, key),
        ED25519 => key.try_into().map(PublicParts::Ed25519).map_err(|_| KeyError::Malformed),
        _ => Err(KeyError::Unsupported),
    }
}

fn public_pkcs1(der: &[u8]) -> Result<PublicParts, KeyError> {
    let key = RsaPublicKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    PublicParts::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
}

fn private_pkcs8(der: &[u8]) -> Result<PrivateParts, KeyError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let key = info.private_key.as_bytes();
    match info.algorithm.oid {
        RSA => private_pkcs1(key),
        EC => {
            let curve = curve(&info.algorithm)?;
            Ok(PrivateParts::EcDer(curve, Zeroizing::new(der.to_vec())))
        }
        ED25519 => {
            // RFC 8410 §7: an OCTET STRING within the OCTET STRING.
            let [4, 32, seed @ ..] = key else { return Err(KeyError::Malformed) };
            let seed = seed.try_into().map_err(|_| KeyError::Malformed)?;
            let given = info.public_key.as_ref().map(|key| {
                let bytes = key.as_bytes().ok_or(KeyError::Malformed)?;
                bytes.try_into().map_err(|_| KeyError::Malformed)
            });
            Ok(PrivateParts::Ed25519 { seed: Zeroizing::new(seed), public: given.transpose()? })
        }
        _ => Err(KeyError::Unsupported),
    }
}

fn private_pkcs1(der: &[u8]) -> Result<PrivateParts, KeyError> {
    let key = RsaPrivateKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    if key.other_prime_infos.is_some() {
        return Err(KeyError::Unsupported);
    }
    let PublicParts::Rsa { n, e } =
        PublicParts::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())?
    else {
        return Err(KeyError::Malformed);
    };
    let secret = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    Ok(PrivateParts::Rsa(RsaPrivateParts {
        n,
        e,
        d: secret(key.private_exponent.as_bytes()),
        p: secret(key.prime1.as_bytes()),
        q: secret(key.prime2.as_bytes()),
        dp: secret(key.exponent1.as_bytes()),
        dq: secret(key.exponent2.as_bytes()),
        qi: secret(key.coefficient.as_bytes()),
    }))
}

fn private_sec1(der: &[u8]) -> Result<PrivateParts, KeyError> {
    let key = EcPrivateKey::from_der(der).map_err(|_| KeyError::Malformed)?;
    let oid = key.parameters.and_then(sec1::EcParameters::named_curve);
    let curve = named_curve(oid.ok_or(KeyError::Unsupported)?)?;
    Ok(PrivateParts::EcDer(curve, Zeroizing::new(der.to_vec())))
}

fn curve(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<Curve, KeyError> {
    named_curve(algorithm.parameters_oid().map_err(|_| KeyError::Unsupported)?)
}

fn named_curve(oid: ObjectIdentifier) -> Result<Curve, KeyError> {
    match oid {
        P256 => Ok(Curve::P256),
        P384 => Ok(Curve::P384),
        P521 => Ok(Curve::P521),
        _ => Err(KeyError::Unsupported),
    }
}
