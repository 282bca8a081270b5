//! `gatewright sessions`

use anyhow::anyhow;
use gatewright_report::Exit;
use gatewright_server::{AuditEntry, AuditEvent, AuditLog, SessionSummary, Sessions, Store};
use serde_json::json;

use super::database::{self, with_store};
use crate::args::Format;
use crate::args::sessions::{ListFlags, RevokeFlags, SessionsCommand};
use crate::environment::Environment;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(
    command: &SessionsCommand,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let flags = match command {
        SessionsCommand::List(flags) => &flags.database,
        SessionsCommand::Revoke(flags) => &flags.database,
    };
    let settings = database::settings(flags, environment)?;
    with_store(&settings, async |store| match command {
        SessionsCommand::List(flags) => list(flags, store, around).await,
        SessionsCommand::Revoke(flags) => {
            revoke(flags, store, database::audit_log(&settings, store, around)).await
        }
    })
}

async fn list(
    flags: &ListFlags,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let which = flags.user.clone().map_or(Sessions::All, Sessions::OfUser);
    user_id(&which, store).await?;
    let now = around.clock.now();
    let sessions =
        store.summarize_sessions(&which, now, flags.limit).await.map_err(database::failed)?;
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            for session in &sessions {
                write(&mut page, session);
            }
            output::result(page.into_text().as_bytes())?;
            output::note(&format!("{} sessions", sessions.len()));
        }
        Format::Json => {
            let sessions: Vec<_> = sessions.iter().map(as_json).collect();
            output::json(&json!({ "version": JSON_VERSION, "sessions": sessions }))?;
        }
    }
    Ok(Exit::Clean)
}

async fn revoke(flags: &RevokeFlags, store: &Store, audit: AuditLog) -> Result<Exit, Failure> {
    let which = match (&flags.id, &flags.user) {
        (Some(id), _) => Sessions::One(id.clone()),
        (None, Some(user)) => Sessions::OfUser(user.clone()),
        (None, None) => Sessions::All,
    };
    let user_id = user_id(&which, store).await?;
    let entry = AuditEntry::new(AuditEvent::SessionsRevoke).detail("by", "operator");
    let entry = match &which {
        Sessions::One(id) => entry.session(id).detail("which", "one"),
        Sessions::OfUser(_) => entry.detail("which", "all"),
        Sessions::All => entry.detail("which", "everybody"),
    };
    let entry = user_id.iter().fold(entry, |entry, id| entry.user(id));
    let count = store.revoke_sessions(which).await.map_err(database::failed)?;
    audit.record(entry.detail("count", count)).await;
    match flags.database.format {
        Format::Human => output::result(format!("{count} sessions ended\n").as_bytes())?,
        Format::Json => output::json(&json!({ "version": JSON_VERSION, "revoked": count }))?,
    }
    Ok(if count == 0 { Exit::Findings } else { Exit::Clean })
}

/// The id of the user who is meant, if one is. A mistyped one must not look like one without sessions.
async fn user_id(which: &Sessions, store: &Store) -> Result<Option<String>, Failure> {
    let Sessions::OfUser(user) = which else { return Ok(None) };
    let id = store.find_user_id(user).await.map_err(database::failed)?;
    let id = id.ok_or_else(|| Failure::Usage(anyhow!("there is no user {}", printable(user))))?;
    Ok(Some(id))
}

fn write(page: &mut Page, session: &SessionSummary) {
    page.heading(&printable(&session.id));
    page.entry("user", &format!("{} ({})", session.email, session.user_id));
    page.entry("signed in", &session.created_at.to_string());
    page.entry("extended", &session.updated_at.to_string());
    page.entry("ends", &session.expires_at.to_string());
    let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    page.entry_if("from", known(&session.ip_address).as_deref());
    page.entry_if("with", known(&session.user_agent).as_deref());
}

fn as_json(session: &SessionSummary) -> serde_json::Value {
    json!({
        "id": session.id,
        "user_id": session.user_id,
        "email": session.email,
        "created_at": session.created_at.to_string(),
        "updated_at": session.updated_at.to_string(),
        "expires_at": session.expires_at.to_string(),
        "ip_address": session.ip_address,
        "user_agent": session.user_agent,
    })
}
