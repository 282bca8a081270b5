//! Files of users, row by row: JSON lines, or CSV. No more than a row is held, and no row is longer
//! than [`MOST_BYTES`].

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::{Map, Value as Json};

use crate::args::users::Lines;

/// Bytes of a row, at most.
const MOST_BYTES: usize = 1024 * 1024;

/// What a reader may have read ahead of a row.
const BUFFER: usize = 64 * 1024;

/// A row and its line, counted from 1; or why it is none.
pub(super) type Row = (u64, Result<Map<String, Json>, String>);

/// The rows of a file.
pub(super) enum Rows {
    Csv {
        reader: Box<csv::Reader<Limited>>,
        names: StringRecord,
        /// By how many lines the library's count is late: where lines end with a CR and an LF, it
        /// takes the LF for the beginning of the next row.
        late: u64,
    },
    Jsonl {
        reader: Box<dyn BufRead>,
        line: u64,
    },
}

impl Rows {
    /// Of `input`, which is written in the given way, or else as it looks.
    pub(super) fn new(input: Box<dyn Read>, format: Option<Lines>) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(BUFFER, input);
        let start = input.fill_buf()?;
        let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let first = start.iter().skip(mark).find(|byte| !byte.is_ascii_whitespace()).copied();
        input.consume(mark);
        let looks = if first == Some(b'{') { Lines::Jsonl } else { Lines::Csv };
        if format.unwrap_or(looks) == Lines::Jsonl {
            return Ok(Self::Jsonl { reader: Box::new(input), line: 0 });
        }
        let limited = Limited { input: Box::new(input), left: Rc::new(Cell::new(MOST_BYTES)) };
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).from_reader(limited);
        let mut names = StringRecord::new();
        reader.read_record(&mut names).map_err(|error| io::Error::other(reason(&error)))?;
        let within = names.iter().flat_map(str::bytes).filter(|byte| *byte == b'\n').count();
        let expected = u64::try_from(within).unwrap_or(u64::MAX).saturating_add(2);
        let late = u64::from(reader.position().line() < expected);
        let names = names.iter().map(str::trim).collect();
        Ok(Self::Csv { reader: Box::new(reader), names, late })
    }

    /// The next row; an error is one after which nothing can be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Csv { reader, names, late } => {
                let row = next_of_csv(reader, names)?;
                Ok(row.map(|(line, row)| (line + *late, row)))
            }
            Self::Jsonl { reader, line } => loop {
                let Some(text) = next_line(reader, *line + 1)? else { return Ok(None) };
                *line += 1;
                if !text.trim_ascii().is_empty() {
                    return Ok(Some((*line, object(&text))));
                }
            },
        }
    }
}

fn next_line(reader: &mut dyn BufRead, line: u64) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let read = reader.take(most + 1).read_until(b'\n', &mut text)?;
    if text.len() > MOST_BYTES {
        return Err(io::Error::other(format!("line {line} is longer than {MOST_BYTES} bytes")));
    }
    Ok((read > 0).then_some(text))
}

/// A JSON object. What is wrong is said without a piece of it, which may be a hash.
fn object(text: &[u8]) -> Result<Map<String, Json>, String> {
    match serde_json::from_slice(text) {
        Ok(Json::Object(row)) => Ok(row),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) => Err(format!("it is no JSON (column {})", error.column())),
    }
}

fn next_of_csv(reader: &mut csv::Reader<Limited>, names: &StringRecord) -> io::Result<Option<Row>> {
    reader.get_ref().left.set(MOST_BYTES);
    let mut record = StringRecord::new();
    let is_there = reader.read_record(&mut record);
    let line = |at: Option<&csv::Position>| at.map_or(0, csv::Position::line);
    match is_there {
        Ok(false) => Ok(None),
        Ok(true) => Ok(Some((line(record.position()), row_of(names, &record)))),
        Err(error) => match error.kind() {
            ErrorKind::Utf8 { pos, .. } => {
                Ok(Some((line(pos.as_ref()), Err("it is no text in UTF-8".to_owned()))))
            }
            _ => Err(io::Error::other(reason(&error))),
        },
    }
}

/// An empty value is none.
fn row_of(names: &StringRecord, record: &StringRecord) -> Result<Map<String, Json>, String> {
    if record.len() != names.len() {
        return Err(format!("it has {} values, and the first line {}", record.len(), names.len()));
    }
    let values = names.iter().zip(record).filter(|(_, value)| !value.is_empty());
    Ok(values.map(|(name, value)| (name.to_owned(), Json::from(value))).collect())
}

/// Without the values that the library would show.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::Io(error) => error.to_string(),
        _ => "it is no CSV".to_owned(),
    }
}

/// Reads no more than is left: a quote that nobody closes must not fill the memory.
pub(super) struct Limited {
    input: Box<dyn Read>,
    left: Rc<Cell<usize>>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other(format!("a row is longer than {MOST_BYTES} bytes")));
        }
        let length = buffer.len().min(left);
        let read = self.input.read(buffer.get_mut(..length).unwrap_or_default())?;
        self.left.set(left - read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<Row> {
        let mut rows = Rows::new(Box::new(io::Cursor::new(text.to_vec())), None).unwrap();
        std::iter::from_fn(|| rows.next().unwrap()).collect()
    }

    fn ends_in_an_error(text: Vec<u8>) -> bool {
        let Ok(mut rows) = Rows::new(Box::new(io::Cursor::new(text)), None) else { return true };
        loop {
            match rows.next() {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let jsonl = b"\xef\xbb\xbf{\"email\":\"a\"}\n\n[1]\n{\"email\": \"b\"";
        let found = rows(jsonl);
        let lines: Vec<_> = found.iter().map(|(line, row)| (*line, row.is_ok())).collect();
        assert_eq!(lines, [(1, true), (3, false), (4, false)]);

        let csv = b"\xef\xbb\xbfemail,name\r\na,\"x\r\ny\"\r\nb,\r\nc\r\n\xff,\n";
        let found = rows(csv);
        let lines: Vec<_> = found.iter().map(|(line, row)| (*line, row.is_ok())).collect();
        assert_eq!(lines, [(2, true), (4, true), (5, false), (6, false)]);
        let unix: Vec<u8> = csv.iter().copied().filter(|byte| *byte != b'\r').collect();
        let found_in_unix =
            rows(&unix).iter().map(|(line, row)| (*line, row.is_ok())).collect::<Vec<_>>();
        assert_eq!(found_in_unix, lines);
        assert_eq!(found[0].1.as_ref().unwrap()["name"], "x\r\ny");
        assert!(!found[1].1.as_ref().unwrap().contains_key("name"), "an empty value is none");
    }

    #[test]
    fn no_row_fills_the_memory() {
        let endless = "x".repeat(2 * MOST_BYTES + BUFFER);
        assert!(ends_in_an_error(format!("{{\"email\":\"{endless}").into_bytes()));
        assert!(ends_in_an_error(format!("email\n\"{endless}").into_bytes()));
        assert!(ends_in_an_error(endless.into_bytes()));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        let found = rows(b"{\"password_hash\":\"$2b$secret\" x}\n");
        let reason = found[0].1.as_ref().unwrap_err();
        assert!(!reason.contains("secret"), "{reason}");
    }
}
