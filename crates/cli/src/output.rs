//! What commands print: results on stdout, everything else on stderr.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};

use anyhow::Context;
use gatewright_report::Palette;
use serde_json::Value;

use crate::Failure;

/// The result of a command. A reader that has seen enough may close the pipe.
pub(crate) fn result(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Internal(anyhow::Error::new(error).context("cannot write to stdout")))
        }
        _ => Ok(()),
    }
}

/// A result for programs.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    result(format!("{}\n", pretty(value)?).as_bytes())
}

/// JSON as people read it, with no character that a terminal would act on.
pub(crate) fn pretty(value: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value)
        .context("cannot write JSON")
        .map_err(Failure::Internal)?;
    // Line ends are the layout's own: within texts serde_json has escaped them.
    Ok(text.split('\n').map(printable).collect::<Vec<_>>().join("\n"))
}

/// Something to know, beside the result.
pub(crate) fn note(text: &str) {
    // Nobody can be told that stderr cannot be written.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Something to mend, beside the result.
pub(crate) fn warn(palette: Palette, text: &str) {
    note(&format!("{} {text}", palette.strong("warning:")));
}

/// Texts of strangers with every character escaped that moves a cursor, hides, or turns the
/// direction of writing. The escapes are those of JSON.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let acts = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        if acts {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A report for people: headings, lines of a name and a value, paragraphs.
pub(crate) struct Page {
    palette: Palette,
    text: String,
}

impl Page {
    pub(crate) fn new(palette: Palette) -> Self {
        Self { palette, text: String::new() }
    }

    /// A line by itself, as it is.
    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The name of what follows.
    pub(crate) fn heading(&mut self, text: &str) {
        let heading = self.palette.strong(text);
        self.line(&format!("\n{heading}"));
    }

    /// A name and its value, which may be a stranger's.
    pub(crate) fn entry(&mut self, name: &str, value: &str) {
        let name = self.palette.faint(format!("{name:<11}"));
        self.line(&format!("  {name} {}", printable(value)));
    }

    /// An entry, if there is a value.
    pub(crate) fn entry_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.entry(name, value);
        }
    }

    /// Text in paragraphs, wrapped and indented.
    pub(crate) fn prose(&mut self, text: &str) {
        const WIDTH: usize = 88;
        for paragraph in text.split("\n\n") {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                    self.line(&format!("  {line}"));
                    line.clear();
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            self.line(&format!("  {line}"));
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_move_no_cursor() {
        let escaped = printable("a\u{1b}[2J\u{9b}\u{202e}\n\u{7f}é\u{e0041}");
        assert_eq!(escaped, "a\\u001b[2J\\u009b\\u202e\\u000a\\u007fé\\udb40\\udc41");
        let value = serde_json::json!({ "a": "\u{9b}1m\n" });
        let Ok(text) = pretty(&value) else { panic!("JSON") };
        assert_eq!(text, "{\n  \"a\": \"\\u009b1m\\n\"\n}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn prose_is_wrapped_by_words() {
        let mut page = Page::new(Palette::new(false, false));
        page.prose(&format!("{}\n\nend", "word ".repeat(30)));
        let text = page.into_text();
        assert!(text.lines().all(|line| line.len() <= 90), "{text}");
        assert_eq!(text.lines().last(), Some("  end"));
        assert_eq!(text.matches("word").count(), 30);
    }
}
