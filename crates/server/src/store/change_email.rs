//! The address of a user, and its change.

use super::engine::{Row, values};
use super::user::User;
use super::{Store, StoreError};
use crate::clock::Date;

/// A change of address.
pub(crate) struct NewEmail {
    pub(crate) user_id: String,
    /// The address as it was read: who has another by now asks for another change.
    pub(crate) old_email: String,
    /// In lower case.
    pub(crate) email: String,
    pub(crate) state: EmailState,
    pub(crate) now: Date,
}

/// Whether the new address counts as verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EmailState {
    /// As the old one did.
    AsBefore,
    Unverified,
}

/// Why an address was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeEmailError {
    /// The user has another address by now, or has gone.
    #[error("the address is not theirs any more")]
    NotTheirs,
    /// Another user has the new address.
    #[error("the address is taken")]
    Taken,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChangeEmailError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Taken,
            error => Self::Store(error),
        }
    }
}

impl Store {
    /// Changes the address of a user, unless it is another by now.
    pub(crate) async fn change_email(&self, change: NewEmail) -> Result<User, ChangeEmailError> {
        let statements = self.statements.clone();
        self.engine
            .write(move |tx| {
                Box::pin(async move {
                    let NewEmail { user_id, old_email, email, state, now } = &change;
                    let stays = *state == EmailState::AsBefore;
                    let values = values![email, stays, *now, user_id, old_email];
                    let read = |row: &Row<'_>| statements.user(row, 0);
                    let changed = tx.first(&statements.change_email, values, read).await?;
                    changed.ok_or(ChangeEmailError::NotTheirs)
                })
            })
            .await
    }
}
