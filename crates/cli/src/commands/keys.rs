//! `gatewright keys`

use gatewright_report::Exit;
use gatewright_server::{Date, KeySummary, KeysError, OldKeys, Store, rotate_keys};
use serde_json::json;

use super::database;
use crate::args::Format;
use crate::args::keys::{KeysCommand, RotateFlags};
use crate::args::sessions::DatabaseFlags;
use crate::config::Settings;
use crate::environment::Environment;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(
    command: &KeysCommand,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let flags = match command {
        KeysCommand::List(flags) => flags,
        KeysCommand::Rotate(flags) => &flags.database,
    };
    let settings = database::settings(flags, environment)?;
    database::with_store(&settings, async |store| match command {
        KeysCommand::List(flags) => list(flags, &settings, store, around).await,
        KeysCommand::Rotate(flags) => rotate(flags, &settings, store, environment, around).await,
    })
}

/// What a key is good for at `now`.
fn state(key: &KeySummary, grace_period: i64, now: Date) -> &'static str {
    let is_past = |at: Option<Date>| at.is_some_and(|at| at <= now);
    match (is_past(key.expires_at), is_past(key.published_until(grace_period))) {
        (false, _) => "signs",
        (true, false) => "verifies",
        (true, true) => "over",
    }
}

async fn list(
    flags: &DatabaseFlags,
    settings: &Settings,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let keys = store.summarize_keys().await.map_err(database::failed)?;
    let (grace_period, now) = (settings.grace_period(), around.clock.now());
    match flags.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            for key in &keys {
                page.heading(&printable(&key.id));
                page.entry("state", state(key, grace_period, now));
                write(&mut page, key, grace_period);
            }
            output::result(page.into_text().as_bytes())?;
            output::note(&format!("{} keys", keys.len()));
        }
        Format::Json => {
            let keys: Vec<_> = keys
                .iter()
                .map(|key| as_json(key, state(key, grace_period, now), grace_period))
                .collect();
            output::json(&json!({ "version": JSON_VERSION, "keys": keys }))?;
        }
    }
    Ok(Exit::Clean)
}

async fn rotate(
    flags: &RotateFlags,
    settings: &Settings,
    store: &Store,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let options = settings.for_keys(environment).map_err(Failure::Usage)?;
    let old = if flags.forget_old { OldKeys::Forget } else { OldKeys::Expire };
    let rotated = rotate_keys(&options, store, &around.clock, &around.random, old).await;
    let key = rotated.map_err(|error| match error {
        KeysError::OtherSecret { .. }
        | KeysError::Unusable { .. }
        | KeysError::NotJson { .. }
        | KeysError::Shared => Failure::Usage(anyhow::Error::new(error)),
        error => Failure::Internal(anyhow::Error::new(error)),
    })?;
    if options.jwt.jwks.disable_private_key_encryption {
        output::warn(around.warnings, "the new private key lies in the database unencrypted");
    }
    let grace_period = settings.grace_period();
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            page.heading(&printable(&key.id));
            write(&mut page, &key, grace_period);
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => {
            let key = as_json(&key, "signs", grace_period);
            output::json(&json!({ "version": JSON_VERSION, "key": key }))?;
        }
    }
    Ok(Exit::Clean)
}

fn write(page: &mut Page, key: &KeySummary, grace_period: i64) {
    let date = |at: Option<Date>| at.map(|at| at.to_string());
    page.entry("algorithm", &key.algorithm);
    page.entry_if("curve", key.curve.as_deref());
    page.entry("made", &key.created_at.to_string());
    page.entry_if("signs until", date(key.expires_at).as_deref());
    page.entry_if("published", date(key.published_until(grace_period)).as_deref());
    page.entry("stored", if key.is_encrypted { "encrypted" } else { "unencrypted" });
}

fn as_json(key: &KeySummary, state: &str, grace_period: i64) -> serde_json::Value {
    json!({
        "id": key.id,
        "state": state,
        "algorithm": key.algorithm,
        "curve": key.curve,
        "created_at": key.created_at.to_string(),
        "expires_at": key.expires_at.map(|at| at.to_string()),
        "published_until": key.published_until(grace_period).map(|at| at.to_string()),
        "encrypted": key.is_encrypted,
    })
}
