//! What the header and the claims set have in common: JSON objects read member by member.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text that borrows from the input unless an escape forbids it. (serde's own `Cow` always owns.)
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// How many names are compared one by one before a hash set takes over.
const FEW: usize = 24;

/// The member names seen so far. RFC 7519 §4 demands that they are unique, and a parser that takes
/// the first reads another token than one that takes the last.
pub(crate) struct Names<'a> {
    /// What nearly every object consists of: few names without escapes. It needs no allocation.
    few: [&'a str; FEW],
    count: usize,
    others: HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new() -> Self {
        Self { few: [""; FEW], count: 0, others: HashSet::new() }
    }

    /// Whether the name was there.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.few.iter().take(self.count).any(|seen| *seen == name) || self.others.contains(name)
    }

    /// `false` if the name was there before.
    pub(crate) fn insert(&mut self, name: Cow<'a, str>) -> bool {
        if self.few.iter().take(self.count).any(|seen| **seen == *name) {
            return false;
        }
        match (self.few.get_mut(self.count), &name) {
            (Some(free), Cow::Borrowed(name)) => {
                *free = name;
                self.count += 1;
                !self.others.contains(*name)
            }
            _ => self.others.insert(name),
        }
    }
}

/// Whether arrays and objects nest deeper than `limit`.
///
/// serde skips what nobody asked for without a limit of its own. Counting brackets is enough for
/// almost every payload; only one with many of them is looked at closely.
pub(crate) fn nests_deeper_than(limit: usize, json: &str) -> bool {
    // A byte for a counter, and few enough bytes for it: the compiler then counts 16 at a time.
    let opening = json.as_bytes().chunks(255).fold(0_usize, |sum, chunk| {
        let count = chunk.iter().map(|byte| u8::from(*byte == b'{') + u8::from(*byte == b'['));
        sum + usize::from(count.fold(0_u8, u8::wrapping_add))
    });
    if opening <= limit {
        return false;
    }
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_however_many() {
        let mut names = Names::new();
        let texts: Vec<_> = (0..100).map(|i| i.to_string()).collect();
        // Every third has escapes, as it were.
        for (i, text) in texts.iter().enumerate() {
            let name = if i % 3 == 0 { Cow::Owned(text.clone()) } else { Cow::Borrowed(&**text) };
            assert!(names.insert(name));
        }
        for text in &texts {
            assert!(!names.insert(Cow::Owned(text.clone())));
            assert!(!names.insert(Cow::Borrowed(text)));
        }
    }

    #[test]
    fn depth_ignores_brackets_in_texts() {
        assert!(!nests_deeper_than(2, r#"{"a":"[[[[\"[[","b":[1],"c":[2],"d":[3]}"#));
        assert!(nests_deeper_than(2, r#"{"a":[[]]}"#));
        assert!(!nests_deeper_than(3, r#"{"a":[[]]}"#));
        assert!(nests_deeper_than(32, &"[".repeat(10_000)));
    }
}
