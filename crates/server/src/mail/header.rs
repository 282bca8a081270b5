//! Texts in a mail's head: nothing in them can end a line, and all of them is ASCII (RFC 2047).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of an encoded word's text: 60 characters of base64, and 75 with what stands around them.
const WORD_BYTES: usize = 45;

/// Characters of a line that need no folding (RFC 5322 §2.1.1), less the longest of our names.
const MOST_PLAIN_CHARACTERS: usize = 78 - "Subject: ".len();

/// Any text, as it may stand after `Subject: `.
pub(super) fn text(text: &str) -> String {
    let text = without_control(text);
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.len() <= MOST_PLAIN_CHARACTERS
        // It would be read as an encoded word.
        && !text.contains("=?");
    if is_plain { text } else { encoded(&text) }
}

/// A name, as it may stand before an address.
pub(super) fn phrase(name: &str) -> String {
    let name = without_control(name);
    let is_plain = name.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && name.len() <= MOST_PLAIN_CHARACTERS
        && !name.contains("=?");
    if !is_plain {
        return encoded(&name);
    }
    let quoted = name.chars().fold(String::with_capacity(name.len() + 2), |mut quoted, c| {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
        quoted
    });
    format!("\"{quoted}\"")
}

/// The text on one line: control characters, line ends of Unicode too, become spaces.
pub(super) fn without_control(text: &str) -> String {
    let is_line_end = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if is_line_end(c) { ' ' } else { c }).collect()
}

/// Encoded words, a line each. No character is cut in two.
fn encoded(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    words.collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(header: &str) -> String {
        let words = header.split("\r\n ").map(|word| {
            let word = word.strip_prefix("=?utf-8?B?").and_then(|word| word.strip_suffix("?="));
            String::from_utf8(STANDARD.decode(word.unwrap()).unwrap()).unwrap()
        });
        words.collect()
    }

    #[test]
    fn plain_texts_stay_as_they_are() {
        assert_eq!(text("Reset your password"), "Reset your password");
        assert_eq!(phrase("Ada, \"the\" \\ first"), "\"Ada, \\\"the\\\" \\\\ first\"");
    }

    #[test]
    fn other_texts_become_words_that_say_the_same() {
        for original in [
            "Grüße",
            "日本語のとても長い件名がここにあります、折り返しが必要です",
            "=?utf-8?B?eA==?=",
            &"x".repeat(300),
        ] {
            for header in [text(original), phrase(original)] {
                assert!(header.split("\r\n ").all(|word| word.len() <= 75), "{header}");
                assert!(header.is_ascii(), "{header}");
                assert_eq!(decoded(&header), original);
            }
        }
    }

    #[test]
    fn no_text_can_end_a_line() {
        for evil in
            ["a\r\nBcc: eve@b.co", "a\nBcc: e", "a\rb", "ä\r\n\r\nbody", "a\u{85}b\u{2028}c\0"]
        {
            for header in [text(evil), phrase(evil)] {
                // What remains are our own folds.
                let unfolded = header.replace("\r\n ", "");
                assert!(!unfolded.contains(['\r', '\n', '\0']), "{header:?}");
                assert!(!header.to_lowercase().contains("\nbcc"), "{header:?}");
            }
        }
    }
}
