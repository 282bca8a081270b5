//! The rules: who gets in, and what a session is. No HTTP framework here, and no SQL.

pub(crate) mod account;
mod additional;
pub(crate) mod change_email;
pub(crate) mod change_password;
pub(crate) mod delete_user;
mod email_token;
mod even;
mod password_length;
pub(crate) mod password_reset;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod token;
pub(crate) mod verification;
