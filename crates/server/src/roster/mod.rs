//! Users as an operator makes and changes them, by the rules of sign-up.

mod import;
mod record;

use crate::clock::{Clock, Date};
use crate::crypto::{ID_CHARACTERS, Random};
use crate::fields::{AdditionalFields, Changes};
use crate::metrics::Passwords as Metrics;
use crate::options::EmailAndPassword;
use crate::password::{PasswordError, Passwords};
use crate::store::{NewRow, Store, StoreError, User, UserSummary};

pub use import::{Import, ImportError, LineFlaw, OnConflict, Tally};
pub use record::RecordFlaw;
use record::{GivenPassword, Record, RecordRules};

/// What becomes of the sessions of who gets a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "they end or they do not")]
pub enum OldSessions {
    /// They end.
    End,
    /// They go on.
    Keep,
}

/// Why a user was not made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// What was given breaks a rule.
    #[error(transparent)]
    Flaw(#[from] RecordFlaw),
    /// Hashing failed.
    #[error("the password could not be hashed")]
    Hash,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody has the address or the id, or another value that may be there once.
    #[error(
        "there is a user with this address or id, or with another value that may be there once"
    )]
    Taken,
    /// The system gave no threads for password hashing.
    #[error("cannot start the threads that hash passwords")]
    Threads(#[source] std::io::Error),
}

impl From<PasswordError> for RosterError {
    fn from(_: PasswordError) -> Self {
        Self::Hash
    }
}

/// The users of a database, to be written.
#[derive(Clone, Debug)]
pub struct Roster {
    rules: RecordRules,
    store: Store,
    clock: Clock,
    random: Random,
    passwords: Passwords,
}

impl Roster {
    /// The users of `store`, by the rules that its server has.
    pub fn new(
        options: &EmailAndPassword,
        fields: &AdditionalFields,
        store: Store,
        clock: Clock,
        random: Random,
    ) -> Result<Self, RosterError> {
        let rules = RecordRules::new(options, fields, store.numbers());
        let passwords =
            Passwords::start(random.clone(), Metrics::default()).map_err(RosterError::Threads)?;
        Ok(Self { rules, store, clock, random, passwords })
    }

    /// Makes a user of a row of values, as an import has them.
    pub async fn create(
        &self,
        row: serde_json::Map<String, serde_json::Value>,
    ) -> Result<UserSummary, RosterError> {
        let now = self.clock.now();
        let mut record = self.rules.read(row, now)?;
        self.hash(&mut record).await?;
        let new = self.new_row(&record, now)?;
        let user = new.user.clone();
        match self.store.write_users(vec![new], Vec::new(), now).await {
            Ok(()) => Ok(user.into()),
            Err(StoreError::Conflict(_)) => Err(RosterError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets the password of a user, by id or e-mail address; says how many sessions have ended.
    pub async fn set_password(
        &self,
        user: &str,
        password: String,
        sessions: OldSessions,
    ) -> Result<u64, RosterError> {
        self.rules.check_password(&password)?;
        let user = self.store.summarize_user(user).await?.ok_or(RosterError::NotFound)?;
        let hash = self.passwords.hash(password).await?;
        let (account_id, now) = (self.random.id(ID_CHARACTERS), self.clock.now());
        let ends = sessions == OldSessions::End;
        Ok(self.store.set_password(user.id, account_id, hash, ends, now).await?)
    }

    /// Takes users in, row by row.
    pub fn import(&self, on_conflict: OnConflict, is_dry_run: bool) -> Import {
        Import::new(self.clone(), on_conflict, is_dry_run)
    }

    /// Puts a hash in the place of a password.
    async fn hash(&self, record: &mut Record) -> Result<(), RosterError> {
        if let GivenPassword::Plain(password) = &record.password {
            let hash = self.passwords.hash(password.clone()).await?;
            record.password = GivenPassword::Hash(hash);
        }
        Ok(())
    }

    /// The row of a new user; the password is hashed.
    fn new_row(&self, record: &Record, now: Date) -> Result<NewRow, RosterError> {
        let created_at = record.created_at.unwrap_or(now);
        let user = User {
            id: record.id.clone().unwrap_or_else(|| self.random.id(ID_CHARACTERS)),
            name: record.name.clone().unwrap_or_default(),
            email: record.email.clone(),
            email_verified: record.email_verified.unwrap_or_default(),
            image: record.image.clone(),
            created_at,
            updated_at: record.updated_at.unwrap_or(created_at),
            additional: self.rules.additional(&record.more, created_at)?,
        };
        Ok(NewRow { user, account_id: self.random.id(ID_CHARACTERS), hash: record.hash()? })
    }

    fn changes(&self, record: &Record) -> Result<Changes, RosterError> {
        Ok(self.rules.changes(&record.more)?)
    }
}
