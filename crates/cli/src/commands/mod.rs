//! One file or folder for each command: a thin front of a library.

pub(crate) mod audit_log;
pub(crate) mod completions;
pub(crate) mod config;
mod database;
pub(crate) mod db;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod openapi;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod sessions;
pub(crate) mod token;
pub(crate) mod users;
