//! The page that a browser sees where a link could not take it any further.
//!
//! Anybody can make a link to this page with any text in it. So the text is shown as text, marked as
//! what it is, and a strict policy keeps the page from doing anything, should that ever fail.

use std::fmt::Write;

/// Characters of a description, at most: a sentence or two.
const MOST_CHARACTERS: usize = 300;

/// What `error` must be made of to be shown, beside letters and digits.
const IN_CODES: [u8; 3] = *b"'_-";

/// Shown for a code that is none.
const UNKNOWN: &str = "UNKNOWN";

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em}\
code{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}";

/// What the page may do: be styled by [`STYLE`], whose SHA-256 stands here, and nothing else.
pub(crate) const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-FMGIbR0pik+uBZukXHiid4RuZj7ixlqvRUkt0UBYq44='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A code as it may be shown: upstream's are of these characters, and whatever is not is none.
pub(crate) fn shown_code(code: Option<&str>) -> &str {
    let is_shown = |c: u8| c.is_ascii_alphanumeric() || IN_CODES.contains(&c);
    code.filter(|code| !code.is_empty() && code.bytes().all(is_shown)).unwrap_or(UNKNOWN)
}

/// The whole page.
pub(crate) fn html(code: Option<&str>, description: Option<&str>) -> String {
    let code = shown_code(code);
    let description = description.map(|text| {
        let text: String = text.chars().take(MOST_CHARACTERS).collect();
        format!("<p>The link says: <q>{}</q></p>\n", escaped(&text))
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>Error</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>Something went wrong</h1>\n\
         <p>That did not work. Please go back and try it once more.</p>\n{}\
         <p>Code: <code>{}</code></p>\n</body>\n</html>\n",
        description.unwrap_or_default(),
        escaped(code),
    )
}

/// Text as it may stand in HTML, in quotes too.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        // Writing to a String cannot fail.
        let _ = match c {
            '&' | '<' | '>' | '"' | '\'' => write!(escaped, "&#{};", u32::from(c)),
            c if c.is_control() => write!(escaped, " "),
            c => write!(escaped, "{c}"),
        };
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_link_becomes_html() {
        let page = html(Some("<b>"), Some("</q><script>alert('1')</script>\" onload=\"\0&amp;"));
        assert!(page.contains("<code>UNKNOWN</code>"), "{page}");
        assert!(
            page.contains(
                "<q>&#60;/q&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;\
                 &#34; onload=&#34; &#38;amp;</q>"
            ),
            "{page}"
        );
        assert_eq!(page.matches('<').count(), html(None, Some("x")).matches('<').count());
    }

    #[test]
    fn a_description_is_a_sentence_and_no_letter() {
        let page = html(None, Some(&"ä".repeat(100_000)));
        assert_eq!(page.matches('ä').count(), MOST_CHARACTERS);
    }

    #[test]
    fn codes_are_shown_that_are_codes() {
        for code in ["INVALID_TOKEN", "state_not_found", "unable_to_link-account", "can't"] {
            assert_eq!(shown_code(Some(code)), code);
        }
        for code in [None, Some(""), Some("a b"), Some("<x>"), Some("é"), Some("a\n")] {
            assert_eq!(shown_code(code), "UNKNOWN", "{code:?}");
        }
    }
}
