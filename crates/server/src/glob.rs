//! `*` and `?` in trusted origins. Upstream: `packages/better-auth/src/utils/wildcard.ts`.

/// A pattern in which `*` is any run of characters and `?` is one. In [`Glob::new`] neither crosses
/// `/` or `\`.
///
/// Matching takes at most pattern × text steps: the text comes from a stranger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    pattern: String,
    crosses: bool,
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), crosses: false }
    }

    /// Wildcards stand for slashes too.
    pub(crate) fn crossing(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), crosses: true }
    }

    pub(crate) fn text(&self) -> &str {
        &self.pattern
    }

    /// Whether the whole of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let is_wild = |c: char| self.crosses || !matches!(c, '/' | '\\');
        // `reached[i]`: the pattern read so far can match the first `i` characters.
        let text: Vec<char> = text.chars().collect();
        let mut reached = vec![false; text.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for token in self.pattern.chars() {
            let mut next = vec![false; text.len() + 1];
            if token == '*' {
                let mut running = false;
                for (i, slot) in next.iter_mut().enumerate() {
                    let crossed = i.checked_sub(1).and_then(|before| text.get(before));
                    running = (running && crossed.is_none_or(|c| is_wild(*c)))
                        || reached.get(i).copied().unwrap_or_default();
                    *slot = running;
                }
            } else {
                for ((slot, was), c) in next.iter_mut().skip(1).zip(&reached).zip(&text) {
                    *slot = *was && if token == '?' { is_wild(*c) } else { token == *c };
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn wildcards_match_runs_and_characters_but_no_separator() {
        for (pattern, text, matches) in [
            ("*.x.com", "a.x.com", true),
            ("*.x.com", "a.b.x.com", true),
            ("*.x.com", ".x.com", true),
            ("*.x.com", "x.com", false),
            ("*.x.com", "evil/a.x.com", false),
            ("https://*.x.com", "https://a.x.com", true),
            ("https://*.x.com", "https://a.x.com.evil", false),
            ("http://localhost:300?", "http://localhost:3001", true),
            ("http://localhost:300?", "http://localhost:300", false),
            ("http://localhost:*", "http://localhost:", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("*", "é", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), matches, "{pattern} {text}");
        }
    }
}
