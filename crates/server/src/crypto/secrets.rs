//! Secrets that take turns: the newest signs and encrypts, older ones still read.
//!
//! Upstream: `src/context/secret-utils.ts`, and the envelopes of `src/crypto/index.ts`.

use super::{DecryptError, Random, Secret};

/// What comes before the version of the secret that a value was encrypted with.
const ENVELOPE: &str = "$ba$";

/// Which version the current secret is, and the secrets of before (`BETTER_AUTH_SECRETS`).
#[derive(Clone, Debug)]
pub struct SecretRotation {
    version: u32,
    older: Vec<(u32, Secret)>,
    unversioned: Option<Secret>,
}

/// The versions of secrets don't fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two secrets have the version {0}")]
pub struct SameVersion(pub u32);

impl SecretRotation {
    /// The current secret's version, and the older secrets with theirs. `unversioned` is the one
    /// from before secrets had versions (`BETTER_AUTH_SECRET`).
    pub fn new(
        version: u32,
        older: Vec<(u32, Secret)>,
        unversioned: Option<Secret>,
    ) -> Result<Self, SameVersion> {
        let mut seen = vec![version];
        for (version, _) in &older {
            if seen.contains(version) {
                return Err(SameVersion(*version));
            }
            seen.push(*version);
        }
        Ok(Self { version, older, unversioned })
    }
}

/// The current secret and those of before. Signatures are the current one's alone.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    current: Secret,
    rotation: Option<SecretRotation>,
}

impl Secrets {
    pub(crate) fn new(current: Secret, rotation: Option<SecretRotation>) -> Self {
        Self { current, rotation }
    }

    /// The one that signs.
    pub(crate) fn current(&self) -> &Secret {
        &self.current
    }

    /// [`Secret::encrypt`] with the current secret; says its version where there are several.
    pub(crate) fn encrypt(&self, text: &str, random: &Random) -> Result<String, DecryptError> {
        let hex = self.current.encrypt(text, random)?;
        Ok(match &self.rotation {
            Some(rotation) => format!("{ENVELOPE}{}${hex}", rotation.version),
            None => hex,
        })
    }

    /// Reads what [`Secrets::encrypt`] wrote, with the secret of then.
    pub(crate) fn decrypt(&self, stored: &str) -> Result<String, DecryptError> {
        let versioned = stored.strip_prefix(ENVELOPE).and_then(|rest| rest.split_once('$'));
        let Some((version, hex)) = versioned else {
            return match &self.rotation {
                None => self.current.decrypt(stored),
                Some(SecretRotation { unversioned: Some(secret), .. }) => secret.decrypt(stored),
                Some(_) => Err(DecryptError::Unversioned),
            };
        };
        let version = version.parse().map_err(|_no_version| DecryptError::Unreadable)?;
        self.versioned(version).ok_or(DecryptError::NoSuchVersion(version))?.decrypt(hex)
    }

    fn versioned(&self, version: u32) -> Option<&Secret> {
        let rotation = self.rotation.as_ref()?;
        if version == rotation.version {
            return Some(&self.current);
        }
        let found = rotation.older.iter().find(|(other, _)| *other == version);
        found.map(|(_, secret)| secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(letter: &str) -> Secret {
        Secret::new(&letter.repeat(32)).unwrap()
    }

    fn rotated(version: u32, older: &[(u32, &str)], unversioned: Option<&str>) -> SecretRotation {
        let older = older.iter().map(|(version, letter)| (*version, secret(letter))).collect();
        SecretRotation::new(version, older, unversioned.map(secret)).unwrap()
    }

    #[test]
    fn what_a_secret_wrote_is_read_as_long_as_its_version_is_listed() {
        let random = Random::system();
        let first = Secrets::new(secret("a"), Some(rotated(1, &[], None)));
        let stored = first.encrypt("text", &random).unwrap();
        assert!(stored.starts_with("$ba$1$"), "{stored}");

        let second = Secrets::new(secret("b"), Some(rotated(2, &[(1, "a")], None)));
        assert_eq!(second.decrypt(&stored).unwrap(), "text");
        let newer = second.encrypt("text", &random).unwrap();
        assert!(newer.starts_with("$ba$2$"), "{newer}");
        assert_eq!(first.decrypt(&newer), Err(DecryptError::NoSuchVersion(2)));

        let without = Secrets::new(secret("b"), Some(rotated(2, &[], None)));
        assert_eq!(without.decrypt(&stored), Err(DecryptError::NoSuchVersion(1)));
        let other = Secrets::new(secret("b"), Some(rotated(2, &[(1, "c")], None)));
        assert_eq!(other.decrypt(&stored), Err(DecryptError::Unreadable));
    }

    #[test]
    fn what_was_written_before_there_were_versions_is_the_unversioned_secrets() {
        let random = Random::system();
        let stored = Secrets::new(secret("a"), None).encrypt("text", &random).unwrap();
        assert!(!stored.contains('$'));
        let with = Secrets::new(secret("b"), Some(rotated(2, &[], Some("a"))));
        assert_eq!(with.decrypt(&stored).unwrap(), "text");
        // As upstream: that the same secret is listed with a version does not count.
        let without = Secrets::new(secret("b"), Some(rotated(2, &[(1, "a")], None)));
        assert_eq!(without.decrypt(&stored), Err(DecryptError::Unversioned));
    }

    #[test]
    fn envelopes_that_are_none_are_unreadable() {
        let secrets = Secrets::new(secret("a"), Some(rotated(1, &[], Some("a"))));
        for broken in ["$ba$", "$ba$1", "$ba$1$", "$ba$1$zz", "$ba$-1$00", "$ba$x$00", "$ba$$00"] {
            assert_eq!(secrets.decrypt(broken), Err(DecryptError::Unreadable), "{broken}");
        }
        let alone = Secrets::new(secret("a"), None);
        assert_eq!(alone.decrypt("$ba$1$00"), Err(DecryptError::NoSuchVersion(1)));
    }

    #[test]
    fn a_version_is_one_secrets_alone() {
        let older = || vec![(1, secret("a")), (1, secret("b"))];
        assert_eq!(SecretRotation::new(2, older(), None).unwrap_err(), SameVersion(1));
        assert_eq!(
            SecretRotation::new(1, vec![(1, secret("a"))], None).unwrap_err(),
            SameVersion(1)
        );
    }

    #[test]
    fn nothing_of_a_secret_shows() {
        let secrets = Secrets::new(secret("q"), Some(rotated(1, &[(0, "q")], Some("q"))));
        assert!(!format!("{secrets:?}").contains("qq"));
    }
}
