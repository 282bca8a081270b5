//! Several secrets that take turns: `2:newsecret,1:oldsecret`, on one line or on several. Upstream:
//! `src/context/secret-utils.ts`.

use anyhow::{Context, bail};
use gatewright_server::{Secret, SecretRotation};

use super::{Found, SecretSource, usable};

/// Secrets of a list, at most: each is tried on what does not say which it needs.
const MOST: usize = 16;

/// Reads a list; `single` is what was encrypted with before there was one. No error repeats any of
/// it: what stands before a colon may be a part of a secret too.
pub(super) fn read(
    text: &str,
    source: SecretSource,
    single: Option<(String, SecretSource)>,
) -> anyhow::Result<Found> {
    let entries = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let entries: Vec<&str> = entries.flat_map(|line| line.split(',')).collect();
    if entries.len() > MOST {
        bail!("the secrets ({source}) are {}, and may be {MOST}", entries.len());
    }
    let mut secrets = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = || format!("the secrets ({source}) cannot be used: entry {}", index + 1);
        secrets.push(entry_of(entry).with_context(place)?);
    }
    let count = secrets.len();
    let mut secrets = secrets.into_iter();
    let Some((version, secret)) = secrets.next() else {
        bail!("the secrets ({source}) are none");
    };
    let unversioned = single.map(|(text, source)| usable(&text, &source)).transpose()?;
    let rotation = SecretRotation::new(version, secrets.collect(), unversioned)
        .with_context(|| format!("the secrets ({source}) cannot be used"))?;
    let source = SecretSource::List { of: Box::new(source), count, version };
    Ok(Found { secret, rotation: Some(rotation), source })
}

fn entry_of(entry: &str) -> anyhow::Result<(u32, Secret)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = entry.trim().split_once(':').filter(|(version, _)| is_number(version));
    let (version, secret) = parts.context("it is not of the form VERSION:SECRET, like 2:…")?;
    let version = version.parse().context("its version is too large")?;
    Ok((version, Secret::new(secret.trim())?))
}
