//! `gatewright users`

mod import;
mod lines;

use anyhow::anyhow;
use gatewright_report::Exit;
use gatewright_server::{
    AuditEntry, AuditEvent, OldSessions, Roster, RosterError, Store, StoreError, UserFilter,
    UserSummary,
};
use serde_json::{Map, Value as Json, json};

use super::database;
use crate::args::Format;
use crate::args::users::{CreateFlags, ListFlags, SetPasswordFlags, ShowFlags, UsersCommand};
use crate::config::Settings;
use crate::environment::Environment;
use crate::input::Source;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(
    command: &UsersCommand,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let flags = match command {
        UsersCommand::Create(flags) => &flags.database,
        UsersCommand::Import(flags) => &flags.database,
        UsersCommand::List(flags) => &flags.database,
        UsersCommand::SetPassword(flags) => &flags.database,
        UsersCommand::Show(flags) => &flags.database,
    };
    let settings = database::settings(flags, environment)?;
    let (of_users, of_sessions) = settings.additional_fields();
    database::with_fields(&settings, of_users, of_sessions, async |store| match command {
        UsersCommand::Create(flags) => create(flags, &settings, store, around).await,
        UsersCommand::Import(flags) => {
            let log = database::audit_log(&settings, store, around);
            import::run(flags, roster(&settings, store, around)?, log).await
        }
        UsersCommand::List(flags) => list(flags, store, around).await,
        UsersCommand::SetPassword(flags) => set_password(flags, &settings, store, around).await,
        UsersCommand::Show(flags) => show(flags, store, around).await,
    })
}

fn roster(
    settings: &Settings,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Roster, Failure> {
    let (of_users, _) = settings.additional_fields();
    let (clock, random) = (around.clock.clone(), around.random.clone());
    Roster::new(settings.email_and_password(), &of_users, store.clone(), clock, random)
        .map_err(failed)
}

/// What the user can mend is told apart from what failed.
pub(super) fn failed(error: RosterError) -> Failure {
    match error {
        RosterError::Flaw(_)
        | RosterError::NotFound
        | RosterError::Store(StoreError::Unstorable) => Failure::Usage(anyhow::Error::new(error)),
        error => Failure::Internal(anyhow::Error::new(error)),
    }
}

async fn list(
    flags: &ListFlags,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let filter = UserFilter {
        search: flags.search.clone(),
        email_verified: flags.unverified.then_some(false),
        after: flags.after.clone(),
    };
    // One more says whether there is a next page.
    let mut users =
        store.summarize_users(&filter, flags.limit + 1).await.map_err(database::failed)?;
    let limit = usize::try_from(flags.limit).unwrap_or(usize::MAX);
    let has_more = users.len() > limit;
    users.truncate(limit);
    let next = users.last().filter(|_| has_more).map(|user| user.email.clone());
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            for user in &users {
                write(&mut page, user);
            }
            output::result(page.into_text().as_bytes())?;
            let more = next.map(|email| format!("; more with --after {}", printable(&email)));
            output::note(&format!("{} users{}", users.len(), more.unwrap_or_default()));
        }
        Format::Json => {
            let users: Vec<_> = users.iter().map(as_json).collect();
            output::json(&json!({ "version": JSON_VERSION, "users": users, "next": next }))?;
        }
    }
    Ok(Exit::Clean)
}

async fn show(
    flags: &ShowFlags,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let user = store.summarize_user(&flags.user).await.map_err(database::failed)?;
    let user =
        user.ok_or_else(|| Failure::Usage(anyhow!("there is no user {}", printable(&flags.user))))?;
    let providers = store.providers_of(&user.id).await.map_err(database::failed)?;
    let now = around.clock.now();
    let count = store.count_sessions(&user.id, now).await.map_err(database::failed)?;
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            write(&mut page, &user);
            page.entry("accounts", &providers.join(", "));
            page.entry("sessions", &count.to_string());
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => {
            let mut shown = as_json(&user);
            if let Some(shown) = shown.as_object_mut() {
                shown.insert("accounts".to_owned(), json!(providers));
                shown.insert("sessions".to_owned(), json!(count));
            }
            output::json(&json!({ "version": JSON_VERSION, "user": shown }))?;
        }
    }
    Ok(Exit::Clean)
}

async fn create(
    flags: &CreateFlags,
    settings: &Settings,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let mut row = Map::new();
    for field in &flags.fields {
        let (name, value) = field.split_once('=').ok_or_else(|| {
            Failure::Usage(anyhow!("--field takes a name and a value, like role=admin"))
        })?;
        row.insert(name.to_owned(), json!(value));
    }
    row.insert("email".to_owned(), json!(flags.email));
    row.insert("name".to_owned(), json!(flags.name));
    row.insert("email_verified".to_owned(), json!(flags.verified));
    row.insert("image".to_owned(), json!(flags.image));
    row.insert("id".to_owned(), json!(flags.id));
    if let Some(argument) = &flags.password {
        row.insert("password".to_owned(), json!(read_password(argument, around)?));
    }
    let user = match roster(settings, store, around)?.create(row).await {
        Err(error @ RosterError::Taken) => {
            output::note(&error.to_string());
            return Ok(Exit::Findings);
        }
        done => done.map_err(failed)?,
    };
    let entry = AuditEntry::new(AuditEvent::UserCreate).user(&user.id);
    database::audit_log(settings, store, around).record(entry).await;
    match flags.database.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            write(&mut page, &user);
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => {
            output::json(&json!({ "version": JSON_VERSION, "user": as_json(&user) }))?;
        }
    }
    Ok(Exit::Clean)
}

async fn set_password(
    flags: &SetPasswordFlags,
    settings: &Settings,
    store: &Store,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let password = read_password(&flags.password, around)?;
    let old = if flags.keep_sessions { OldSessions::Keep } else { OldSessions::End };
    let roster = roster(settings, store, around)?;
    let count = roster.set_password(&flags.user, password, old).await.map_err(failed)?;
    let entry = AuditEntry::new(AuditEvent::UserChange).detail("changed", "password");
    let id = store.find_user_id(&flags.user).await.map_err(database::failed)?;
    let entry = id.iter().fold(entry, |entry, id| entry.user(id));
    database::audit_log(settings, store, around).record(entry).await;
    match flags.database.format {
        Format::Human => {
            let text = format!("the password is set; {count} sessions ended\n");
            output::result(text.as_bytes())?;
        }
        Format::Json => output::json(&json!({ "version": JSON_VERSION, "revoked": count }))?,
    }
    Ok(Exit::Clean)
}

/// The password that the user means.
fn read_password(argument: &str, around: &Surroundings<'_>) -> Result<String, Failure> {
    let source = Source::text(argument);
    if matches!(source, Source::Argument(_)) {
        output::warn(
            around.warnings,
            "a list of processes shows others a password on the command line; give it as @FILE, \
             env:NAME, or - for stdin",
        );
    }
    around.inputs.text("password", &source).map_err(Failure::Usage)
}

fn write(page: &mut Page, user: &UserSummary) {
    page.heading(&printable(&user.email));
    page.entry("id", &user.id);
    page.entry("name", &user.name);
    page.entry("verified", if user.email_verified { "yes" } else { "no" });
    page.entry_if("image", user.image.as_deref());
    page.entry("made", &user.created_at.to_string());
    page.entry("changed", &user.updated_at.to_string());
    for (name, value) in &user.additional {
        page.entry(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
}

fn as_json(user: &UserSummary) -> Json {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "email_verified": user.email_verified,
        "image": user.image,
        "created_at": user.created_at.to_string(),
        "updated_at": user.updated_at.to_string(),
        "additional_fields": user.additional,
    })
}
