//! `gatewright audit-log`

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::anyhow;
use gatewright_report::Exit;
use gatewright_server::{AuditQuery, AuditRecord, Date, Store};
use serde_json::{Map, Value, json};

use super::database;
use crate::args::Format;
use crate::args::audit_log::AuditLogFlags;
use crate::environment::Environment;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

/// How often the database is asked for what is new.
const POLL: Duration = Duration::from_secs(1);

/// Seconds by which what is new may be older than what was seen: servers have clocks of their own,
/// and a row shows when it is committed.
const OVERLAP: i64 = 10;

/// Rows that are asked for at a time where they are followed.
const MOST_NEW: u32 = 100_000;

pub(crate) fn run(
    flags: &AuditLogFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let settings = database::settings(&flags.database, environment)?;
    database::with_store(&settings, async |store| list(flags, store, around).await)
}

async fn list(
    flags: &AuditLogFlags,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    if !store.has_own_tables() {
        return Err(Failure::Usage(anyhow!(
            "this database has no table for an audit log; a server on it logs the events instead, \
             with the target `audit`"
        )));
    }
    let now = around.clock.now().seconds();
    let moment = |moment: Option<crate::moment::Moment>| {
        moment.map(|moment| Date::from_milliseconds(moment.seconds(now).saturating_mul(1000)))
    };
    let query = AuditQuery {
        since: moment(flags.since),
        until: moment(flags.until),
        user_id: user_id(flags, store).await?,
        event: flags.event.clone(),
    };
    let records = store.audit_records(&query, flags.limit).await.map_err(database::failed)?;
    show(&records, flags.database.format, around)?;
    if flags.follow {
        return follow(flags, store, around, query, &records).await;
    }
    if flags.database.format == Format::Human {
        output::note(&format!("{} events", records.len()));
    }
    Ok(Exit::Clean)
}

/// The id that is meant. One that nobody has any more may still be in the log.
async fn user_id(flags: &AuditLogFlags, store: &Store) -> Result<Option<String>, Failure> {
    let Some(user) = &flags.user else { return Ok(None) };
    match store.find_user_id(user).await.map_err(database::failed)? {
        Some(id) => Ok(Some(id)),
        None if user.contains('@') => {
            Err(Failure::Usage(anyhow!("there is no user {}", printable(user))))
        }
        None => Ok(Some(user.clone())),
    }
}

async fn follow(
    flags: &AuditLogFlags,
    store: &Store,
    around: &Surroundings<'_>,
    mut query: AuditQuery,
    shown: &[AuditRecord],
) -> Result<Exit, Failure> {
    let mut last = shown.last().map_or_else(|| around.clock.now(), |record| record.at);
    let mut seen: BTreeSet<String> = shown.iter().map(|record| record.id.clone()).collect();
    let from = query.since;
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            _ = &mut stop => return Ok(Exit::Clean),
            () = tokio::time::sleep(POLL) => {}
        }
        let since = last.plus_seconds(-OVERLAP);
        query.since = Some(from.map_or(since, |from| from.max(since)));
        let mut records = store.audit_records(&query, MOST_NEW).await.map_err(database::failed)?;
        let ids = records.iter().map(|record| record.id.clone()).collect();
        records.retain(|record| !seen.contains(&record.id));
        show(&records, flags.database.format, around)?;
        last = records.iter().map(|record| record.at).fold(last, Date::max);
        // What is older is not asked for again.
        seen = ids;
    }
}

fn show(records: &[AuditRecord], format: Format, around: &Surroundings<'_>) -> Result<(), Failure> {
    let text = match format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            for record in records {
                write(&mut page, record);
            }
            page.into_text()
        }
        Format::Json => records.iter().map(|record| line(record) + "\n").collect(),
    };
    output::result(text.as_bytes())
}

fn write(page: &mut Page, record: &AuditRecord) {
    page.heading(&printable(&format!("{} {} {}", record.at, record.event, record.outcome)));
    page.entry_if("user", record.user_id.as_deref());
    page.entry_if("session", record.session_id.as_deref());
    page.entry_if("from", record.ip_address.as_deref());
    page.entry_if("with", record.user_agent.as_deref());
    page.entry_if("request", record.request_id.as_deref());
    for (name, value) in &record.details {
        match value {
            Value::String(text) => page.entry(name, text),
            value => page.entry(name, &value.to_string()),
        }
    }
}

/// The record on one line, with no character that a terminal would act on.
fn line(record: &AuditRecord) -> String {
    let mut json = Map::new();
    let all = [
        ("id", json!(record.id)),
        ("at", json!(record.at)),
        ("event", json!(record.event)),
        ("outcome", json!(record.outcome)),
        ("user_id", json!(record.user_id)),
        ("session_id", json!(record.session_id)),
        ("ip_address", json!(record.ip_address)),
        ("user_agent", json!(record.user_agent)),
        ("request_id", json!(record.request_id)),
        ("details", Value::from(record.details.clone())),
    ];
    json.extend(all.map(|(name, value)| (name.to_owned(), value)));
    printable(&Value::from(json).to_string())
}
