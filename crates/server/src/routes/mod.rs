//! The endpoints, in files named as upstream names its own.

pub(crate) mod account;
pub(crate) mod change_email;
pub(crate) mod change_password;
pub(crate) mod delete_user;
pub(crate) mod email_verification;
pub(crate) mod error;
pub(crate) mod health;
pub(crate) mod jwt;
pub(crate) mod metrics;
pub(crate) mod ok;
pub(crate) mod open_api;
pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sign_up;
pub(crate) mod update_user;
