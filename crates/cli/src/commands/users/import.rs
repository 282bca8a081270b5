//! `gatewright users import`

use std::fs::File;
use std::io::{IsTerminal, Read, Write as _, stderr, stdin};
use std::path::Path;

use anyhow::Context as _;
use gatewright_report::Exit;
use gatewright_server::{
    AuditEntry, AuditEvent, AuditLog, Import, ImportError, LineFlaw, OnConflict, Roster, Tally,
};
use serde_json::{Map, Value as Json, json};

use super::JSON_VERSION;
use super::lines::Rows;
use crate::Failure;
use crate::args::Format;
use crate::args::users::{Conflict, ImportFlags};
use crate::output::{self, printable};

/// Flaws that are told; more are counted.
const MOST_FLAWS: usize = 100;

/// Rows between two words on progress.
const PROGRESS: u64 = 1000;

pub(super) async fn run(
    flags: &ImportFlags,
    roster: Roster,
    audit: AuditLog,
) -> Result<Exit, Failure> {
    let input: Box<dyn Read> = if flags.file == "-" {
        Box::new(stdin())
    } else {
        let file = File::open(Path::new(&flags.file))
            .with_context(|| format!("cannot open {}", printable(&flags.file)))
            .map_err(Failure::Usage)?;
        Box::new(file)
    };
    let unreadable = |error| {
        let what = format!("cannot read {}", printable(&flags.file));
        Failure::Usage(anyhow::Error::new(error).context(what))
    };
    let mut rows = Rows::new(input, flags.input_format).map_err(unreadable)?;
    let on_conflict = match flags.on_conflict {
        Conflict::Fail => OnConflict::Fail,
        Conflict::Skip => OnConflict::Skip,
        Conflict::Update => OnConflict::Update,
    };
    let mut import = roster.import(on_conflict, flags.dry_run);
    if flags.ignore_unknown_fields {
        import = import.passing_unknown_over();
    }
    let mut report = Report { flaws: Vec::new(), is_terminal: stderr().is_terminal() };
    let ended = loop {
        let pushed = match rows.next() {
            Ok(Some((line, row))) => import.push(line, row).await,
            Ok(None) => break import.finish().await.map_err(end),
            Err(error) => {
                // What came before it is good.
                break import.finish().await.map_err(end).and(Err(unreadable(error)));
            }
        };
        report.take(&mut import);
        if let Err(error) = pushed {
            break Err(end(error));
        }
    };
    report.take(&mut import);
    report.end_progress();
    let tally = import.tally();
    if !flags.dry_run && tally.imported + tally.updated > 0 {
        let entry = AuditEntry::new(AuditEvent::UserCreate).detail("imported", tally.imported);
        audit.record(entry.detail("updated", tally.updated)).await;
    }
    match flags.database.format {
        Format::Human => output::result(in_words(tally, flags.dry_run).as_bytes())?,
        Format::Json => output::json(&as_json(tally, flags.dry_run, &report.flaws))?,
    }
    ended?;
    Ok(if tally.refused > 0 { Exit::Findings } else { Exit::Clean })
}

/// What the user can mend is told apart from what failed.
fn end(error: ImportError) -> Failure {
    match error {
        ImportError::Roster(error) => super::failed(error),
        error => Failure::Usage(anyhow::Error::new(error)),
    }
}

/// What is told while it goes on.
struct Report {
    flaws: Vec<LineFlaw>,
    is_terminal: bool,
}

impl Report {
    fn take(&mut self, import: &mut Import) {
        for flaw in import.take_flaws() {
            if self.flaws.len() < MOST_FLAWS {
                self.end_progress();
                output::note(&format!("line {}: {}", flaw.line, printable(&flaw.reason)));
                self.flaws.push(flaw);
                if self.flaws.len() == MOST_FLAWS {
                    output::note("further lines with a flaw are counted, and not told");
                }
            }
        }
        let read = import.tally().read;
        if self.is_terminal && read.is_multiple_of(PROGRESS) {
            // Nobody can be told that stderr cannot be written.
            let _ = write!(stderr(), "\r{read} lines");
        }
    }

    /// Makes room for other lines.
    fn end_progress(&self) {
        if self.is_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn in_words(tally: &Tally, is_dry_run: bool) -> String {
    let mut text = format!(
        "{} lines: {} imported, {} updated, {} there already, {} refused{}\n",
        tally.read,
        tally.imported,
        tally.updated,
        tally.skipped,
        tally.refused,
        if is_dry_run { " (a dry run: nothing was written)" } else { "" }
    );
    let hashes = tally.hashes.iter().map(|(kind, count)| format!("{count} {}", kind.name()));
    let none = (tally.without_password > 0).then(|| format!("{} none", tally.without_password));
    let passwords: Vec<String> = hashes.chain(none).collect();
    if !passwords.is_empty() {
        text = format!("{text}passwords: {}\n", passwords.join(", "));
    }
    text
}

fn as_json(tally: &Tally, is_dry_run: bool, flaws: &[LineFlaw]) -> Json {
    let hashes: Map<String, Json> =
        tally.hashes.iter().map(|(kind, count)| (kind.name().to_owned(), json!(count))).collect();
    let flaws: Vec<Json> =
        flaws.iter().map(|flaw| json!({ "line": flaw.line, "reason": flaw.reason })).collect();
    json!({
        "version": JSON_VERSION,
        "dry_run": is_dry_run,
        "lines": tally.read,
        "imported": tally.imported,
        "updated": tally.updated,
        "skipped": tally.skipped,
        "refused": tally.refused,
        "hashes": hashes,
        "without_password": tally.without_password,
        "flaws": flaws,
    })
}
