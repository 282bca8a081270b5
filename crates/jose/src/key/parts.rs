//! What a key consists of, wherever it was read: JSON, PEM or DER. Lengths are judged here, once.

use zeroize::Zeroizing;

use super::KeyError;
use crate::{
    Algorithm, Jwk,
    algorithm::{Curve, Family},
    base64url,
    crypto::RsaPrivateParts,
};

/// Below 2048 bits a modulus can be factored (RFC 7518 §3.3); above 8192 each check is a favour to
/// whoever sends many tokens.
const RSA_MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The numbers of a public key.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PublicParts {
    /// The point, uncompressed (SEC 1 §2.3.3).
    Ec(Curve, Vec<u8>),
    Ed25519([u8; 32]),
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl PublicParts {
    pub(super) fn ec(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        // A compressed point (02, 03) has no place in a JWK, and hardly one in PEM.
        if point.first() != Some(&4) || point.len() != 1 + 2 * curve.coordinate_bytes() {
            return Err(KeyError::Malformed);
        }
        Ok(Self::Ec(curve, point.to_vec()))
    }

    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (Some(first), Some(last)) = (n.first(), n.last()) else {
            return Err(KeyError::Malformed);
        };
        // RFC 7518 §2: a Base64urlUInt has no leading zeros.
        if *first == 0 || e.first().is_none_or(|first| *first == 0) {
            return Err(KeyError::Malformed);
        }
        let bits = n.len() * 8 - first.leading_zeros() as usize;
        if bits < *RSA_MODULUS_BITS.start() {
            return Err(KeyError::RsaTooShort { bits });
        }
        let is_odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last % 2 == 1);
        // An exponent of 1 makes every message its own signature; 33 bits are the library's limit.
        let is_sane = is_odd(e) && e != [1] && e.len() <= 4;
        if bits > *RSA_MODULUS_BITS.end() || last % 2 == 0 || !is_sane {
            return Err(KeyError::Weak);
        }
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }

    /// The public half of a JWK; a private half is not looked at.
    pub(super) fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Ok(Self::Ed25519(array(jwk.x.as_deref())?)),
            ("EC", Some(name)) => {
                let curve = Curve::parse(name).ok_or(KeyError::Unsupported)?;
                let (x, y) = (bytes(jwk.x.as_deref())?, bytes(jwk.y.as_deref())?);
                if x.len() != curve.coordinate_bytes() || y.len() != x.len() {
                    return Err(KeyError::Malformed);
                }
                Self::ec(curve, &[&[4], &x[..], &y[..]].concat())
            }
            ("RSA", _) => Self::rsa(&bytes(jwk.n.as_deref())?, &bytes(jwk.e.as_deref())?),
            _ => Err(KeyError::Unsupported),
        }
    }

    /// The members of a JWK that they fill.
    pub(super) fn to_jwk(&self) -> Jwk {
        match self {
            Self::Ec(curve, point) => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(curve.coordinate_bytes());
                Jwk {
                    kty: "EC".into(),
                    crv: Some(curve.as_str().into()),
                    x: Some(base64url::encode(x)),
                    y: Some(base64url::encode(y)),
                    ..Jwk::default()
                }
            }
            Self::Ed25519(key) => Jwk {
                kty: "OKP".into(),
                crv: Some("Ed25519".into()),
                x: Some(base64url::encode(key)),
                ..Jwk::default()
            },
            Self::Rsa { n, e } => Jwk {
                kty: "RSA".into(),
                n: Some(base64url::encode(n)),
                e: Some(base64url::encode(e)),
                ..Jwk::default()
            },
        }
    }

    /// The one algorithm of the key: what is named, if it fits, else the only one of its kind. An
    /// RSA key that names none is for RS256, the one that every implementation has.
    pub(super) fn algorithm(&self, named: Option<Algorithm>) -> Result<Algorithm, KeyError> {
        let (default, family) = match self {
            Self::Ec(curve, _) => (curve.algorithm(), Family::Ec(*curve)),
            Self::Ed25519(_) => (Algorithm::EdDSA, Family::Ed25519),
            Self::Rsa { .. } => (Algorithm::RS256, Family::Rsa),
        };
        let algorithm = named.unwrap_or(default);
        if algorithm.family() == family { Ok(algorithm) } else { Err(KeyError::WrongAlgorithm) }
    }
}

/// The secret numbers of an asymmetric key.
pub(super) enum PrivateParts {
    /// A structure that the cryptographic library reads by itself: PKCS#8 or SEC 1.
    EcDer(Curve, Zeroizing<Vec<u8>>),
    Ec {
        curve: Curve,
        scalar: Zeroizing<Vec<u8>>,
        point: Vec<u8>,
    },
    /// The seed, and the public key that was given with it.
    Ed25519 {
        seed: Zeroizing<[u8; 32]>,
        public: Option<[u8; 32]>,
    },
    Rsa(RsaPrivateParts),
}

impl PrivateParts {
    pub(super) fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        Ok(match PublicParts::from_jwk(jwk)? {
            PublicParts::Ec(curve, point) => {
                let scalar = secret(jwk.d.as_deref())?;
                // RFC 7518 §6.2.2.1: as long as the curve's order.
                if scalar.len() != curve.coordinate_bytes() {
                    return Err(KeyError::Malformed);
                }
                Self::Ec { curve, scalar, point }
            }
            PublicParts::Ed25519(public) => {
                let seed = Zeroizing::new(array(jwk.d.as_deref())?);
                Self::Ed25519 { seed, public: Some(public) }
            }
            PublicParts::Rsa { n, e } => Self::Rsa(RsaPrivateParts {
                n,
                e,
                d: secret(jwk.d.as_deref())?,
                p: secret(jwk.p.as_deref())?,
                q: secret(jwk.q.as_deref())?,
                dp: secret(jwk.dp.as_deref())?,
                dq: secret(jwk.dq.as_deref())?,
                qi: secret(jwk.qi.as_deref())?,
            }),
        })
    }
}

/// The algorithm that a JWK names, if any.
pub(super) fn named_algorithm(jwk: &Jwk) -> Result<Option<Algorithm>, KeyError> {
    let parse = |name: &str| Algorithm::parse(name).ok_or(KeyError::Unsupported);
    jwk.alg.as_deref().map(parse).transpose()
}

/// The secret of an `oct` JWK, and the algorithm it names (RFC 7518 §6.4).
pub(super) fn shared_secret(jwk: &Jwk) -> Result<(Algorithm, Zeroizing<Vec<u8>>), KeyError> {
    let algorithm = named_algorithm(jwk)?.ok_or(KeyError::Unsupported)?;
    Ok((algorithm, secret(jwk.k.as_deref())?))
}

fn bytes(member: Option<&str>) -> Result<Vec<u8>, KeyError> {
    base64url::decode(member.ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
}

fn secret(member: Option<&str>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    bytes(member).map(Zeroizing::new)
}

fn array<const N: usize>(member: Option<&str>) -> Result<[u8; N], KeyError> {
    base64url::decode_array(member.ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
}
