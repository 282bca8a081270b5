//! What the header and the claims set have in common: JSON objects read member by member.

mod scanner;

use std::{borrow::Cow, collections::HashSet};

pub(crate) use scanner::{Fault, Scanner, Value};

/// How many names are compared one by one before a hash set takes over.
const FEW: usize = 16;

/// The member names seen so far. RFC 7519 §4 demands that they are unique, and a parser that takes
/// the first reads another token than one that takes the last.
pub(crate) struct Names<'a> {
    /// What nearly every object consists of: few names without escapes. It needs no allocation.
    few: [&'a str; FEW],
    count: usize,
    /// Made when it is needed: an empty one is not for nothing either.
    others: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new() -> Self {
        Self { few: [""; FEW], count: 0, others: None }
    }

    /// Whether the name was there.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.few.iter().take(self.count).any(|seen| *seen == name)
            || self.others.as_ref().is_some_and(|others| others.contains(name))
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
                !self.others.as_ref().is_some_and(|others| others.contains(*name))
            }
            _ => self.others.get_or_insert_default().insert(name),
        }
    }
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
}
