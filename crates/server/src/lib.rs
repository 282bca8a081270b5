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
pub use context::{Context, StartError};
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
    CookieOverrides, CookiePath, CrossSubDomainCookies, DeleteUser, EmailAndPassword,
    EmailVerification, ErrorUrl, ErrorUrlError, Jwt, Lockout, LockoutLimit, Mail, MailPassword,
    OnApiError, OpenApi, Options, RateLimit, RateLimitStorage, SameSite, Security, Sender,
    SenderError, SessionOptions, Smtp, UnknownStrategy, UserOptions,
};
pub use origin::{OriginPatternError, TrustedOrigins};
pub use router::{metrics_router, router};
pub use secret_flaws::SecretFlaw;
pub use store::{
    AuditQuery, DatabaseUrl, DatabaseUrlError, Refusal, SessionSummary, Sessions, Store, StoreError,
};
pub use trace::TRACE_TARGET;
