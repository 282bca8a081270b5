#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod call;
mod client_ip;
mod clock;
mod context;
mod cookies;
mod cors;
mod crypto;
mod csrf;
mod error;
mod error_codes;
mod flows;
mod glob;
mod listen;
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
mod signing_keys;
mod store;
mod trace;
mod wire;

pub use client_ip::{Network, NetworkError};
pub use clock::{Clock, Date};
pub use context::{Context, StartError};
pub use crypto::{Random, SECRET_MIN_CHARACTERS, Secret, SecretTooShort, equal_in_constant_time};
pub use listen::listen;
pub use openapi::openapi;
pub use options::{
    Advanced, BaseUrl, BaseUrlError, EmailAndPassword, EmailVerification, Jwt, Mail, OpenApi,
    Options, RateLimit, SessionOptions, UserOptions,
};
pub use origin::{OriginPatternError, TrustedOrigins};
pub use router::{metrics_router, router};
pub use secret_flaws::SecretFlaw;
pub use store::{SessionSummary, Sessions, Store, StoreError};
pub use trace::TRACE_TARGET;
