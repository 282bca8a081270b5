//! Where keys come from, for verifying and for signing.

use anyhow::{anyhow, bail};
use gatewright_jose::{Algorithm, Jwk, KeyError, KeySet, SigningKey, VerifyingKey};
use gatewright_server::SecretFlaw;

use super::fetch;
use super::key_file::{KeyFile, explained};
use crate::args::token::{SignFlags, VerifyFlags};
use crate::input::Source;
use crate::output::printable;
use crate::{Failure, Surroundings};

/// What a token is verified with.
pub(super) struct VerifyingKeys {
    pub(super) set: KeySet,
    /// Where they come from, as it is shown.
    pub(super) source: String,
    /// What is wrong with the shared secret, if it is one.
    pub(super) flaws: Vec<SecretFlaw>,
    /// Entries of the source that were of no use.
    pub(super) skipped: usize,
}

/// The keys that exactly one of the flags names.
pub(super) fn verifying(
    flags: &VerifyFlags,
    around: &Surroundings<'_>,
) -> Result<VerifyingKeys, Failure> {
    if let Some(place) = &flags.jwks {
        return published(place, around);
    }
    let keys = match (&flags.key, &flags.secret_env) {
        (Some(file), _) => from_file(file, &flags.alg, around),
        (None, Some(name)) => from_secret(name, &flags.alg, around),
        (None, None) => Err(anyhow!("give a key: --jwks, --key or --secret-env")),
    };
    keys.map_err(Failure::Usage)
}

/// A JWK Set that an issuer publishes: entries with private parts are passed over.
fn published(place: &str, around: &Surroundings<'_>) -> Result<VerifyingKeys, Failure> {
    let (json, source) = if fetch::is_address(place) {
        (fetch::fetch(place)?, printable(place))
    } else {
        let source = Source::file(place);
        let json = around.inputs.bytes("key set", &source).map_err(Failure::Usage)?;
        (json, source.to_string())
    };
    let set = KeySet::from_jwk_set_json(&json)
        .map_err(|error| Failure::Usage(anyhow!(
            "{source}: {error}, which is a JSON object with `keys`; --key takes a single JWK, PEM and DER"
        )))?;
    if set.is_empty() {
        let skipped = set.skipped();
        return Err(Failure::Usage(anyhow!(
            "{source}: the key set has no key that can be used; {skipped} were passed over: of an \
             unknown kind, for encryption, or with a private part, which must not be published"
        )));
    }
    Ok(VerifyingKeys { skipped: set.skipped(), set, source, flaws: Vec::new() })
}

fn from_secret(
    name: &str,
    algorithms: &[Algorithm],
    around: &Surroundings<'_>,
) -> anyhow::Result<VerifyingKeys> {
    let source = Source::variable(name);
    let secret = around.inputs.text("secret", &source)?;
    let algorithms = if algorithms.is_empty() { &[Algorithm::HS256] } else { algorithms };
    let keys = for_each(algorithms, |algorithm| VerifyingKey::hmac(algorithm, secret.as_bytes()))
        .map_err(|(error, algorithm)| explained(error, &source, Some(algorithm)))?;
    let (source, flaws) = (source.to_string(), SecretFlaw::find(&secret));
    Ok(VerifyingKeys { set: keys.into_iter().collect(), source, flaws, skipped: 0 })
}

fn from_file(
    file: &str,
    algorithms: &[Algorithm],
    around: &Surroundings<'_>,
) -> anyhow::Result<VerifyingKeys> {
    let (file, source) = KeyFile::read(file, &around.inputs)?;
    let failed = |error| explained(error, &source, algorithms.first().copied());
    let (keys, skipped) = match file {
        KeyFile::Der(der) => {
            (for_any(algorithms, |algorithm| verifying_der(&der, algorithm)).map_err(failed)?, 0)
        }
        KeyFile::Jwk(jwk) => (verifying_jwk(&jwk, algorithms).map_err(failed)?, 0),
        KeyFile::JwkSet(entries) => {
            let (mut keys, mut first_error) = (Vec::new(), None);
            let mut skipped = 0;
            for entry in &entries {
                let entry = entry.as_ref().ok_or(KeyError::Malformed);
                match entry.and_then(|jwk| verifying_jwk(jwk, algorithms)) {
                    Ok(more) => keys.extend(more),
                    Err(error) => {
                        skipped += 1;
                        first_error.get_or_insert(error);
                    }
                }
            }
            if keys.is_empty() {
                return Err(match first_error {
                    Some(error) => failed(error).context("the key set has no key that can be used"),
                    None => anyhow!("{source}: the key set is empty"),
                });
            }
            (keys, skipped)
        }
        KeyFile::Pem(text) => {
            (for_any(algorithms, |algorithm| verifying_pem(&text, algorithm)).map_err(failed)?, 0)
        }
    };
    let source = source.to_string();
    Ok(VerifyingKeys { set: keys.into_iter().collect(), source, flaws: Vec::new(), skipped })
}

/// One key for each algorithm that fits: each is bound to one.
fn for_each<K>(
    algorithms: &[Algorithm],
    make: impl Fn(Algorithm) -> Result<K, KeyError>,
) -> Result<Vec<K>, (KeyError, Algorithm)> {
    let (mut keys, mut misfit) = (Vec::new(), None);
    for algorithm in algorithms {
        match make(*algorithm) {
            Ok(key) => keys.push(key),
            Err(KeyError::WrongAlgorithm) => misfit = Some(*algorithm),
            Err(error) => return Err((error, *algorithm)),
        }
    }
    match misfit {
        Some(algorithm) if keys.is_empty() => Err((KeyError::WrongAlgorithm, algorithm)),
        _ => Ok(keys),
    }
}

/// The same where the key may know its algorithm by itself.
fn for_any<K>(
    algorithms: &[Algorithm],
    make: impl Fn(Option<Algorithm>) -> Result<K, KeyError>,
) -> Result<Vec<K>, KeyError> {
    if algorithms.is_empty() {
        return Ok(vec![make(None)?]);
    }
    for_each(algorithms, |algorithm| make(Some(algorithm))).map_err(|(error, _)| error)
}

fn verifying_pem(text: &str, algorithm: Option<Algorithm>) -> Result<VerifyingKey, KeyError> {
    match VerifyingKey::from_pem(text, algorithm) {
        Err(KeyError::Private) => {
            SigningKey::from_pem(text, algorithm).map(|key| key.verifying_key())
        }
        result => result,
    }
}

fn verifying_der(der: &[u8], algorithm: Option<Algorithm>) -> Result<VerifyingKey, KeyError> {
    match VerifyingKey::from_der(der, algorithm) {
        Err(KeyError::Private) => {
            SigningKey::from_der(der, algorithm).map(|key| key.verifying_key())
        }
        result => result,
    }
}

/// A JWK that names no algorithm takes those that were asked for.
fn verifying_jwk(jwk: &Jwk, algorithms: &[Algorithm]) -> Result<Vec<VerifyingKey>, KeyError> {
    let make = |algorithm| {
        let jwk = with_algorithm(jwk, algorithm);
        // A private half is read, so that one that does not belong to the public one is noticed.
        let whole = jwk.d.is_some().then(|| SigningKey::from_jwk(&jwk));
        match whole {
            Some(Err(KeyError::NotForSignatures)) | None => VerifyingKey::from_jwk(&jwk),
            Some(key) => key.map(|key| key.verifying_key()),
        }
    };
    if jwk.alg.is_some() { Ok(vec![make(None)?]) } else { for_any(algorithms, make) }
}

fn with_algorithm(jwk: &Jwk, algorithm: Option<Algorithm>) -> Jwk {
    let named = jwk.alg.clone().or_else(|| Some(algorithm?.as_str().to_owned()));
    Jwk { alg: named, ..jwk.clone() }
}

/// The one key to sign with.
pub(super) fn signing(flags: &SignFlags, around: &Surroundings<'_>) -> anyhow::Result<SigningKey> {
    let key = match (&flags.key, &flags.secret_env) {
        (Some(file), _) => {
            let (file, source) = KeyFile::read(file, &around.inputs)?;
            let key = match file {
                KeyFile::Der(der) => SigningKey::from_der(&der, flags.alg),
                KeyFile::Jwk(jwk) => signing_jwk(&jwk, flags.alg),
                KeyFile::JwkSet(entries) => {
                    signing_jwk(chosen(&entries, flags.kid.as_deref(), &source)?, flags.alg)
                }
                KeyFile::Pem(text) => SigningKey::from_pem(&text, flags.alg),
            };
            key.map_err(|error| explained(error, &source, flags.alg))?
        }
        (None, Some(name)) => {
            let source = Source::variable(name);
            let secret = around.inputs.text("secret", &source)?;
            let algorithm = flags.alg.unwrap_or(Algorithm::HS256);
            SigningKey::hmac(algorithm, secret.as_bytes())
                .map_err(|error| explained(error, &source, Some(algorithm)))?
        }
        (None, None) => bail!("give a key: --key or --secret-env"),
    };
    Ok(match &flags.kid {
        Some(key_id) => key.with_key_id(key_id.as_str()),
        None => key,
    })
}

fn signing_jwk(jwk: &Jwk, algorithm: Option<Algorithm>) -> Result<SigningKey, KeyError> {
    if !jwk.has_private_part() {
        return Err(KeyError::Public);
    }
    if algorithm.is_some_and(|asked| jwk.alg.as_ref().is_some_and(|own| own != asked.as_str())) {
        return Err(KeyError::WrongAlgorithm);
    }
    SigningKey::from_jwk(&with_algorithm(jwk, algorithm))
}

/// The private key of the name, or the only one.
fn chosen<'s>(
    entries: &'s [Option<Jwk>],
    key_id: Option<&str>,
    source: &Source,
) -> anyhow::Result<&'s Jwk> {
    let private = || entries.iter().flatten().filter(|jwk| jwk.has_private_part());
    let mut fitting =
        private().filter(|jwk| key_id.is_none_or(|id| jwk.kid.as_deref() == Some(id)));
    match (fitting.next(), fitting.next()) {
        (Some(jwk), None) => Ok(jwk),
        (None, _) if private().next().is_none() => {
            bail!("{source}: the key set has public keys only, and a private one signs")
        }
        (found, _) => {
            let names = private().filter_map(|jwk| jwk.kid.as_deref()).map(printable);
            let names = names.collect::<Vec<_>>().join(", ");
            let problem = if found.is_some() { "several keys" } else { "no key of this name" };
            bail!("{source}: the key set has {problem}; choose with --kid: {names}")
        }
    }
}
