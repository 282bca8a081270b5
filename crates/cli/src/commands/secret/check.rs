//! `gatewright secret check`

use std::path::Path;

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use gatewright_report::Exit;
use gatewright_server::{SecretFlaw, equal_in_constant_time};
use serde_json::{Value, json};

use super::{JSON_VERSION, check_name};
use crate::args::Format;
use crate::args::secret::CheckFlags;
use crate::env_file;
use crate::input::Source;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

pub(super) fn run(flags: &CheckFlags, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    let read = || -> anyhow::Result<(Held, Option<Held>)> {
        check_name(&flags.name)?;
        let source = flags.secret.as_deref().map(Source::file);
        let source = source.or_else(|| flags.secret_env.as_deref().map(Source::variable));
        let one = Held::read(source, flags.env_file.as_deref(), &flags.name, around)?
            .ok_or_else(|| anyhow!("name a secret: a file, --secret-env or --env-file"))?;
        let name = flags.same_as_name.as_ref().unwrap_or(&flags.name);
        check_name(name)?;
        let source = flags.same_as.as_deref().map(Source::file);
        let source = source.or_else(|| flags.same_as_env.as_deref().map(Source::variable));
        let other = Held::read(source, flags.same_as_env_file.as_deref(), name, around)?;
        Ok((one, other))
    };
    let (one, other) = read().map_err(Failure::Usage)?;
    let compared = other.as_ref().map(|other| Comparison::of(&one.secret, &other.secret));
    let secrets: Vec<&Held> = std::iter::once(&one).chain(&other).collect();
    match flags.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            for held in &secrets {
                held.write(&mut page, around);
            }
            if let Some(compared) = compared {
                page.line(&if compared == Comparison::Same {
                    "The two are the same.".to_owned()
                } else {
                    let verdict = around.palette.bad("The two are DIFFERENT");
                    format!("{verdict}: {}.", compared.text())
                });
            }
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => output::json(&json!({
            "version": JSON_VERSION,
            "ok": secrets.iter().all(|held| held.is_fit()) && is_same(compared),
            "secrets": secrets.iter().map(|held| held.json()).collect::<Vec<_>>(),
            "same": compared.map(|compared| compared == Comparison::Same),
            "difference": compared.filter(|compared| *compared != Comparison::Same)
                .map(Comparison::text),
        }))?,
    }
    let is_good = secrets.iter().all(|held| held.is_fit()) && is_same(compared);
    Ok(if is_good { Exit::Clean } else { Exit::Findings })
}

fn is_same(compared: Option<Comparison>) -> bool {
    compared.is_none_or(|compared| compared == Comparison::Same)
}

/// A secret, and where it lies. It is never shown.
struct Held {
    secret: String,
    place: String,
    flaws: Vec<SecretFlaw>,
    doubts: Vec<&'static str>,
}

impl Held {
    fn read(
        source: Option<Source>,
        env_file: Option<&Path>,
        name: &str,
        around: &Surroundings<'_>,
    ) -> anyhow::Result<Option<Self>> {
        let (secret, place, doubts) = match (source, env_file) {
            (Some(source), _) => {
                (around.inputs.text("secret", &source)?, source.to_string(), Vec::new())
            }
            (None, Some(path)) => {
                let source = Source::File(path.to_owned());
                let text = around.inputs.lines("secret", &source)?;
                let setting = env_file::find(&text, name)
                    .ok_or_else(|| anyhow!("{source} does not set {name}"))?;
                (setting.value, format!("{name} in {source}"), setting.doubts)
            }
            (None, None) => return Ok(None),
        };
        let flaws = SecretFlaw::find(&secret);
        Ok(Some(Self { secret, place, flaws, doubts }))
    }

    fn is_fit(&self) -> bool {
        !self.flaws.iter().any(|flaw| flaw.is_fatal())
    }

    fn characters(&self) -> usize {
        self.secret.chars().count()
    }

    fn write(&self, page: &mut Page, around: &Surroundings<'_>) {
        let palette = around.palette;
        let verdict = if self.is_fit() { palette.strong("good") } else { palette.bad("NOT GOOD") };
        let (place, characters) = (printable(&self.place), self.characters());
        page.line(&format!("{place}: {verdict} ({characters} characters)"));
        for flaw in &self.flaws {
            page.entry(flaw.code(), &format!("{flaw}: {}", flaw.remedy()));
        }
        for doubt in &self.doubts {
            page.entry("doubt", doubt);
        }
    }

    fn json(&self) -> Value {
        let flaws = self.flaws.iter().map(|flaw| {
            json!({
                "code": flaw.code(),
                "message": flaw.to_string(),
                "remedy": flaw.remedy(),
                "fatal": flaw.is_fatal(),
            })
        });
        json!({
            "source": self.place,
            "ok": self.is_fit(),
            "characters": self.characters(),
            "flaws": flaws.collect::<Vec<_>>(),
            "doubts": self.doubts,
        })
    }
}

/// How two secrets relate, as far as it can be told without showing either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    /// Not the same in any way that is known.
    Different,
    /// One is what the other is the base64 or hexadecimal form of.
    Encoded,
    Same,
    /// The same but for white space, quotes or a name around one of them.
    Wrapped,
}

impl Comparison {
    /// Each comparison takes a time that depends on lengths alone.
    fn of(one: &str, other: &str) -> Self {
        let are_equal = |a: &[u8], b: &[u8]| equal_in_constant_time(a, b);
        if are_equal(one.as_bytes(), other.as_bytes()) {
            return Self::Same;
        }
        let (bare_one, bare_other) = (bare(one), bare(other));
        if are_equal(bare_one.as_bytes(), bare_other.as_bytes()) {
            return Self::Wrapped;
        }
        let encodes = |text: &str, bytes: &str| {
            decodings(text).iter().any(|decoded| are_equal(decoded, bytes.as_bytes()))
        };
        let both = decodings(bare_one);
        let decode_alike = || {
            decodings(bare_other)
                .iter()
                .any(|b| both.iter().any(|a| !a.is_empty() && are_equal(a, b)))
        };
        if encodes(bare_one, bare_other) || encodes(bare_other, bare_one) || decode_alike() {
            return Self::Encoded;
        }
        Self::Different
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Different => {
                "what one signs does not verify with the other; copy one of them to both places"
            }
            Self::Encoded => {
                "the one is the other in base64 or hexadecimal; a secret is used as it is written, \
                 so write it alike in both places"
            }
            Self::Same => "they are the same",
            Self::Wrapped => {
                "but for white space, quotation marks or a name around one of them they are the \
                 same; take those away"
            }
        }
    }
}

/// Without what is often copied along.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_suffix("\\n").unwrap_or(text);
    let value = text.split_once('=').filter(|(name, value)| {
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.contains('_') && name.chars().all(is_name) && !value.trim_matches('=').is_empty()
    });
    let text = value.map_or(text, |(_, value)| value);
    text.trim_matches(['"', '\'', '`']).trim()
}

/// The bytes that a text may stand for. The encodings share an alphabet, so there may be several.
fn decodings(text: &str) -> Vec<Vec<u8>> {
    let base64 =
        [STANDARD.decode(text), STANDARD_NO_PAD.decode(text), URL_SAFE_NO_PAD.decode(text)];
    base64.into_iter().filter_map(Result::ok).chain(hex(text)).filter(|b| !b.is_empty()).collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |all, d| all << 4 | d)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_in_every_usual_disguise() {
        use Comparison as C;
        let secret = "q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK";
        for (other, expected) in [
            (secret.to_owned(), C::Same),
            (format!("{secret}\n"), C::Wrapped),
            (format!("\"{secret}\""), C::Wrapped),
            (format!("BETTER_AUTH_SECRET='{secret}'"), C::Wrapped),
            (STANDARD.encode(secret), C::Encoded),
            (URL_SAFE_NO_PAD.encode(secret), C::Encoded),
            (secret.to_lowercase(), C::Different),
            (format!("{secret}x"), C::Different),
            (String::new(), C::Different),
        ] {
            assert_eq!(Comparison::of(secret, &other), expected, "{other:?}");
            assert_eq!(Comparison::of(&other, secret), expected, "{other:?}");
        }
        let (in_hex, bytes) = ("00ff7f80c3a9".repeat(6), [0, 255, 127, 128, 195, 169].repeat(6));
        assert_eq!(Comparison::of(&in_hex, &STANDARD.encode(bytes)), C::Encoded);
        assert_eq!(Comparison::of("", "\"\""), C::Wrapped);
    }
}
