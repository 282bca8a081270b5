//! The binary from outside: started as a user starts it, spoken to over loopback.
//!
//! Every test has its own server on a free port, in a directory of its own, with a cleared
//! environment. Whatever is waited for is waited for with a limit.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of it is a test, its helpers too: a panic is how it fails"
)]

mod client;
mod database;
mod desk;
mod http_source;
mod key_pair;
mod mailbox;
mod process;
mod raw;
mod server;
mod smtp_server;

mod account;
mod additional_fields;
mod audit_log;
mod change_email;
mod client_address;
mod command_line;
mod config_command;
mod configuration;
mod cors;
mod crash;
mod crowd;
mod db_command;
mod delete_user;
mod disk_full;
mod enumeration;
mod error_page;
mod examples;
mod health_command;
mod keys_command;
mod lockout;
mod logs;
mod mail;
mod mail_command;
mod main_job;
mod malformed;
mod metrics;
mod openapi;
mod options;
mod outage;
mod own_password;
mod packaging;
mod password_queue;
mod password_rules;
mod rate_limit;
mod redirects;
mod secret;
mod secret_command;
mod session_fixation;
mod sessions_command;
mod shared_database;
mod shutdown;
mod smtp;
mod smtp_faults;
mod sqlite;
mod token;
mod tokens;
mod traces;
mod users_command;
mod users_import;
mod verification;

/// Fails with every complaint at once.
#[track_caller]
fn hold(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n  {}\n", complaints.join("\n  "));
}
