#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod challenge;
mod clock;
mod credential;
mod event;
mod extract;
mod future;
mod head;
mod keys;
mod layer;
mod require;
mod service;
mod token_cache;
mod verifier;

pub use challenge::{ChallengeError, Denial, Scopes};
pub use clock::Clock;
pub use credential::{CookiePages, Credential, CredentialError, bearer_token};
pub use event::{Event, Observer};
pub use extract::{
    Authenticated, USER_PARAMETER, UserHeader, UserId, UserPath, UserQuery, UserRejection,
};
pub use future::GuardFuture;
pub use head::Head;
pub use keys::{
    FileKeys, FileKeysOptions, PlainHttp, RemoteKeys, RemoteKeysError, RemoteKeysOptions,
};
pub use layer::Guard;
pub use require::{Grants, PatternError, Require, RequireFuture, RequireService};
pub use service::GuardService;
pub use verifier::Verifier;

pub use gatewright_jose::{
    Algorithm, JwkSet, KeyCacheTimes, KeyError, KeySet, Policy, Rejection, UnixTime, Verified,
    VerifyingKey,
};
