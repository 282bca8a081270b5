//! Files of variables (`.env`): read as the common readers do, written so that each reads the same.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A variable that a file sets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) value: String,
    /// What readers of such files do not agree about, or what is easily overlooked.
    pub(crate) doubts: Vec<&'static str>,
}

const TWICE: &str = "the file sets it more than once; the last line counts, for most readers";
const HASH: &str = "it has a # outside quotes: some readers take what follows for a comment";
const DOLLAR: &str = "it has a $: some readers put a variable in its place";
const BACKSLASH: &str = "it has a backslash: readers differ in what it means";
const OPEN_QUOTE: &str = "its quotation marks do not close on the line";
const CR: &str = "the line ends as on Windows (CR LF): some readers keep the CR";

/// The last setting of a variable in a file's text.
pub(crate) fn find(text: &str, name: &str) -> Option<Setting> {
    let mut settings: Vec<Setting> =
        text.split('\n').filter_map(|line| value_of(line, name)).map(parse).collect();
    let mut last = settings.pop()?;
    if !settings.is_empty() {
        last.doubts.push(TWICE);
    }
    Some(last)
}

/// What follows `NAME=`, if the line sets it.
fn value_of<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    line.strip_prefix(name)?.trim_start().strip_prefix('=')
}

fn parse(raw: &str) -> Setting {
    let mut doubts = Vec::new();
    if raw.ends_with('\r') {
        doubts.push(CR);
    }
    let raw = raw.trim();
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let value = match quote {
        Some(quote) => {
            let closed = raw.get(1..).and_then(|rest| rest.split_once(quote));
            if closed.is_none() {
                doubts.push(OPEN_QUOTE);
            }
            closed.map_or(raw, |(value, _comment)| value)
        }
        None => match raw.find('#') {
            Some(at) => {
                doubts.push(HASH);
                let is_comment = at == 0
                    || raw.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace));
                if is_comment { raw.get(..at).unwrap_or_default().trim_end() } else { raw }
            }
            None => raw,
        },
    };
    if value.contains('$') && quote != Some('\'') {
        doubts.push(DOLLAR);
    }
    if value.contains('\\') {
        doubts.push(BACKSLASH);
    }
    // `VALUE # comment` is understood alike by all.
    if quote.is_none() && !value.contains('#') && raw.contains(" #") {
        doubts.retain(|doubt| *doubt != HASH);
    }
    Setting { value: value.to_owned(), doubts }
}

/// What became of a variable that was to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Appended,
    Created,
    Replaced,
}

/// Why it was not set.
#[derive(Debug)]
pub(crate) enum SetError {
    /// The file has a value already, and it was not to be replaced.
    HasValue,
    Io(io::Error),
}

impl From<io::Error> for SetError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Sets a variable to a value that needs no quotes. The file is replaced as a whole, so that nobody
/// reads half of it, and can then be read by its owner alone.
pub(crate) fn set(
    path: &Path,
    name: &str,
    value: &str,
    may_replace: bool,
) -> Result<Change, SetError> {
    // A link stays a link: what it leads to is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let (text, change) = match &before {
        None => (format!("{name}={value}\n"), Change::Created),
        Some(text) => {
            let is_set = find(text, name).is_some();
            let has_value = text
                .split('\n')
                .filter_map(|line| value_of(line, name))
                .any(|raw| !parse(raw).value.is_empty());
            if has_value && !may_replace {
                return Err(SetError::HasValue);
            }
            if is_set {
                (
                    replaced(text, name, value),
                    if has_value { Change::Replaced } else { Change::Appended },
                )
            } else {
                let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                (format!("{text}{end}{name}={value}\n"), Change::Appended)
            }
        }
    };
    write(path, &text, before.is_none())?;
    Ok(change)
}

/// The text with the last line that sets the variable changed, and the others that do taken away.
fn replaced(text: &str, name: &str, value: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let last = lines.iter().rposition(|line| value_of(line, name).is_some());
    let lines =
        lines.into_iter().enumerate().filter_map(|(number, line)| match value_of(line, name) {
            None => Some(line.to_owned()),
            Some(_) if Some(number) != last => None,
            Some(_) => {
                let export = if line.trim_start().starts_with("export ") { "export " } else { "" };
                Some(format!("{export}{name}={value}"))
            }
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn write(path: &Path, text: &str, is_new: bool) -> io::Result<()> {
    let mut draft_name = path.file_name().unwrap_or_default().to_owned();
    draft_name.push(format!(".{}.draft", std::process::id()));
    let draft = path.with_file_name(draft_name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // One that somebody else has made meanwhile is not lost.
        if is_new { fs::hard_link(&draft, path) } else { fs::rename(&draft, path) }
    });
    // After a rename there is none any more.
    let _ = fs::remove_file(&draft);
    written
}

/// Whether others on this machine may read the file.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

/// Whether others on this machine may read the file: elsewhere than on Unix nobody can say.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_path: &Path) -> bool {
    false
}

/// Whether git would take the file into a repository; `None` where there is no repository, or no git.
pub(crate) fn is_ignored_by_git(path: &Path) -> Option<bool> {
    let name = path.file_name()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    // Without the monitor, which a repository's own configuration could make any program.
    let status = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "check-ignore", "--quiet", "--"])
        .arg(name)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status.ok()?.code()? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_read_as_the_common_readers_do() {
        for (line, value, doubts) in [
            ("S=abc", "abc", &[][..]),
            ("export S = abc ", "abc", &[]),
            ("S='a b # c'", "a b # c", &[]),
            ("S=\"abc\" # why", "abc", &[]),
            ("S=abc # why", "abc", &[]),
            ("S=abc#def", "abc#def", &[HASH]),
            ("S=\"abc", "\"abc", &[OPEN_QUOTE]),
            ("S=abc\r", "abc", &[CR]),
            ("S=a$b", "a$b", &[DOLLAR]),
            ("S='a$b'", "a$b", &[]),
            ("S=a\\n", "a\\n", &[BACKSLASH]),
            ("S=", "", &[]),
        ] {
            let setting = Setting { value: value.to_owned(), doubts: doubts.to_vec() };
            assert_eq!(find(line, "S"), Some(setting), "{line}");
        }
        for text in ["", "#S=abc", "SS=abc", "A=S=abc", "S"] {
            assert_eq!(find(text, "S"), None, "{text}");
        }
        let twice = find("S=a\nA=x\nS=b\n", "S").unwrap();
        assert_eq!((&*twice.value, &*twice.doubts), ("b", &[TWICE][..]));
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_whatever_stood_there(
            lines in prop::collection::vec("(export )?(S|T|#S)? ?=?[\"'a-c#\\\\$\r ]{0,6}", 0..6),
            value in "[0-9a-zA-Z_-]{1,8}",
        ) {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(".env");
            let before = lines.join("\n");
            fs::write(&path, &before).unwrap();
            set(&path, "S", &value, true).unwrap();
            let after = fs::read_to_string(&path).unwrap();
            let read = Setting { value, doubts: Vec::new() };
            prop_assert_eq!(find(&after, "S"), Some(read));
            let others = |text: &str| -> Vec<String> {
                let lines = text.split('\n').filter(|line| value_of(line, "S").is_none());
                lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
            };
            prop_assert_eq!(others(&after), others(&before));
        }
    }

    #[test]
    fn a_replaced_value_leaves_the_rest_as_it_is() {
        assert_eq!(replaced("# top\nS=a\n\nexport S=b\nA=c", "S", "n"), "# top\n\nexport S=n\nA=c");
        assert_eq!(replaced("S=\n", "S", "n"), "S=n\n");
    }
}
