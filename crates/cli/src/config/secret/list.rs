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

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old-old-old-old-old-old-old-old-old";
    const NEW: &str = "new:new:new:new:new:new:new:new:new";

    fn list(text: &str) -> anyhow::Result<Found> {
        read(text, SecretSource::Environment("BETTER_AUTH_SECRETS"), None)
    }

    #[test]
    fn the_first_is_current_however_the_list_is_laid_out() {
        for (text, said) in [
            (format!("2:{NEW},1:{OLD}"), "version 2 of 2"),
            (format!(" 2:{NEW} , 1:{OLD} "), "version 2 of 2"),
            (format!("2:{NEW}\n1:{OLD}\n"), "version 2 of 2"),
            (format!("2: {NEW}\r\n\r\n1:{OLD}\r\n"), "version 2 of 2"),
            (format!("3:{NEW},7:{OLD}\n0:{OLD}"), "version 3 of 3"),
            (format!("1:{OLD}"), "version 1"),
        ] {
            let found = list(&text).unwrap_or_else(|error| panic!("{text:?}: {error:#}"));
            assert_eq!(found.source.to_string(), format!("from BETTER_AUTH_SECRETS, {said}"));
            assert!(found.rotation.is_some());
        }
    }

    #[test]
    fn what_is_no_list_is_refused_by_the_number_of_the_entry_and_never_repeated() {
        let good = format!("2:{NEW}");
        for (text, problem) in [
            (String::new(), "are none"),
            ("\n \n".to_owned(), "are none"),
            (OLD.to_owned(), "entry 1: it is not of the form VERSION:SECRET"),
            (format!(":{OLD}"), "entry 1: it is not of the form"),
            (format!("v2:{OLD}"), "entry 1: it is not of the form"),
            (format!("-1:{OLD}"), "entry 1: it is not of the form"),
            (format!("+1:{OLD}"), "entry 1: it is not of the form"),
            (format!("{good},{OLD}"), "entry 2: it is not of the form"),
            (format!("{good},"), "entry 2: it is not of the form"),
            (format!("4294967296:{OLD}"), "entry 1: its version is too large"),
            (format!("{good},1:hunter2"), "entry 2"),
            (format!("{good},1:"), "entry 2"),
            (format!("{good},2:{OLD}"), "cannot be used"),
            (vec![good.as_str(); MOST + 1].join(","), "may be 16"),
        ] {
            let Err(error) = list(&text) else { panic!("{text:?} is taken") };
            let said = format!("{error:#}");
            assert!(said.contains(problem), "{said}\nfor {text:?}");
            for secret in [OLD, NEW, "hunter2"] {
                assert!(!said.contains(secret), "{said}");
            }
        }
    }

    #[test]
    fn the_single_secret_beside_it_is_one_of_before_and_is_judged_too() {
        let source = || SecretSource::Environment("BETTER_AUTH_SECRETS");
        let single =
            |text: &str| Some((text.to_owned(), SecretSource::Environment("BETTER_AUTH_SECRET")));
        let found = read(&format!("2:{NEW}"), source(), single(OLD)).unwrap();
        assert_eq!(found.source.to_string(), "from BETTER_AUTH_SECRETS, version 2");
        let refused = read(&format!("2:{NEW}"), source(), single("short"));
        let Err(error) = refused else { panic!("a short secret is taken") };
        assert!(format!("{error:#}").contains("from BETTER_AUTH_SECRET)"), "{error:#}");
    }
}
