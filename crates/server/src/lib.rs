#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod audit;
mod call;
mod client_ip;
mod clock;
mod context;
mod cookie_cache;
mod cookies;
mod cors;
mod crypto;
mod csrf;
mod error;
mod error_codes;
mod error_page;
mod every;
mod fields;
mod flows;
mod glob;
mod listen;
mod lockout;
mod mail;
mod methods;
mod metrics;
mod openapi;
mod options;
mod origin;
mod password;
mod rate_limit;
mod redirect;
mod reply;
mod request_log;
mod roster;
mod router;
mod routes;
mod secret_flaws;
mod shape;
mod signed_tokens;
mod signing_keys;
mod store;
mod trace;
mod wire;

pub use audit::{AuditEntry, AuditEvent, AuditLog, AuditOutcome, AuditRecord};
pub use client_ip::{Network, NetworkError};
pub use clock::{Clock, Date};
pub use context::{Context, KeyCheckError, StartError};
pub use cookies::{CookieError, check_cookies};
pub use crypto::{
    Random, SECRET_MIN_CHARACTERS, SameVersion, Secret, SecretRotation, SecretTooShort,
    equal_in_constant_time,
};
pub use fields::{
    AdditionalField, AdditionalFields, FieldDefault, FieldError, FieldOwner, FieldType,
};
pub use listen::listen;
pub use mail::{MailError, MailPreview, TemplateError, mail_kinds, preview_mail, send_test_mail};
pub use openapi::openapi;
pub use options::{
    Advanced, AuditLogOptions, BaseUrl, BaseUrlError, ChangeEmail, CookieAttributeError,
    CookieAttributes, CookieCacheOptions, CookieCacheStrategy, CookieDomain, CookieOverride,
    CookieOverrides, CookiePath, CrossSubDomainCookies, CustomRule, CustomRules, DeleteUser,
    DisabledPaths, EmailAndPassword, EmailVerification, ErrorUrl, ErrorUrlError, IpAddressOptions,
    Ipv6Subnet, JwksOptions, Jwt, Lockout, LockoutLimit, Mail, MailPassword, NoEndpoint,
    NoIpv6Subnet, OnApiError, OpenApi, Options, RateLimit, RateLimitStorage, RuleError, SameSite,
    Security, Sender, SenderError, SessionOptions, Smtp, UnknownStrategy, UserOptions,
};
pub use origin::{OriginPatternError, TrustedOrigins};
pub use password::{HashFlaw, HashKind};
pub use roster::{
    Import, ImportError, LineFlaw, OldSessions, OnConflict, RecordFlaw, Roster, RosterError, Tally,
};
pub use router::{metrics_router, router};
pub use secret_flaws::SecretFlaw;
pub use signing_keys::{KeySummary, KeysError, OldKeys, rotate_keys};
pub use store::{
    AuditQuery, Copied, CopiedTable, CopyError, CopyProgress, DatabaseUrl, DatabaseUrlError, Drift,
    DriftKind, Inspection, Refusal, SchemaVersion, SessionSummary, Sessions, Store, StoreError,
    TableSize, UserFilter, UserSummary,
};
pub use trace::TRACE_TARGET;
