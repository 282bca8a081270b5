//! `gatewright db`

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, anyhow};
use gatewright_report::{Exit, Palette};
use gatewright_server::{
    AdditionalFields, Copied, CopyError, CopyProgress, DatabaseUrl, Drift, Inspection, Store,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::database::{self, cannot_use, must_exist};
use crate::args::db::{CheckFlags, CopyFlags, DbCommand, MigrateFlags, StatusFlags};
use crate::args::sessions::DatabaseFlags;
use crate::args::{Format, ServeFlags};
use crate::config::Settings;
use crate::environment::Environment;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(
    command: &DbCommand,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let runtime = Runtime::new().context("cannot start the runtime").map_err(Failure::Internal)?;
    runtime.block_on(async {
        match command {
            DbCommand::Status(flags) => status(flags, environment, around).await,
            DbCommand::Check(flags) => check(flags, environment, around).await,
            DbCommand::Migrate(flags) => migrate(flags, environment).await,
            DbCommand::Copy(flags) => copy(flags, environment, around).await,
        }
    })
}

/// Where a database is, and the additional fields that it has.
struct Place {
    url: DatabaseUrl,
    user_fields: AdditionalFields,
    session_fields: AdditionalFields,
}

impl Place {
    /// The database that `serve` would use. A file that is not there is not made.
    fn of(flags: &DatabaseFlags, environment: &Environment) -> Result<Self, Failure> {
        let settings = database::settings(flags, environment)?;
        let url = settings.database().map_err(Failure::Usage)?;
        must_exist(&url)?;
        let (user_fields, session_fields) = settings.additional_fields();
        Ok(Self { url, user_fields, session_fields })
    }

    async fn inspect(&self) -> Result<Inspection, Failure> {
        let Self { url, user_fields, session_fields } = self;
        let found = Store::inspect(url, user_fields.clone(), session_fields.clone()).await;
        found.map_err(|error| cannot_use(error, url))
    }
}

async fn status(
    flags: &StatusFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let place = Place::of(&flags.database, environment)?;
    let found = place.inspect().await?;
    let kept = if found.own_drifts.is_empty() { "in the database" } else { "in memory" };
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            page.heading(&printable(&place.url.to_string()));
            page.entry("tables", found.version.as_str());
            let differs = match found.drifts.len() {
                0 => "in nothing".to_owned(),
                many => format!("in {many} places; `gatewright db check` names them"),
            };
            page.entry("differs", &differs);
            page.entry("our own", &format!("{kept}: queued mails, counters and the like"));
            page.heading("rows");
            for table in &found.tables {
                let note = if table.is_known { "" } else { "  (left alone)" };
                page.line(&format!("  {:>9} {}{note}", table.rows, printable(&table.name)));
            }
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => {
            let tables = found.tables.iter().map(
                |table| json!({ "name": table.name, "rows": table.rows, "known": table.is_known }),
            );
            output::json(&json!({
                "version": JSON_VERSION,
                "database": place.url.to_string(),
                "schema": found.version.as_str(),
                "differences": as_json(&found.drifts),
                "own_tables": found.own_drifts.is_empty(),
                "tables": tables.collect::<Vec<_>>(),
            }))?;
        }
    }
    Ok(Exit::Clean)
}

async fn check(
    flags: &CheckFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let place = Place::of(&flags.database, environment)?;
    let found = place.inspect().await?;
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            if found.drifts.is_empty() {
                page.line(&around.palette.strong("the server can use this database"));
            } else {
                page.line(&around.palette.bad("the server cannot use this database"));
            }
            list(&mut page, &found.drifts);
            if !found.own_drifts.is_empty() {
                page.line("\nKept in memory until `gatewright db migrate` has run:");
                list(&mut page, &found.own_drifts);
            }
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => output::json(&json!({
            "version": JSON_VERSION,
            "usable": found.drifts.is_empty(),
            "differences": as_json(&found.drifts),
            "own_tables_missing": as_json(&found.own_drifts),
        }))?,
    }
    Ok(if found.drifts.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn list(page: &mut Page, drifts: &[Drift]) {
    for drift in drifts {
        page.line(&format!("  {}: {}", printable(&drift.to_string()), drift.mend()));
    }
}

fn as_json(drifts: &[Drift]) -> Vec<Value> {
    let as_json = |drift: &Drift| {
        json!({
            "table": drift.table,
            "column": drift.column,
            "message": drift.to_string(),
            "mend": drift.mend(),
        })
    };
    drifts.iter().map(as_json).collect()
}

async fn migrate(flags: &MigrateFlags, environment: &Environment) -> Result<Exit, Failure> {
    let place = Place::of(&flags.database, environment)?;
    let Place { url, user_fields, session_fields } = &place;
    let (user_fields, session_fields) = (user_fields.clone(), session_fields.clone());
    let statements = Store::migrate(url, user_fields, session_fields, !flags.dry_run).await;
    let statements = statements.map_err(|error| cannot_use(error, url))?;
    match flags.database.format {
        Format::Human if statements.is_empty() => output::note("nothing is missing"),
        Format::Human => {
            output::result(format!("{};\n", statements.join(";\n")).as_bytes())?;
            let done = if flags.dry_run { "would be run" } else { "were run" };
            output::note(&format!("{} statements {done}", statements.len()));
        }
        Format::Json => output::json(&json!({
            "version": JSON_VERSION, "applied": !flags.dry_run, "statements": statements,
        }))?,
    }
    Ok(Exit::Clean)
}

async fn copy(
    flags: &CopyFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let [source, target] = [
        address(&flags.source, environment, around.warnings)?,
        address(&flags.target, environment, around.warnings)?,
    ];
    must_exist(&source)?;
    if source.to_string() == target.to_string() {
        return Err(Failure::Usage(anyhow!("both are the same database")));
    }
    let serve = ServeFlags { config: flags.config.clone(), ..ServeFlags::default() };
    let settings = Settings::read(&serve, environment).map_err(Failure::Usage)?;
    let (user_fields, session_fields) = settings.additional_fields();
    let copied = Store::copy(&source, &target, user_fields, session_fields, show_progress()).await;
    clear_progress();
    let copied = copied.map_err(|error| match error {
        CopyError::Store(error) => cannot_use(error, &target),
        error => Failure::Usage(error.into()),
    })?;
    report(&copied, flags.format, around.palette)?;
    Ok(Exit::Clean)
}

/// An address that was typed, or that a variable holds.
fn address(
    text: &str,
    environment: &Environment,
    palette: Palette,
) -> Result<DatabaseUrl, Failure> {
    let held;
    let text = if let Some(name) = text.strip_prefix("env:") {
        held = environment.get(name).map(str::to_owned).ok_or_else(|| {
            Failure::Usage(anyhow!("the variable {} is not set", printable(name)))
        })?;
        held.as_str()
    } else {
        let user = text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
        if user.is_some_and(|(user, _)| user.contains(':')) {
            let hint = "a password on the command line can be seen by others: use env:NAME";
            output::warn(palette, hint);
        }
        text
    };
    text.parse().map_err(|error: gatewright_server::DatabaseUrlError| Failure::Usage(error.into()))
}

/// A line that is written anew, on a terminal alone.
fn show_progress() -> impl FnMut(CopyProgress<'_>) + Send {
    let is_shown = std::io::stderr().is_terminal();
    move |at| {
        if is_shown {
            let what = if at.is_check { "comparing" } else { "copying" };
            // Nobody can be told that stderr cannot be written.
            let _ = write!(
                std::io::stderr(),
                "\r\u{1b}[K{what} {}: {} of {}",
                at.table,
                at.done,
                at.total
            );
        }
    }
}

fn clear_progress() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
}

fn report(copied: &Copied, format: Format, palette: Palette) -> Result<(), Failure> {
    match format {
        Format::Human => {
            let mut page = Page::new(palette);
            for table in &copied.tables {
                page.heading(&table.name);
                page.entry("rows", &format!("{}, {} of them new", table.rows, table.written));
                page.entry("sha256", &table.checksum);
                if !table.left.is_empty() {
                    page.entry("left", &format!("columns {}", table.left.join(", ")));
                }
            }
            if !copied.left.is_empty() {
                page.heading("not copied");
                page.line(&format!("  {}", printable(&copied.left.join(", "))));
            }
            output::result(page.into_text().as_bytes())
        }
        Format::Json => {
            let tables = copied.tables.iter().map(|table| {
                json!({
                    "name": table.name,
                    "rows": table.rows,
                    "written": table.written,
                    "sha256": table.checksum,
                    "columns_left": table.left,
                })
            });
            output::json(&json!({
                "version": JSON_VERSION,
                "tables": tables.collect::<Vec<_>>(),
                "tables_left": copied.left,
            }))
        }
    }
}
