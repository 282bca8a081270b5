//! One JSON object, read member by member in a single pass that borrows.
//!
//! A claims set is mostly members that nobody asked for. `serde_json` reads them through visitors
//! built for every shape of data; this reads texts and numbers, and steps over all else. What is
//! JSON and what is not is the same (RFC 8259), but for texts with lone surrogates, which are
//! refused everywhere: the tests compare the two.

use std::borrow::Cow;

/// Where reading stopped making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is no JSON, or no object.
    Syntax,
    /// It nests deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// How deep arrays and objects may nest, the outermost object included. No claims set in the wild
/// comes near a quarter; and a bit for each level fits a word.
pub(crate) const MAX_DEPTH: u32 = 32;

/// A member's value.
#[derive(Debug, PartialEq)]
pub(crate) enum Value<'j> {
    /// A number, as it stands in the text.
    Number(&'j str),
    /// Anything else: `true`, `false`, `null`, an object, or an array with something in it that is
    /// no text.
    Other,
    Text(Cow<'j, str>),
    /// An array of texts.
    Texts(Vec<Cow<'j, str>>),
}

/// Stands within the object, before a member or at its end.
pub(crate) struct Scanner<'j> {
    json: &'j str,
    at: usize,
    is_first: bool,
}

impl<'j> Scanner<'j> {
    /// Enters the object that the text consists of.
    pub(crate) fn new(json: &'j str) -> Result<Self, Fault> {
        let mut scanner = Self { json, at: 0, is_first: true };
        scanner.expect(b'{')?;
        Ok(scanner)
    }

    /// The name of the next member; `None` at the end, behind which there is nothing.
    pub(crate) fn next_name(&mut self) -> Result<Option<Cow<'j, str>>, Fault> {
        if self.peek()? == b'}' {
            self.at += 1;
            self.skip_space();
            return if self.at == self.json.len() { Ok(None) } else { Err(Fault::Syntax) };
        }
        if !self.is_first {
            self.expect(b',')?;
        }
        self.is_first = false;
        let name = self.text()?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// The value of the member whose name was read.
    pub(crate) fn value(&mut self) -> Result<Value<'j>, Fault> {
        match self.peek()? {
            b'"' => self.text().map(Value::Text),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b'[' => self.array(),
            _ => self.skip_value().map(|()| Value::Other),
        }
    }

    /// Steps over the value of the member whose name was read.
    pub(crate) fn skip_value(&mut self) -> Result<(), Fault> {
        // Each level has a bit: set where it is an object. The outermost is one.
        let (mut depth, mut objects) = (1_u32, 1_u32);
        loop {
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return Err(Fault::TooDeep);
                    }
                    self.at += 1;
                    depth += 1;
                    objects = objects << 1 | u32::from(open == b'{');
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.peek()? != close {
                        if open == b'{' {
                            self.name()?;
                        }
                        continue;
                    }
                }
                b'"' => drop(self.text()?),
                b'-' | b'0'..=b'9' => drop(self.number()?),
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => return Err(Fault::Syntax),
            }
            // A value has ended; with it, perhaps, what it stands in.
            loop {
                if depth == 1 {
                    return Ok(());
                }
                let is_object = objects & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if is_object {
                            self.name()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return Err(Fault::Syntax),
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    fn array(&mut self) -> Result<Value<'j>, Fault> {
        let start = self.at;
        self.at += 1;
        let mut texts = Vec::new();
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(Value::Texts(texts));
        }
        while self.peek()? == b'"' {
            texts.push(self.text()?);
            if self.peek()? == b']' {
                self.at += 1;
                return Ok(Value::Texts(texts));
            }
            self.expect(b',')?;
        }
        self.at = start;
        self.skip_value().map(|()| Value::Other)
    }

    fn name(&mut self) -> Result<(), Fault> {
        if self.peek()? != b'"' {
            return Err(Fault::Syntax);
        }
        self.text()?;
        self.expect(b':')
    }

    /// A text, borrowed unless it has escapes.
    fn text(&mut self) -> Result<Cow<'j, str>, Fault> {
        self.expect(b'"')?;
        let start = self.at;
        self.at += plain_length(self.json.as_bytes().get(start..).unwrap_or_default());
        match self.byte() {
            Some(b'"') => {}
            Some(b'\\') => return self.escaped_text(start),
            // Control characters have to be escaped; without a quote it does not end.
            _ => return Err(Fault::Syntax),
        }
        let text = self.json.get(start..self.at).ok_or(Fault::Syntax)?;
        self.at += 1;
        Ok(Cow::Borrowed(text))
    }

    /// The slow way, for what hardly any token has.
    fn escaped_text(&mut self, start: usize) -> Result<Cow<'j, str>, Fault> {
        loop {
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(Fault::Syntax),
            }
        }
        self.at += 1;
        let quoted = self.json.get(start - 1..self.at).ok_or(Fault::Syntax)?;
        serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| Fault::Syntax)
    }

    /// A number, whose form is checked and whose value is not looked at.
    fn number(&mut self) -> Result<&'j str, Fault> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.digits()? {
            // No zeros before other digits.
            digits if digits.starts_with('0') && digits.len() > 1 => return Err(Fault::Syntax),
            _ => {}
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.json.get(start..self.at).ok_or(Fault::Syntax)
    }

    fn digits(&mut self) -> Result<&'j str, Fault> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.json.get(start..self.at).filter(|digits| !digits.is_empty()).ok_or(Fault::Syntax)
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.json.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(Fault::Syntax);
        }
        self.at += word.len();
        Ok(())
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Result<u8, Fault> {
        self.skip_space();
        self.byte().ok_or(Fault::Syntax)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        if self.peek()? != wanted {
            return Err(Fault::Syntax);
        }
        self.at += 1;
        Ok(())
    }
}

/// How many bytes there are before a quote, a backslash or a control character, eight at a time.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    const QUOTES: u64 = ONES * 0x22;
    const BACKSLASHES: u64 = ONES * 0x5c;
    const SPACES: u64 = ONES * 0x20;
    /// Marks bytes that are zero; above the first of them it may mark others.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGH
    }
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = zeros(word ^ QUOTES);
        let backslashes = zeros(word ^ BACKSLASHES);
        let controls = word.wrapping_sub(SPACES) & !word & HIGH;
        let special = quotes | backslashes | controls;
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let start = words.len() * 8;
    let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests;
