//! What is wrong with a secret: not only its length, but how it came to be and what was copied along.
//!
//! A secret that two services hold differently, or that anybody can guess, is the most common cause
//! of tokens that do not verify, or of forged ones that do. Nothing here repeats the secret.

use std::collections::BTreeSet;
use std::fmt;

use crate::crypto::SECRET_MIN_CHARACTERS;

/// Below this Better Auth warns: the number of different characters, to the power of the length, in
/// bits (upstream: context/secret-utils.ts).
const BETTER_AUTH_LEAST_BITS: f64 = 120.0;

/// Random hexadecimal digits of the least length have fewer different ones once in 10 million times.
const LEAST_DIFFERENT_CHARACTERS: usize = 8;

/// Characters whose order is judged; the effort grows with the square of their number.
const MOST_JUDGED: usize = 1024;

/// So many random digits are hard to guess, whatever stands before them.
const MANY_DIGITS: usize = 20;

/// What templates, tutorials and people in a hurry make secrets of, in lower case, letters alone. No
/// word has fewer than two letters, so that random text does not fall apart into them.
const WORDS: &str = "\
     abc abcdef access admin an and api app as at auth base better bytes change changed \
     changeit changeme character characters chars code default demo dev development do dummy \
     enter env example fake fixme for foo bar generate generated goes here hex if in insecure \
     insert is it jwt key least length like local long longer me min minimum more must my \
     nextauth not of only openssl or pass password phrase placeholder please prod production \
     put qwerty rand random really replace replaced replaceme safe sample secret secrets secure \
     security session set shared should sign signing some something string strong super \
     supersecret test testing than that the this to todo token unsafe use used value very was \
     with you your";

/// Something wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretFlaw {
    /// Nothing, or white space only.
    Blank,
    /// A command or a variable that nobody ran or filled in: `$(openssl …)`, `${SECRET}`.
    Command,
    /// `\n` or `\r`, written out, at the end.
    EscapedLineEnd,
    /// Fewer different characters than chance ever gives.
    FewCharacters,
    /// Words of templates, and digits.
    Guessable,
    /// Few different characters for its length: Better Auth warns about it.
    LowVariety,
    /// The variable's name stands in its value: `BETTER_AUTH_SECRET=…`.
    Name,
    /// Quotation marks around it, or on one side of it.
    Quotes,
    /// A short text, over and over.
    Repeated,
    /// Characters that count up or down.
    Sequence,
    /// Fewer than [`SECRET_MIN_CHARACTERS`] characters.
    Short {
        /// How many it has.
        characters: usize,
    },
    /// White space or line ends before or after it.
    Space,
}

impl SecretFlaw {
    /// Everything that is wrong with a secret, worst first.
    pub fn find(secret: &str) -> Vec<Self> {
        let text = secret.trim();
        if text.is_empty() {
            return vec![Self::Blank];
        }
        let characters = secret.chars().count();
        let mut flaws = Vec::new();
        let mut add = |is_so: bool, flaw| {
            if is_so {
                flaws.push(flaw);
            }
        };
        add(characters < SECRET_MIN_CHARACTERS, Self::Short { characters });
        add(text.len() < secret.len(), Self::Space);
        add(text.starts_with(is_quote) || text.ends_with(is_quote), Self::Quotes);
        add(text.ends_with("\\n") || text.ends_with("\\r"), Self::EscapedLineEnd);
        add(starts_with_a_name(text), Self::Name);
        let is_command = is_command(text);
        let text =
            text.char_indices().nth(MOST_JUDGED).map_or(text, |(end, _)| text.split_at(end).0);
        add(is_command, Self::Command);
        if !is_command {
            let different = text.chars().collect::<BTreeSet<_>>().len();
            let guess = if is_repeated(text) {
                Some(Self::Repeated)
            } else if is_sequence(text) {
                Some(Self::Sequence)
            } else if is_made_of_words(text) {
                Some(Self::Guessable)
            } else if different < LEAST_DIFFERENT_CHARACTERS {
                Some(Self::FewCharacters)
            } else if is_of_low_variety(different, text.chars().count()) {
                Some(Self::LowVariety)
            } else {
                None
            };
            flaws.extend(guess);
        }
        flaws
    }

    /// A stable name in kebab case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Command => "command",
            Self::EscapedLineEnd => "escaped-line-end",
            Self::FewCharacters => "few-characters",
            Self::Guessable => "guessable",
            Self::LowVariety => "low-variety",
            Self::Name => "name",
            Self::Quotes => "quotes",
            Self::Repeated => "repeated",
            Self::Sequence => "sequence",
            Self::Short { .. } => "short",
            Self::Space => "space",
        }
    }

    /// Whether the secret should not be used as it is; else it is only worth a look.
    pub const fn is_fatal(self) -> bool {
        !matches!(self, Self::LowVariety)
    }

    /// How to mend it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Space => "take away the white space, in every service that holds the secret",
            Self::Quotes => {
                "take the quotes away, in every service that holds the secret; docker's --env-file \
                 keeps them, other readers of .env files do not"
            }
            Self::EscapedLineEnd => "take the two characters away, in every service",
            Self::Name => "keep only what follows the equals sign",
            Self::Command => {
                "run the command yourself and keep what it prints: files of variables run nothing"
            }
            _ => "make another with `gatewright secret generate`, and give it to every service",
        }
    }
}

impl fmt::Display for SecretFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blank => "it is blank",
            Self::Command => "it is a command or a variable that was never run or filled in",
            Self::EscapedLineEnd => "it ends with a line end that is written out, \\n or \\r",
            Self::FewCharacters => "it has very few different characters",
            Self::Guessable => "it is made of words that templates and tutorials use",
            Self::LowVariety => {
                "it has few different characters for its length; Better Auth warns about it"
            }
            Self::Name => "the name of a variable was copied along",
            Self::Quotes => "quotation marks were copied along",
            Self::Repeated => "it is a short text that is repeated",
            Self::Sequence => "its characters count up or down",
            Self::Short { characters } => {
                let least = SECRET_MIN_CHARACTERS;
                return write!(f, "it has {characters} characters, and needs at least {least}");
            }
            Self::Space => "white space or a line end stands before or after it",
        })
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}')
}

/// `export NAME=` or `NAME=` in capitals, with something behind it. The padding of base64 has
/// nothing behind it but itself.
fn starts_with_a_name(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    text.split_once('=').is_some_and(|(name, value)| {
        let is_name =
            |c: char| c.is_ascii_uppercase() || c == '_' || (c.is_ascii_digit() && name.len() > 1);
        name.contains('_') && name.chars().all(is_name) && !value.trim_matches('=').is_empty()
    })
}

fn is_command(text: &str) -> bool {
    let text = text.trim_matches(is_quote).trim();
    let within = |start, end| text.starts_with(start) && text.ends_with(end);
    within("$(", ")")
        || within("${", "}")
        || within("{{", "}}")
        || within("<", ">")
        || text.starts_with("openssl ")
        || text.starts_with("npx ")
        || text.starts_with("gatewright ")
}

/// Whether a text of at most a third of its length makes it up.
fn is_repeated(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=characters.len() / 3).any(|period| {
        let shifted = characters.iter().skip(period);
        shifted.zip(&characters).all(|(later, earlier)| later == earlier)
    })
}

/// Whether most characters follow the one before in the alphabet, or in counting.
fn is_sequence(text: &str) -> bool {
    let codes = || text.chars().map(u32::from);
    let steps = codes().zip(codes().skip(1));
    let is_step = |(a, b): &(u32, u32)| a.abs_diff(*b) <= 1 || (*a, *b) == (0x39, 0x30); // 9, 0
    let (all, regular) = (text.chars().count().saturating_sub(1), steps.filter(is_step).count());
    all > 0 && regular * 4 >= all * 3
}

/// Whether its letters fall apart into [`WORDS`], whatever stands between them.
fn is_made_of_words(text: &str) -> bool {
    let letters: String =
        text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let digits = text.chars().zip(text.chars().skip(1)).filter(|(before, digit)| {
        digit.is_ascii_digit() && u32::from(*before).abs_diff(u32::from(*digit)) != 1
    });
    // Words before many digits that are not counted up may be the name of a proper secret.
    if letters.is_empty() || digits.count() > MANY_DIGITS {
        return false;
    }
    // Which beginnings are words all through; a secret is short, so the square of it is little.
    let mut whole = vec![0];
    for end in 1..=letters.len() {
        let head = letters.get(..end).unwrap_or_default();
        let is_last = |word: &str| {
            head.strip_suffix(word).is_some_and(|before| whole.contains(&before.len()))
        };
        if WORDS.split(' ').any(is_last) {
            whole.push(end);
        }
    }
    whole.last() == Some(&letters.len())
}

fn is_of_low_variety(different: usize, length: usize) -> bool {
    let in_float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    in_float(length) * in_float(different).log2() < BETTER_AUTH_LEAST_BITS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{Random, Secret};

    fn codes(secret: &str) -> Vec<&'static str> {
        SecretFlaw::find(secret).into_iter().map(SecretFlaw::code).collect()
    }

    const GOOD: &str = "q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK";

    #[test]
    fn random_secrets_have_no_flaw() {
        for _ in 0..1_000 {
            let random = Random::system();
            assert_eq!(codes(&Secret::generate(&random)), [""; 0]);
            assert_eq!(codes(&random.id(43)), [""; 0]);
        }
        assert_eq!(codes("vX3n0m1w5S+Yq2b/8kLr9TzUeQf7HcDgA4iJpOaB6sE="), [""; 0]);
    }

    #[test]
    fn each_flaw_is_found() {
        for (secret, expected) in [
            (String::new(), "blank"),
            (" \n\t".to_owned(), "blank"),
            ("$(head -c 32 /dev/urandom | base64)".to_owned(), "command"),
            ("${THE_SECRET_OF_THE_OTHER_SERVICE}".to_owned(), "command"),
            ("<put-thirty-two-random-characters-here>".to_owned(), "command"),
            ("openssl rand -base64 48 | tr -d newline".to_owned(), "command"),
            (format!("{GOOD}\\n"), "escaped-line-end"),
            ("abacabadabacabaeabacabadabacabaf".to_owned(), "few-characters"),
            ("better-auth-secret-12345678901234567890".to_owned(), "guessable"),
            ("your-super-secret-jwt-key-change-this-in-production".to_owned(), "guessable"),
            ("ChangeThisSecretKeyToSomethingLongAndRandom".to_owned(), "guessable"),
            ("your_secret_key_here_min_32_characters_long".to_owned(), "guessable"),
            (format!("BETTER_AUTH_SECRET={GOOD}"), "name"),
            (format!("export AUTH_SECRET={GOOD}"), "name"),
            (format!("\"{GOOD}\""), "quotes"),
            (format!("{GOOD}'"), "quotes"),
            ("a".repeat(32), "repeated"),
            ("correct-horse!".repeat(3), "repeated"),
            ("01234567890123456789012345678901".to_owned(), "repeated"),
            ("abcdefghijklmnopqrstuvwxyz0123456789".to_owned(), "sequence"),
            (GOOD[..31].to_owned(), "short"),
            (format!("{GOOD}\r\n"), "space"),
            (format!(" {GOOD}"), "space"),
        ] {
            assert_eq!(codes(&secret), [expected], "{secret:?}");
        }
        assert_eq!(codes("\"secret\"\n"), ["short", "space", "quotes", "guessable"]);
    }

    #[test]
    fn low_variety_is_only_worth_a_look() {
        let secret = "3141592653589793238462643383279502";
        assert_eq!(codes(secret), ["low-variety"]);
        assert!(SecretFlaw::find(secret).iter().all(|flaw| !flaw.is_fatal()));
    }

    #[test]
    fn a_long_text_is_judged_in_no_time_by_how_it_begins() {
        assert_eq!(codes(&"the".repeat(300_000)), ["repeated"]);
        assert_eq!(codes(&format!("{}b", "a".repeat(1_000_000))), ["repeated"]);
        assert_eq!(codes(&format!("{}x9", "better auth secret ".repeat(50_000))), ["repeated"]);
    }

    proptest! {
        #[test]
        fn any_text_is_judged(secret in "\\PC{0,80}") {
            let flaws = SecretFlaw::find(&secret);
            let is_short = secret.chars().count() < SECRET_MIN_CHARACTERS;
            prop_assert_eq!(is_short, flaws.iter().any(|flaw| {
                matches!(flaw, SecretFlaw::Short { .. } | SecretFlaw::Blank)
            }));
        }
    }

    #[test]
    fn no_flaw_repeats_the_secret() {
        for flaw in SecretFlaw::find("\"hunter2\"") {
            let said = format!("{flaw} {} {flaw:?}", flaw.remedy());
            assert!(!said.contains("hunter"), "{said}");
        }
    }
}
