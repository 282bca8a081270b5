//! Where tokens, keys, claims and secrets are read from: stdin, a file or the environment. Bounded,
//! and never repeated in a message.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{IsTerminal, Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::environment::Environment;
use crate::output::printable;

/// More than any token, key, secret or file of variables has.
const MOST_BYTES: u64 = 1024 * 1024;

/// What has as many characters may be a secret or a token in the wrong place.
const LEAST_SECRET: usize = 32;

/// Where something is to be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The argument itself.
    Argument(String),
    /// The variable of this name.
    Environment(String),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl Source {
    /// `-`, `@FILE`, `env:NAME`, or the text itself.
    pub(crate) fn text(argument: &str) -> Self {
        match argument.strip_prefix('@') {
            Some(file) => Self::File(file.into()),
            None => Self::named(argument).unwrap_or_else(|| Self::Argument(argument.to_owned())),
        }
    }

    /// `-`, `env:NAME`, or the name of a file, with or without `@`.
    pub(crate) fn file(argument: &str) -> Self {
        let name = argument.strip_prefix('@').unwrap_or(argument);
        Self::named(argument).unwrap_or_else(|| Self::File(name.into()))
    }

    /// A variable.
    pub(crate) fn variable(name: &str) -> Self {
        Self::Environment(name.to_owned())
    }

    fn named(argument: &str) -> Option<Self> {
        match argument.strip_prefix("env:") {
            Some(name) => Some(Self::variable(name)),
            None => (argument == "-").then_some(Self::Stdin),
        }
    }
}

/// Says where, and never what. A name that is none may be a secret in the wrong place.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(_) => f.write_str("the command line"),
            Self::Environment(name) if is_variable_name(name) => f.write_str(name),
            Self::Environment(_) => f.write_str("a variable"),
            Self::File(path) => match path.to_str().filter(|path| is_like_a_path(path)) {
                Some(path) => f.write_str(&printable(path)),
                None => f.write_str("the file"),
            },
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// What commands read. Standard input can be read once.
pub(crate) struct Inputs<'e> {
    environment: &'e Environment,
    stdin_was_read: Cell<bool>,
}

impl<'e> Inputs<'e> {
    pub(crate) fn new(environment: &'e Environment) -> Self {
        Self { environment, stdin_was_read: Cell::new(false) }
    }

    /// All of it, as it is.
    pub(crate) fn bytes(&self, what: &str, source: &Source) -> anyhow::Result<Vec<u8>> {
        match source {
            Source::Argument(text) => Ok(text.clone().into_bytes()),
            Source::Environment(name) => Ok(self.variable(what, name)?.as_bytes().to_vec()),
            Source::File(path) => {
                let file = File::open(path).with_context(|| {
                    let hint = if is_like_a_path(&path.to_string_lossy()) {
                        ""
                    } else {
                        "; give a file, env:NAME, or - for stdin, so that no list of processes shows it"
                    };
                    format!("cannot open {source} for the {what}{hint}")
                })?;
                read(file).with_context(|| format!("cannot read the {what} from {source}"))
            }
            Source::Stdin => {
                if self.stdin_was_read.replace(true) {
                    bail!("stdin can be read once: take the {what} from a file or a variable");
                }
                let stdin = stdin();
                if stdin.is_terminal() {
                    crate::output::note(&format!("Paste the {what}, then press Enter and Ctrl-D."));
                }
                read(stdin.lock()).with_context(|| format!("cannot read the {what} from stdin"))
            }
        }
    }

    /// As text, every line of it.
    pub(crate) fn lines(&self, what: &str, source: &Source) -> anyhow::Result<String> {
        String::from_utf8(self.bytes(what, source)?)
            .map_err(|_| anyhow!("the {what} from {source} is no text in UTF-8"))
    }

    /// As text, and without the line end that files and pipes have and values don't.
    pub(crate) fn text(&self, what: &str, source: &Source) -> anyhow::Result<String> {
        let mut text = self.lines(what, source)?;
        if matches!(source, Source::File(_) | Source::Stdin) {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        Ok(text)
    }

    fn variable(&self, what: &str, name: &str) -> anyhow::Result<&str> {
        if !is_variable_name(name) {
            bail!(
                "for the {what}, give the name of a variable, like BETTER_AUTH_SECRET, and not its \
                 value: a list of processes shows it to others"
            );
        }
        self.environment.get(name).ok_or_else(|| {
            anyhow!(
                "{name} is not set, is empty, or is no text, and the {what} was to come from it"
            )
        })
    }
}

/// Whether it is the name of a variable, and not a secret that consists of letters and digits.
pub(crate) fn is_variable_name(name: &str) -> bool {
    let is_short = name.len() < LEAST_SECRET;
    let is_in_capitals = name.contains('_') && !name.contains(|c: char| c.is_ascii_lowercase());
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && (is_short || is_in_capitals)
}

/// Whether a name may be repeated: it is short or has the parts of a path, and is no key or token.
fn is_like_a_path(text: &str) -> bool {
    let last = Path::new(text).file_name().map_or(0, |name| name.to_string_lossy().chars().count());
    !text.contains(['\n', '{', '"']) && !text.contains("-----") && last < LEAST_SECRET
}

fn read(from: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!("it has more than {MOST_BYTES} bytes");
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart() {
        for (argument, as_text, as_file) in [
            ("-", Source::Stdin, Source::Stdin),
            ("@a", Source::File("a".into()), Source::File("a".into())),
            ("env:A", Source::variable("A"), Source::variable("A")),
            ("a.b.c", Source::Argument("a.b.c".into()), Source::File("a.b.c".into())),
        ] {
            assert_eq!((Source::text(argument), Source::file(argument)), (as_text, as_file));
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_named() {
        let secret = "q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK";
        for source in [
            Source::file(secret),
            Source::text(secret),
            Source::variable("not a name"),
            Source::variable(secret),
            Source::variable(&format!("{secret}_")),
            Source::file("{\"k\":\"q7Yx2\"}"),
            Source::file("-----BEGIN PRIVATE KEY-----\nq7Yx2"),
        ] {
            assert!(!source.to_string().contains("q7Yx2"), "{source}");
            assert!(!source.to_string().contains("not a"), "{source}");
        }
        assert_eq!(Source::file("keys/private.pem").to_string(), "keys/private.pem");
        let long = "THE_SHARED_SECRET_OF_THE_OTHER_SERVICE";
        assert_eq!(Source::variable(long).to_string(), long);
    }
}
