//! `jwe`: the claims encrypted, so that nobody but the server reads them (RFC 7516 §3.1).
//!
//! Upstream: `symmetricEncodeJWT` and `symmetricDecodeJWT` of `src/crypto/jwt.ts`. Upstream also
//! lists `A256GCM`, which its key of 64 bytes never fits.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::jwt::from_claims;
use super::payload::{Written, WrittenClaims};
use super::{CacheError, Read};
use crate::crypto::{ContentKey, IV_BYTES, Random, Refused, Sealed, Secret, TAG_BYTES};

/// What the keys are derived for.
const SALT: &str = "better-auth-session";

const ALGORITHM: &str = "dir";
const ENCRYPTION: &str = "A256CBC-HS512";

/// Characters of a header, at most.
const MOST_HEADER: usize = 512;

#[derive(Serialize)]
struct WrittenHeader<'a> {
    alg: &'a str,
    enc: &'a str,
    kid: &'a str,
}

/// Members that it does not know may change what the rest means (`crit`, `zip`): there are none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    enc: String,
    kid: Option<String>,
    #[serde(rename = "typ")]
    _typ: Option<String>,
    #[serde(rename = "cty")]
    _cty: Option<String>,
}

pub(super) struct Jwe {
    key: ContentKey,
}

impl Jwe {
    /// Upstream also reads what older secrets have encrypted. Here they are for keys in the database
    /// alone: whoever learns an old one could otherwise be anybody, by a cookie of their own making.
    pub(super) fn new(secret: &Secret) -> Result<Self, Refused> {
        Ok(Self { key: ContentKey::derive(secret, SALT)? })
    }

    pub(super) fn write(
        &self,
        payload: Written<'_>,
        iat: i64,
        lasts: i64,
        random: &Random,
    ) -> Result<String, CacheError> {
        let kid = self.key.id();
        let header = serde_json::to_vec(&WrittenHeader { alg: ALGORITHM, enc: ENCRYPTION, kid })?;
        let header = URL_SAFE_NO_PAD.encode(header);
        let jti = Some(random.uuid());
        let claims = serde_json::to_vec(&WrittenClaims { payload, iat, exp: iat + lasts, jti })?;
        let Sealed { iv, ciphertext, tag } = self.key.seal(&claims, header.as_bytes(), random)?;
        let [iv, ciphertext, tag] =
            [&iv[..], &ciphertext, &tag].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        // No encrypted key stands in the second place: the key is agreed upon.
        Ok(format!("{header}..{iv}.{ciphertext}.{tag}"))
    }

    pub(super) fn read(&self, text: &str) -> Option<Read> {
        let mut parts = text.split('.');
        let (header, key) = (parts.next()?, parts.next()?);
        let (iv, ciphertext, tag) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !key.is_empty() || header.len() > MOST_HEADER {
            return None;
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let Header { alg, enc, kid, .. } = serde_json::from_slice(&decode(header)?).ok()?;
        if alg != ALGORITHM || enc != ENCRYPTION {
            return None;
        }
        let iv: [u8; IV_BYTES] = decode(iv)?.try_into().ok()?;
        let ciphertext = decode(ciphertext)?;
        let tag: [u8; TAG_BYTES] = decode(tag)?.try_into().ok()?;
        // Before keys had names, a cookie did not say which it is of.
        if kid.is_some_and(|kid| kid != self.key.id()) {
            return None;
        }
        let json = self.key.open(Sealed { iv, ciphertext, tag }, header.as_bytes()).ok()?;
        from_claims(&json)
    }
}
