//! The audit log: who did what, when and from where.
//!
//! Rows are added, and removed when they are as old as was asked for; nothing changes one, and the
//! database refuses it. No row has a password, a token or an e-mail address in it.

mod events;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::call::Facts;
use crate::clock::{Clock, Date};
use crate::context::Context;
use crate::crypto::{ID_CHARACTERS, Random};
use crate::every::{Every, remove_in_parts};
use crate::options::AuditLogOptions;
use crate::store::{Store, StoreError};

pub use events::{AuditEvent, AuditOutcome};

/// Seconds between two removals of what is old.
const REMOVAL_EVERY: i64 = 3600;

/// Seconds by which a row is older than it need be when it is removed: the database looks at its
/// own clock, and refuses what is too young for it.
const SLACK: i64 = 3600;

/// Characters that are kept of what a client calls itself.
const MOST_AGENT_CHARACTERS: usize = 512;

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// Names the row.
    pub id: String,
    /// When it happened.
    pub at: Date,
    /// The name of an [`AuditEvent`].
    pub event: String,
    /// The name of an [`AuditOutcome`].
    pub outcome: String,
    /// Whom it happened to.
    pub user_id: Option<String>,
    /// The id of the session in which it was done, or that it began; it opens nothing.
    pub session_id: Option<String>,
    /// Where it was done from.
    pub ip_address: Option<String>,
    /// With which program, as that says.
    pub user_agent: Option<String>,
    /// `x-request-id` of the answer, and of the lines in the log.
    pub request_id: Option<String>,
    /// What else there is to say.
    pub details: Map<String, Value>,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    event: AuditEvent,
    outcome: AuditOutcome,
    user_id: Option<String>,
    session_id: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    details: Map<String, Value>,
}

impl AuditEntry {
    /// Something that was done, by the server itself or by an operator.
    pub fn new(event: AuditEvent) -> Self {
        Self {
            event,
            outcome: AuditOutcome::Ok,
            user_id: None,
            session_id: None,
            ip_address: None,
            user_agent: None,
            request_id: None,
            details: Map::new(),
        }
    }

    /// Something that a request did.
    pub(crate) fn of(cx: &Context, facts: &Facts, event: AuditEvent) -> Self {
        let agent: String = facts.user_agent().chars().take(MOST_AGENT_CHARACTERS).collect();
        Self {
            ip_address: Some(facts.ip(cx)),
            user_agent: Some(agent).filter(|agent| !agent.is_empty()),
            request_id: facts.request_id.clone(),
            ..Self::new(event)
        }
    }

    /// How it went, where not well.
    #[must_use]
    pub fn outcome(self, outcome: AuditOutcome) -> Self {
        Self { outcome, ..self }
    }

    /// Whom it happened to.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        Self { user_id: Some(id.to_owned()), ..self }
    }

    /// In which session.
    #[must_use]
    pub fn session(self, id: &str) -> Self {
        Self { session_id: Some(id.to_owned()), ..self }
    }

    /// What else there is to say. No secret, and no e-mail address: its user may go, the row stays.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    fn into_record(self, id: String, at: Date) -> AuditRecord {
        AuditRecord {
            id,
            at,
            event: self.event.name().to_owned(),
            outcome: self.outcome.name().to_owned(),
            user_id: self.user_id,
            session_id: self.session_id,
            ip_address: self.ip_address,
            user_agent: self.user_agent,
            request_id: self.request_id,
            details: self.details,
        }
    }
}

/// Writes the audit log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuditLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: AuditLogOptions,
    store: Store,
    clock: Clock,
    random: Random,
    removal: Every,
}

impl AuditLog {
    /// The log in `store`.
    pub fn new(options: AuditLogOptions, store: Store, clock: Clock, random: Random) -> Self {
        Self(Arc::new(Inner { options, store, clock, random, removal: Every::default() }))
    }

    /// Writes a row. What has happened has happened: where the database takes no row, or has no table
    /// for it, the program's own log gets the whole of it.
    pub async fn record(&self, entry: AuditEntry) {
        let Inner { options, store, clock, random, .. } = &*self.0;
        if !options.enabled {
            return;
        }
        let now = clock.now();
        let record = entry.into_record(random.id(ID_CHARACTERS), now);
        if !store.has_own_tables() {
            log(&record, None);
            return;
        }
        let expires_at = now.plus_seconds(options.retention);
        if let Err(error) = store.add_audit_record(&record, expires_at).await {
            log(&record, Some(&error));
        }
        self.remove_now_and_then(now);
    }

    /// Removes what is old.
    fn remove_now_and_then(&self, now: Date) {
        if !self.0.removal.is_due(REMOVAL_EVERY, now) {
            return;
        }
        let store = self.0.store.clone();
        remove_in_parts("old rows of the audit log", move || {
            let store = store.clone();
            async move { store.remove_audit_records(now.plus_seconds(-SLACK)).await }
        });
    }
}

/// A row, as a line of the program's log.
fn log(record: &AuditRecord, error: Option<&StoreError>) {
    let AuditRecord { at, event, outcome, user_id, session_id, ip_address, .. } = record;
    let (user_agent, request_id) = (&record.user_agent, &record.request_id);
    let details = Value::from(record.details.clone());
    let Some(error) = error else {
        tracing::info!(
            target: "audit", %at, event, outcome, user_id, session_id, ip_address, user_agent,
            request_id, %details, "audit"
        );
        return;
    };
    tracing::error!(
        target: "audit", %error, %at, event, outcome, user_id, session_id, ip_address, user_agent,
        request_id, %details, "a row of the audit log could not be written"
    );
}
