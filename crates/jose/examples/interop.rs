//! This crate on a pipe: a request per line of JSON on stdin, an answer per line on stdout.
//!
//! `interop/` drives it from Node and Python, to exchange keys and tokens with what others wrote.
//!
//! ```console
//! $ echo '{"do":"thumbprint","key":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}' |
//!     cargo run -q -p gatewright-jose --example interop
//! {"thumbprint":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}
//! ```
#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{BufRead as _, Write as _},
};

use gatewright_jose::{
    Algorithm, Jwk, KeySet, PayloadPolicy, Policy, Rejection, SigningKey, UnixTime, VerifyingKey,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Request {
    /// The public form of a private key.
    Publish { key: Key, alg: Option<Named> },
    /// A token of these claims, or of this payload.
    Sign {
        key: Key,
        alg: Option<Named>,
        kid: Option<String>,
        typ: Option<String>,
        claims: Option<Map<String, Value>>,
        payload: Option<String>,
    },
    /// The RFC 7638 thumbprint.
    Thumbprint { key: Box<Jwk> },
    /// The claims of a token, under a policy that expects all that is named.
    Verify {
        token: String,
        keys: Keys,
        alg: Named,
        typ: Option<String>,
        issuer: String,
        audience: String,
        now: i64,
    },
    /// The payload of a JWS.
    VerifyPayload { token: String, keys: Keys, alg: Named },
}

/// A key as PEM, or as a JWK.
#[derive(Deserialize)]
#[serde(untagged)]
enum Key {
    Pem(String),
    Jwk(Box<Jwk>),
}

/// One key, or what a JWKS address serves.
#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    Set { keys: Vec<Value> },
    One(Key),
}

/// Read from its name.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Named(Algorithm);

impl TryFrom<String> for Named {
    type Error = gatewright_jose::UnknownAlgorithm;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse().map(Self)
    }
}

impl Key {
    fn signing(&self, alg: Option<Named>) -> Result<SigningKey, Box<dyn Error>> {
        Ok(match self {
            Self::Pem(text) => SigningKey::from_pem(text, alg.map(|alg| alg.0))?,
            Self::Jwk(jwk) => SigningKey::from_jwk(&bound(jwk, alg))?,
        })
    }

    fn verifying(&self, alg: Named) -> Result<VerifyingKey, Box<dyn Error>> {
        Ok(match self {
            Self::Pem(text) => VerifyingKey::from_pem(text, Some(alg.0))?,
            Self::Jwk(jwk) => VerifyingKey::from_jwk(&bound(jwk, Some(alg)))?,
        })
    }
}

/// A key that names no algorithm is for the one of the request.
fn bound(jwk: &Jwk, alg: Option<Named>) -> Jwk {
    let alg = jwk.alg.clone().or_else(|| alg.map(|alg| alg.0.to_string()));
    Jwk { alg, ..jwk.clone() }
}

impl Keys {
    fn read(&self, alg: Named) -> Result<KeySet, Box<dyn Error>> {
        Ok(match self {
            Self::Set { keys } => {
                KeySet::from_jwk_set_json(json!({ "keys": keys }).to_string().as_bytes())?
            }
            Self::One(key) => KeySet::from(key.verifying(alg)?),
        })
    }
}

fn answer(line: &str) -> Result<Value, Box<dyn Error>> {
    let request: Request = serde_json::from_str(line)?;
    Ok(match request {
        Request::Publish { key, alg } => {
            json!({ "key": key.signing(alg)?.public_jwk().ok_or("a secret has no public form")? })
        }
        Request::Sign { key, alg, kid, typ, claims, payload } => {
            let mut key = key.signing(alg)?;
            if let Some(kid) = kid {
                key = key.with_key_id(kid);
            }
            if let Some(typ) = typ {
                key = key.with_token_type(typ);
            }
            let token = match (claims, payload) {
                (Some(claims), None) => key.sign(&claims)?,
                (None, Some(payload)) => key.sign_payload(payload.as_bytes())?,
                _ => return Err("either claims or a payload".into()),
            };
            json!({ "token": token })
        }
        Request::Thumbprint { key } => json!({ "thumbprint": key.thumbprint()? }),
        Request::Verify { token, keys, alg, typ, issuer, audience, now } => {
            let mut policy =
                Policy::builder().issuer(issuer).audience(audience).algorithms([alg.0]);
            if let Some(typ) = typ {
                policy = policy.token_type(typ);
            }
            let (policy, keys) = (policy.build(), keys.read(alg)?);
            match policy.verify::<Map<String, Value>>(&token, &keys, UnixTime::new(now)) {
                Ok(verified) => json!({ "claims": verified.claims() }),
                Err(rejection) => refused(rejection),
            }
        }
        Request::VerifyPayload { token, keys, alg } => {
            match PayloadPolicy::new([alg.0]).verify(&token, &keys.read(alg)?) {
                Ok(payload) => json!({ "payload": String::from_utf8_lossy(payload.as_bytes()) }),
                Err(rejection) => refused(rejection),
            }
        }
    })
}

fn refused(rejection: Rejection) -> Value {
    json!({ "rejection": rejection.code() })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}
