//! Key files: what form they are in, and what is wrong with those that are none.

use anyhow::{anyhow, bail};
use gatewright_jose::{Algorithm, Jwk, KeyError};
use serde_json::Value;

use crate::input::{Inputs, Source};

/// A key file's content, told apart by what it begins with.
pub(super) enum KeyFile {
    Der(Vec<u8>),
    Jwk(Box<Jwk>),
    /// An entry that could not be read at all is `None`.
    JwkSet(Vec<Option<Jwk>>),
    Pem(String),
}

impl KeyFile {
    pub(super) fn read(argument: &str, inputs: &Inputs<'_>) -> anyhow::Result<(Self, Source)> {
        let source = Source::file(argument);
        let bytes = inputs.bytes("key", &source)?;
        let file = Self::parse(bytes).map_err(|error| anyhow!("{source}: {error}"))?;
        Ok((file, source))
    }

    fn parse(bytes: Vec<u8>) -> anyhow::Result<Self> {
        // What every structure of DER begins with, in text the digit 0.
        let is_der = bytes.first() == Some(&0x30);
        let text = match String::from_utf8(bytes) {
            Ok(text) if !is_der => text,
            Ok(text) => return Ok(Self::Der(text.into_bytes())),
            Err(error) if is_der => return Ok(Self::Der(error.into_bytes())),
            Err(_) => bail!("it is no key: neither text nor DER"),
        };
        let start = text.trim_start_matches('\u{feff}').trim_start();
        if start.starts_with('{') {
            return Self::parse_json(start);
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            bail!(
                "it is a certificate; `openssl x509 -in FILE -pubkey -noout` writes its public key"
            );
        }
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") || start.starts_with("ssh-") {
            bail!("it is a key for ssh; `openssl genpkey -algorithm ed25519` makes one for tokens");
        }
        if text.contains("-----BEGIN ") {
            return Ok(Self::Pem(text));
        }
        bail!(
            "it is no key: neither JWK, JWK Set, PEM nor DER. A shared secret is given by \
             --secret-env"
        )
    }

    fn parse_json(text: &str) -> anyhow::Result<Self> {
        // The parser's own complaint may repeat what it read.
        let read = |value| serde_json::from_value::<Jwk>(value).ok();
        match serde_json::from_str(text) {
            Ok(Value::Object(mut members)) => match members.remove("keys") {
                Some(Value::Array(keys)) => Ok(Self::JwkSet(keys.into_iter().map(read).collect())),
                Some(_) => bail!("it is no JWK Set: `keys` is no list"),
                None if members.contains_key("kty") => read(Value::Object(members))
                    .map(|jwk| Self::Jwk(Box::new(jwk)))
                    .ok_or_else(|| anyhow!("it is no JWK: a member has the wrong type")),
                None => bail!("it is JSON, but no key: a JWK has `kty`, a JWK Set has `keys`"),
            },
            _ => bail!("it begins like JSON, but is not well formed"),
        }
    }
}

/// What is wrong with a key, and what to do.
pub(super) fn explained(
    error: KeyError,
    source: &Source,
    algorithm: Option<Algorithm>,
) -> anyhow::Error {
    let alg = algorithm.map_or("the algorithm", Algorithm::as_str);
    let remedy = match error {
        KeyError::SecretBlank | KeyError::SecretTooShort { .. } => {
            format!(
                "; `gatewright secret generate` makes one of 64 characters, which is enough for {alg}"
            )
        }
        KeyError::Unsupported => "; supported are RSA with 2048 to 8192 bits, EC on P-256, P-384 \
                                  and P-521, Ed25519, and `oct` with an `alg` (or --alg)"
            .to_owned(),
        KeyError::WrongAlgorithm => format!(": it cannot be used for {alg}; leave --alg out"),
        KeyError::Several => "; keep one in the file, or give a JWK Set".to_owned(),
        _ => String::new(),
    };
    anyhow!("the key from {source} cannot be used: {error}{remedy}")
}
