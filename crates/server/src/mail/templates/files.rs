//! Texts of a team's own: `KIND.subject.txt`, `KIND.txt` and `KIND.html` in one directory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::super::Kind;
use super::template::{Flaw, Place, Template};

/// Bytes of a file, at most.
const MOST_BYTES: u64 = 64 * 1024;

/// Characters of a subject, at most.
const MOST_SUBJECT_CHARACTERS: usize = 200;

/// Files that are looked at, at most: somebody may name the wrong directory.
const MOST_FILES: usize = 1000;

const ENDINGS: [&str; 3] = [".subject.txt", ".txt", ".html"];

/// A template cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct TemplateError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// The three texts of a mail.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) subject: Template,
    pub(super) text: Template,
    pub(super) html: Template,
}

/// Reads and checks all that a directory holds: whoever has a text of their own for a mail has all
/// three, and a file that would never be used is a mistake in its name.
pub(super) fn read(directory: &Path) -> Result<Vec<(Kind, Texts)>, TemplateError> {
    let present = names(directory)?;
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let [subject, text, html] = ENDINGS.map(|ending| format!("{}{ending}", kind.name()));
        let missing = [&subject, &text, &html].into_iter().filter(|name| !present.contains(name));
        match missing.collect::<Vec<_>>().as_slice() {
            [] => {}
            [_, _, _] => continue,
            [missing, ..] => {
                let problem = format!(
                    "it is missing; a mail has {subject}, {text} and {html}, all three or none"
                );
                return Err(TemplateError { path: directory.join(missing), problem });
            }
        }
        let texts = Texts {
            subject: read_subject(&directory.join(subject))?,
            text: read_body(&directory.join(text))?,
            html: read_body(&directory.join(html))?,
        };
        all.push((kind, texts));
    }
    Ok(all)
}

/// The names of the templates in a directory, each of them one that is known.
fn names(directory: &Path) -> Result<Vec<String>, TemplateError> {
    let failed = |error: io::Error| TemplateError {
        path: directory.to_owned(),
        problem: format!("it cannot be read: {error}"),
    };
    let mut names = Vec::new();
    for (count, entry) in std::fs::read_dir(directory).map_err(failed)?.enumerate() {
        let entry = entry.map_err(failed)?;
        if count >= MOST_FILES {
            let problem = format!("it has more than {MOST_FILES} files: it is for templates alone");
            return Err(TemplateError { path: directory.to_owned(), problem });
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(kind) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else {
            continue;
        };
        // What an editor keeps beside the file.
        if name.starts_with('.') {
            continue;
        }
        if Kind::ALL.iter().all(|known| known.name() != kind) {
            let known = Kind::ALL.map(Kind::name).join(", ");
            let problem = format!("there is no such mail; there are {known}");
            return Err(TemplateError { path: entry.path(), problem });
        }
        names.push(name);
    }
    Ok(names)
}

/// One line, with a line end or without.
fn read_subject(path: &Path) -> Result<Template, TemplateError> {
    let text = read_text(path)?;
    let line = text.trim_end_matches('\n');
    if line.trim().is_empty()
        || line.chars().any(char::is_control)
        || line.chars().count() > MOST_SUBJECT_CHARACTERS
    {
        let problem =
            format!("a subject is one line of {MOST_SUBJECT_CHARACTERS} characters at most");
        return Err(TemplateError { path: path.to_owned(), problem });
    }
    parse(path, line.trim())
}

/// A text with the link in it: without, the mail would be of no use.
fn read_body(path: &Path) -> Result<Template, TemplateError> {
    let template = parse(path, &read_text(path)?)?;
    if template.has(Place::Url) {
        return Ok(template);
    }
    let problem = "it has no `{{ url }}`: nobody could do what the mail is about".to_owned();
    Err(TemplateError { path: path.to_owned(), problem })
}

fn parse(path: &Path, text: &str) -> Result<Template, TemplateError> {
    Template::parse(text).map_err(|Flaw { line, what }| TemplateError {
        path: path.to_owned(),
        problem: format!("line {line}: {what}"),
    })
}

/// The text of a file, with line ends of one kind.
fn read_text(path: &Path) -> Result<String, TemplateError> {
    let failed = |problem: String| TemplateError { path: path.to_owned(), problem };
    let mut text = String::new();
    let read = File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => failed("it is no text in UTF-8".to_owned()),
            _ => failed(format!("it cannot be read: {error}")),
        })?;
    if u64::try_from(read).is_ok_and(|read| read > MOST_BYTES) {
        return Err(failed(format!("it is longer than {MOST_BYTES} bytes")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const RESET: [(&str, &str); 3] = [
        ("reset-password.subject.txt", "A new password\n"),
        ("reset-password.txt", "{{ url }}\n"),
        ("reset-password.html", "<a href=\"{{ url }}\">x</a>\n"),
    ];

    /// The result for the three files, with one of them another.
    fn with(name: &str, text: Option<&[u8]>) -> Result<usize, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in RESET {
            fs::write(directory.path().join(name), text).unwrap();
        }
        match text {
            Some(text) => fs::write(directory.path().join(name), text).unwrap(),
            None => fs::remove_file(directory.path().join(name)).unwrap(),
        }
        let result = read(directory.path()).map(|all| all.len());
        result.map_err(|error| {
            assert!(error.path.starts_with(directory.path()), "{error}");
            error.to_string()
        })
    }

    #[test]
    fn the_three_texts_of_a_mail_are_read_and_what_is_no_template_is_left_alone() {
        assert_eq!(with("README.md", Some(b"{{ whatever }}")), Ok(1));
        assert_eq!(with(".reset-password.txt.swp", Some(b"x")), Ok(1));
        assert_eq!(with("reset-password.txt", Some(b"\xef\xbb\xbfa\r\n{{url}}\r\n")), Ok(1));
    }

    #[test]
    fn each_mistake_is_named_with_its_file() {
        let long = "x".repeat(65 * 1024);
        let wide = "x".repeat(201);
        for (name, text, expected) in [
            ("reset-password.html", None, "reset-password.html: it is missing; a mail has"),
            ("reset-password.subject.txt", None, "reset-password.subject.txt: it is missing"),
            (
                "reset-pasword.txt",
                Some("x"),
                "there is no such mail; there are delete-account, change-email-",
            ),
            (
                "reset-password.txt",
                Some("\n{{ link }}"),
                "line 2: there is no `{{ link }}`; there are url",
            ),
            ("reset-password.txt", Some("no link"), "it has no `{{ url }}`"),
            ("reset-password.html", Some("{{ url"), "line 1: `{{` is never closed"),
            ("reset-password.html", Some(long.as_str()), "longer than"),
            ("reset-password.subject.txt", Some("a\nb\n"), "a subject is one line"),
            ("reset-password.subject.txt", Some(" \n"), "a subject is one line"),
            ("reset-password.subject.txt", Some(wide.as_str()), "a subject is one line"),
        ] {
            let error = with(name, text.map(str::as_bytes)).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
        let error = with("reset-password.txt", Some(b"\xff{{ url }}")).unwrap_err();
        assert!(error.contains("no text in UTF-8"), "{error}");
        assert!(
            read(Path::new("no-such-directory"))
                .unwrap_err()
                .to_string()
                .contains("no-such-directory: it cannot be read")
        );
    }
}
