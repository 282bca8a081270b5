//! JSON Web Keys (RFC 7517), as they are read and published.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{KeyError, base64url, crypto::sha256};

/// One key in JSON form (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2). Members it does not know are
/// ignored, as RFC 7517 §4 demands; `Debug` never shows the private ones.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jwk {
    /// The family: `EC`, `OKP` for Ed25519, `RSA`, or `oct` for a shared secret.
    pub kty: String,
    /// The curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The public key of an OKP, or a coordinate of an EC point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The other coordinate of an EC point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The private half of an asymmetric key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d: Option<String>,
    /// The first prime of a private RSA key (RFC 7518 §6.3.2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<String>,
    /// The second prime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// `d` modulo `p - 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp: Option<String>,
    /// `d` modulo `q - 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dq: Option<String>,
    /// The inverse of `q` modulo `p`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qi: Option<String>,
    /// The shared secret of an `oct` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<String>,
    /// The key's name, which a token's header repeats (RFC 7517 §4.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The algorithm the key is for (RFC 7517 §4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `sig` or `enc`; the JSON member is called `use` (RFC 7517 §4.2).
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// What the key may do, such as `verify` (RFC 7517 §4.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
}

impl Jwk {
    /// Whether it holds a part that must stay with its owner.
    pub fn has_private_part(&self) -> bool {
        [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.k]
            .into_iter()
            .any(Option::is_some)
    }

    /// The name that follows from the key itself: the SHA-256 thumbprint of RFC 7638, in base64url.
    /// Two forms of one key have the same, so it makes a good `kid`. For an `oct` key it is a hash
    /// of the secret: as a `kid` it would let anybody test guesses, so it is refused.
    pub fn thumbprint(&self) -> Result<String, KeyError> {
        // RFC 7638 §3.2, RFC 8037 §2: the required members alone, in lexicographic order.
        let members: &[(&str, Option<&str>)] = match self.kty.as_str() {
            "EC" => &[
                ("crv", self.crv.as_deref()),
                ("kty", Some("EC")),
                ("x", self.x.as_deref()),
                ("y", self.y.as_deref()),
            ],
            "OKP" => {
                &[("crv", self.crv.as_deref()), ("kty", Some("OKP")), ("x", self.x.as_deref())]
            }
            "RSA" => &[("e", self.e.as_deref()), ("kty", Some("RSA")), ("n", self.n.as_deref())],
            _ => return Err(KeyError::Unsupported),
        };
        let mut json = String::with_capacity(512);
        for (name, value) in members {
            // A JSON string literal is how `Value` displays a text.
            let value = serde_json::Value::from(value.ok_or(KeyError::Malformed)?).to_string();
            json.extend([if json.is_empty() { "{\"" } else { ",\"" }, name, "\":", &value]);
        }
        json.push('}');
        Ok(base64url::encode(sha256(json.as_bytes()).as_ref()))
    }

    /// Whether `use` and `key_ops` permit checking a signature; what they don't say is permitted.
    pub(crate) fn may_verify(&self) -> bool {
        self.permits(&["verify"])
    }

    /// As [`may_verify`](Self::may_verify); a private key that may only `sign` will do.
    pub(crate) fn may_sign(&self) -> bool {
        self.permits(&["sign"])
    }

    fn permits(&self, wanted: &[&str]) -> bool {
        self.use_.as_deref().is_none_or(|use_| use_ == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| wanted.contains(&op.as_str())))
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kty", &self.kty)
            .field("crv", &self.crv)
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .field("x", &self.x)
            .field("has_private_part", &self.has_private_part())
            .finish_non_exhaustive()
    }
}

/// A set of keys in JSON form (RFC 7517 §5): what a JWKS address serves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys, in the order in which the issuer lists them.
    pub keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_private_members() {
        let jwk = Jwk {
            kty: "OKP".into(),
            d: Some("private-half".into()),
            k: Some("shared-secret".into()),
            ..Jwk::default()
        };
        let shown = format!("{jwk:?}");
        assert!(!shown.contains("private-half") && !shown.contains("shared-secret"), "{shown}");
    }

    #[test]
    fn unknown_members_are_ignored_and_absent_ones_not_written() {
        let jwk: Jwk = serde_json::from_str(r#"{"kty":"OKP","use":"sig","x5t":"a"}"#).unwrap();
        assert_eq!(serde_json::to_string(&jwk).unwrap(), r#"{"kty":"OKP","use":"sig"}"#);
    }

    #[test]
    fn use_and_key_ops_are_respected() {
        let with = |use_: Option<&str>, ops: Option<&[&str]>| Jwk {
            use_: use_.map(Into::into),
            key_ops: ops.map(|ops| ops.iter().map(ToString::to_string).collect()),
            ..Jwk::default()
        };
        assert!(with(None, None).may_verify());
        assert!(with(Some("sig"), Some(&["verify"])).may_verify());
        assert!(!with(Some("enc"), None).may_verify());
        assert!(!with(None, Some(&["sign"])).may_verify());
        assert!(!with(None, Some(&[])).may_verify());
        assert!(with(None, Some(&["sign"])).may_sign());
    }
}
