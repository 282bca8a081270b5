//! Users taken in from elsewhere: a batch a transaction, with what is there passed over, so that an
//! import that was broken off can be run again.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value as Json};
use tokio::task::JoinSet;

use super::record::{GivenPassword, Record, RecordFlaw};
use super::{Roster, RosterError};
use crate::crypto::ID_CHARACTERS;
use crate::password::{HashKind, Passwords};
use crate::store::{NewRow, RevisedRow, StoreError};

/// Rows that are written at once.
const BATCH: usize = 500;

/// Tries of a batch that somebody's sign-up came in between of, before its rows are written singly.
const TRIES: usize = 2;

/// What becomes of a row whose user is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to do with it")]
pub enum OnConflict {
    /// The import ends.
    Fail,
    /// It is passed over.
    Skip,
    /// What it gives takes the place of what is there.
    Update,
}

/// A line that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineFlaw {
    /// Counted from 1.
    pub line: u64,
    /// Why; no value of the line is in it.
    pub reason: String,
}

/// Why an import has ended before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The user of a line is there, and that was not to be.
    #[error("line {line}: there is a user with this address or id")]
    Conflict {
        /// Counted from 1.
        line: u64,
    },
    /// It failed.
    #[error(transparent)]
    Roster(#[from] RosterError),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Roster(error.into())
    }
}

/// What has been done so far; in a dry run, what would have been.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Rows that were read.
    pub read: u64,
    /// Users made.
    pub imported: u64,
    /// Users changed.
    pub updated: u64,
    /// Rows whose user was there.
    pub skipped: u64,
    /// Rows with a flaw.
    pub refused: u64,
    /// Hashes that were taken in, by kind. Those that sign-in replaces are all but Better Auth's.
    pub hashes: BTreeMap<HashKind, u64>,
    /// Users made or changed without a password.
    pub without_password: u64,
}

/// An import that goes on. It holds no more than one batch.
pub struct Import {
    roster: Roster,
    on_conflict: OnConflict,
    is_dry_run: bool,
    pending: Vec<(u64, Record)>,
    /// Addresses and ids among them.
    names: HashSet<String>,
    tally: Tally,
    flaws: Vec<LineFlaw>,
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("tally", &self.tally).finish_non_exhaustive()
    }
}

/// What is to be done with the rows of a batch.
#[derive(Default)]
struct Plan {
    /// Indexes into the batch.
    new: Vec<usize>,
    /// The same, with the id of the user.
    revised: Vec<(usize, String)>,
    skipped: u64,
    /// Rows that mean two users.
    ambiguous: Vec<usize>,
}

impl Import {
    pub(super) fn new(roster: Roster, on_conflict: OnConflict, is_dry_run: bool) -> Self {
        Self {
            roster,
            on_conflict,
            is_dry_run,
            pending: Vec::with_capacity(BATCH),
            names: HashSet::new(),
            tally: Tally::default(),
            flaws: Vec::new(),
        }
    }

    /// Columns that nothing is known of are no flaw.
    #[must_use]
    pub fn passing_unknown_over(mut self) -> Self {
        self.roster.rules.pass_unknown_over();
        self
    }

    /// Takes the row of a line, or that it could not be read.
    pub async fn push(
        &mut self,
        line: u64,
        row: Result<Map<String, Json>, String>,
    ) -> Result<(), ImportError> {
        self.tally.read += 1;
        let now = self.roster.clock.now();
        let record = row.and_then(|row| {
            self.roster.rules.read(row, now).map_err(|flaw: RecordFlaw| flaw.to_string())
        });
        let record = match record {
            Ok(record) => record,
            Err(reason) => {
                self.refuse(line, reason);
                return Ok(());
            }
        };
        let names = names_of(&record);
        if self.pending.len() >= BATCH || names.iter().any(|name| self.names.contains(name)) {
            self.flush().await?;
        }
        self.names.extend(names);
        self.pending.push((line, record));
        Ok(())
    }

    /// Writes what is left, and says what was done.
    pub async fn finish(&mut self) -> Result<(), ImportError> {
        self.flush().await
    }

    /// What has been done so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The flaws that were found since this was last asked.
    pub fn take_flaws(&mut self) -> Vec<LineFlaw> {
        std::mem::take(&mut self.flaws)
    }

    fn refuse(&mut self, line: u64, reason: String) {
        self.tally.refused += 1;
        self.flaws.push(LineFlaw { line, reason });
    }

    async fn flush(&mut self) -> Result<(), ImportError> {
        self.names.clear();
        let mut batch = std::mem::take(&mut self.pending);
        for _ in 0..TRIES {
            if self.write(&mut batch).await? {
                return Ok(());
            }
        }
        // One of them has a value that may be there once, and each is to be told by itself.
        for row in batch {
            let line = row.0;
            if !self.write(&mut [row]).await? {
                let reason = "another user has a value of it that may be there once";
                self.refuse(line, reason.to_owned());
            }
        }
        Ok(())
    }

    /// Writes a batch; `false` if something in it was there after all, and nothing was written.
    async fn write(&mut self, batch: &mut [(u64, Record)]) -> Result<bool, ImportError> {
        let plan = self.plan(batch).await?;
        if !self.is_dry_run {
            let wanted = plan.new.iter().chain(plan.revised.iter().map(|(index, _)| index));
            self.hash(batch, wanted.copied().collect()).await?;
            let now = self.roster.clock.now();
            let (new, revised) = self.rows(batch, &plan)?;
            match self.roster.store.write_users(new, revised, now).await {
                Ok(()) => {}
                Err(StoreError::Conflict(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.count(batch, &plan);
        Ok(true)
    }

    async fn plan(&self, batch: &[(u64, Record)]) -> Result<Plan, ImportError> {
        let emails: Vec<&str> = batch.iter().map(|(_, record)| record.email.as_str()).collect();
        let ids: Vec<&str> = batch.iter().filter_map(|(_, record)| record.id.as_deref()).collect();
        let taken = self.roster.store.find_taken(&emails, &ids).await?;
        let by_email: HashMap<&str, &str> =
            taken.iter().map(|(id, email)| (email.as_str(), id.as_str())).collect();
        let known: HashSet<&str> = taken.iter().map(|(id, _)| id.as_str()).collect();
        let mut plan = Plan::default();
        for (index, (line, record)) in batch.iter().enumerate() {
            let of_id = record.id.as_deref().filter(|id| known.contains(id));
            let of_email = by_email.get(record.email.as_str()).copied();
            match (of_id.or(of_email), self.on_conflict) {
                (None, _) => plan.new.push(index),
                (Some(_), OnConflict::Fail) => {
                    return Err(ImportError::Conflict { line: *line });
                }
                (Some(_), OnConflict::Skip) => plan.skipped += 1,
                (Some(_), OnConflict::Update)
                    if of_id.is_some() && of_email.is_some() && of_id != of_email =>
                {
                    plan.ambiguous.push(index);
                }
                (Some(id), OnConflict::Update) => plan.revised.push((index, id.to_owned())),
            }
        }
        Ok(plan)
    }

    /// Hashes the passwords of these rows, as many at once as there are cores.
    async fn hash(
        &self,
        batch: &mut [(u64, Record)],
        wanted: Vec<usize>,
    ) -> Result<(), ImportError> {
        let mut hashing = JoinSet::new();
        for index in wanted {
            let Some((_, record)) = batch.get(index) else { continue };
            let GivenPassword::Plain(password) = record.password.clone() else { continue };
            if hashing.len() >= Passwords::width() {
                keep(batch, hashing.join_next().await)?;
            }
            let passwords = self.roster.passwords.clone();
            hashing.spawn(async move { (index, passwords.hash(password).await) });
        }
        while let Some(done) = hashing.join_next().await {
            keep(batch, Some(done))?;
        }
        Ok(())
    }

    fn rows(
        &self,
        batch: &[(u64, Record)],
        plan: &Plan,
    ) -> Result<(Vec<NewRow>, Vec<RevisedRow>), RosterError> {
        let now = self.roster.clock.now();
        let at = |index: &usize| batch.get(*index).map(|(_, record)| record);
        let new = plan.new.iter().filter_map(at).map(|record| self.roster.new_row(record, now));
        let revised = plan.revised.iter().filter_map(|(index, id)| Some((at(index)?, id)));
        let revised = revised.map(|(record, user_id)| {
            Ok(RevisedRow {
                user_id: user_id.clone(),
                name: record.name.clone(),
                image: record.image.clone(),
                email_verified: record.email_verified,
                changes: self.roster.changes(record)?,
                account_id: self.roster.random.id(ID_CHARACTERS),
                hash: record.hash()?,
            })
        });
        Ok((new.collect::<Result<_, _>>()?, revised.collect::<Result<_, RosterError>>()?))
    }

    fn count(&mut self, batch: &[(u64, Record)], plan: &Plan) {
        for index in &plan.ambiguous {
            if let Some((line, _)) = batch.get(*index) {
                let reason = "the id is one user's, and the address another's";
                self.refuse(*line, reason.to_owned());
            }
        }
        self.tally.imported += count(plan.new.len());
        self.tally.updated += count(plan.revised.len());
        self.tally.skipped += plan.skipped;
        for index in plan.new.iter().chain(plan.revised.iter().map(|(index, _)| index)) {
            let kind = match batch.get(*index).map(|(_, record)| &record.password) {
                Some(GivenPassword::Hash(hash)) => HashKind::of(hash).ok(),
                Some(GivenPassword::Plain(_)) => Some(HashKind::BetterAuth),
                Some(GivenPassword::None) | None => None,
            };
            match kind {
                Some(kind) => *self.tally.hashes.entry(kind).or_default() += 1,
                None => self.tally.without_password += 1,
            }
        }
    }
}

type Hashed =
    Result<(usize, Result<String, crate::password::PasswordError>), tokio::task::JoinError>;

/// Puts a hash in the place of its password.
fn keep(batch: &mut [(u64, Record)], hashed: Option<Hashed>) -> Result<(), RosterError> {
    let Some(hashed) = hashed else { return Ok(()) };
    let (index, hash) = hashed.map_err(|_stopped| RosterError::Hash)?;
    if let Some((_, record)) = batch.get_mut(index) {
        record.password = GivenPassword::Hash(hash?);
    }
    Ok(())
}

/// What may be there once; the two kinds cannot be mixed up.
fn names_of(record: &Record) -> Vec<String> {
    let id = record.id.as_ref().map(|id| format!("id {id}"));
    id.into_iter().chain([format!("email {}", record.email)]).collect()
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
