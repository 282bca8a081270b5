#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod challenge;
mod clock;
mod credential;
mod extract;
mod future;
mod layer;
mod remote_keys;
mod service;
mod verifier;

pub use challenge::Denial;
pub use clock::Clock;
pub use credential::bearer_token;
pub use extract::{Authenticated, USER_PARAMETER, UserId, UserPath, UserPathRejection};
pub use future::GuardFuture;
pub use layer::Guard;
pub use remote_keys::{PlainHttp, RemoteKeys, RemoteKeysError, RemoteKeysOptions};
pub use service::GuardService;
pub use verifier::Verifier;

pub use gatewright_jose::{
    Algorithm, JwkSet, KeyCacheTimes, KeyError, KeySet, Policy, Rejection, UnixTime, Verified,
    VerifyingKey,
};
