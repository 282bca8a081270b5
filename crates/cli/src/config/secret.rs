//! Where the secret comes from: the environment, a file, or, for development, one made here.

mod list;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gatewright_server::{Random, Secret, SecretRotation};

use crate::environment::Environment;

/// In the working directory: beside the database, and ignored by git.
const DIRECTORY: &str = ".gatewright";

/// Where the secret lies. It is shown; the secret is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretSource {
    /// The variable of this name.
    Environment(&'static str),
    /// The file named in the configuration.
    File(PathBuf),
    /// The file made for development.
    Development(PathBuf),
    /// A list there, of so many secrets; the first has this version, and is the current one.
    List { of: Box<Self>, count: usize, version: u32 },
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "from {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Development(path) => write!(f, "{} (made for development)", path.display()),
            Self::List { of, count: 1, version } => write!(f, "{of}, version {version}"),
            Self::List { of, count, version } => {
                write!(f, "{of}, version {version} of {count}")
            }
        }
    }
}

/// Where secrets may lie.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) environment: &'a Environment,
    /// `secret_file`
    pub(super) file: Option<&'a Path>,
    /// `secrets_file`
    pub(super) list_file: Option<&'a Path>,
    pub(super) is_loopback: bool,
}

/// The secret, those of before, and where they were found.
pub(super) struct Found {
    pub(super) secret: Secret,
    pub(super) rotation: Option<SecretRotation>,
    pub(super) source: SecretSource,
}

impl Found {
    fn alone(text: &str, source: SecretSource) -> anyhow::Result<Self> {
        Ok(Self { secret: usable(text, &source)?, rotation: None, source })
    }
}

/// The secret, and where it was found. One is made for a loopback address alone.
pub(super) fn find(places: &Places<'_>, random: &Random) -> anyhow::Result<Found> {
    if let Some(found) = look(places)? {
        return Ok(found);
    }
    let path = development_path();
    let text = development(&path, random)?;
    Found::alone(&text, SecretSource::Development(path))
}

/// The secret that there is; `None` where one is made at the first start. Nothing is written.
pub(super) fn look(places: &Places<'_>) -> anyhow::Result<Option<Found>> {
    let single = single(places)?;
    if let Some((text, source)) = list(places)? {
        return list::read(&text, source, single).map(Some);
    }
    let development = development_path();
    let (text, source) = if let Some(found) = single {
        found
    } else if !places.is_loopback {
        bail!(
            "there is no secret: set BETTER_AUTH_SECRET to 32 or more random characters, say the \
             output of `openssl rand -hex 32`, or secret_file to a file that holds them. Only a \
             server on a loopback address makes one by itself"
        );
    } else if development.exists() {
        (read(&development)?, SecretSource::Development(development))
    } else {
        return Ok(None);
    };
    Found::alone(&text, source).map(Some)
}

/// The one secret that was configured. Beside a list it is the one from before there was a list.
fn single(places: &Places<'_>) -> anyhow::Result<Option<(String, SecretSource)>> {
    let in_environment = ["BETTER_AUTH_SECRET", "AUTH_SECRET"].into_iter().find_map(|name| {
        let text = places.environment.get(name)?;
        Some((text.to_owned(), SecretSource::Environment(name)))
    });
    if in_environment.is_some() {
        return Ok(in_environment);
    }
    let from_file = |path: &Path| Ok((read(path)?, SecretSource::File(path.to_owned())));
    places.file.map(from_file).transpose()
}

fn list(places: &Places<'_>) -> anyhow::Result<Option<(String, SecretSource)>> {
    const NAME: &str = "BETTER_AUTH_SECRETS";
    if let Some(text) = places.environment.get(NAME) {
        return Ok(Some((text.to_owned(), SecretSource::Environment(NAME))));
    }
    let from_file = |path: &Path| Ok((read(path)?, SecretSource::File(path.to_owned())));
    places.list_file.map(from_file).transpose()
}

fn usable(text: &str, source: &SecretSource) -> anyhow::Result<Secret> {
    Secret::new(text).with_context(|| {
        format!(
            "the secret ({source}) cannot be used; make another one, say with \
             `openssl rand -hex 32`"
        )
    })
}

fn development_path() -> PathBuf {
    Path::new(DIRECTORY).join("secret")
}

fn read(path: &Path) -> anyhow::Result<String> {
    text_in(path).with_context(|| format!("cannot read the secret in {}", path.display()))
}

/// What a file holds, without its last line end.
fn text_in(path: &Path) -> std::io::Result<String> {
    Ok(fs::read_to_string(path)?.trim_end_matches(['\r', '\n']).to_owned())
}

/// The password in the file that `key` names.
pub(super) fn password(path: &Path, key: &str) -> anyhow::Result<String> {
    let password =
        text_in(path).with_context(|| format!("{key}: cannot read {}", path.display()))?;
    if password.is_empty() {
        bail!("{key}: {} is empty", path.display());
    }
    Ok(password)
}

/// The secret of earlier starts, or a new one.
fn development(path: &Path, random: &Random) -> anyhow::Result<String> {
    let made = make(path, random);
    match made {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "cannot keep a secret in {}; set BETTER_AUTH_SECRET instead",
                    path.display()
                )
            });
        }
    }
    read(path)
}

/// Written elsewhere and linked into place, so that no other start ever reads half a secret.
fn make(path: &Path, random: &Random) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let directory = Path::new(DIRECTORY);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    fs::write(directory.join(".gitignore"), "*\n")?;

    let draft = directory.join(format!("secret.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", Secret::generate(random))?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked
}
