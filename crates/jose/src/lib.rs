//! JWS, JWT and JWK: parse, verify and sign, with no I/O, no clock and no async.
//!
//! Everything ambient is an argument, and the result type is the proof:
//!
//! ```
//! use gatewright_jose::{Algorithm, KeySet, Policy, Rejection, SigningKey, UnixTime, Verified};
//! use serde::Deserialize;
//! use serde_json::json;
//!
//! let key = SigningKey::ed25519_from_seed(&[7; 32])?.with_key_id("2026-01");
//! let token = key.sign(&json!({
//!     "iss": "https://app.example", "aud": "https://app.example",
//!     "sub": "user-1", "exp": 1_000, "email": "a@app.example",
//! }))?;
//!
//! #[derive(Deserialize)]
//! struct User { email: String }
//!
//! let keys = KeySet::from(key.verifying_key());
//! let policy = Policy::builder()
//!     .issuer("https://app.example")
//!     .audience("https://app.example")
//!     .algorithms([Algorithm::EdDSA])
//!     .build();
//! let verified: Verified<User> = policy.verify(&token, &keys, UnixTime::new(900))?;
//! assert_eq!(verified.subject(), "user-1");
//! assert_eq!(verified.claims().email, "a@app.example");
//!
//! let late = policy.verify::<()>(&token, &keys, UnixTime::new(1_010));
//! assert_eq!(late.unwrap_err(), Rejection::Expired);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to find what
//!
//! - [`SigningKey`] signs: `hmac`, `ed25519_from_seed`, `from_jwk`, `from_pem` or `from_der`, then
//!   `with_key_id`, `sign`, `sign_payload`, `public_jwk`, `private_jwk`, `verifying_key`.
//! - [`VerifyingKey`] checks, and is bound to one [`Algorithm`]; [`KeySet`] holds several, made
//!   `from` a key, by `collect`, or by `from_jwk_set` and `from_jwk_set_json`.
//! - [`Policy`] says what is expected; `verify` gives [`Verified`] or a [`Rejection`] with a stable
//!   [`code`](Rejection::code). `Verified::with_claims` reads further claims later.
//! - [`PayloadPolicy`] verifies a signature over anything else than claims.
//! - [`Jwk::thumbprint`] names a key by what it is.
//! - [`TokenCache`] remembers what was verified, bounded, and never longer than it holds.
//! - [`KeyCache`] decides when a remote key set is fetched; the fetching is the caller's.
//! - [`dangerous`] decodes without verifying, to explain a refusal, and takes short secrets.
//!
//! # What is decided
//!
//! - A key is bound to one algorithm. The `alg` header is compared with it, never obeyed.
//! - RSA keys have 2048 to 8192 bits, shared secrets 32 bytes or more, and at least as many as the
//!   hash puts out. An RSA key that names no algorithm is for RS256.
//! - Ed25519 is called `EdDSA`, as issuers call it; `Ed25519`, its name in RFC 9864, is refused.
//! - `none` has no representation. `crit`, `b64` and keys inside the header are refused.
//! - What a policy expects is required, and a malformed claim is never taken for an absent one.
//! - `sub` and `exp` are required always. Dates may have fractions; each check rounds to the side
//!   that refuses. A date after the year 9999 is malformed: it is milliseconds.
//! - base64url has one spelling, JSON members are unique (at the top level; below it serde's own
//!   rules hold for the types that are read), nesting and sizes are bounded.
//! - It is not an implementation of encrypted tokens, of the JSON serialization, or of detached
//!   payloads.

#![forbid(unsafe_code)]

mod algorithm;
mod base64url;
mod claims;
mod compact;
mod crypto;
pub mod dangerous;
mod header;
mod json;
mod jwk;
mod key;
mod key_cache;
mod key_set;
mod payload;
mod policy;
mod rejection;
mod sign;
mod time;
mod token_cache;
mod verified;
mod verify;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use jwk::{Jwk, JwkSet};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use key_cache::{KeyCache, KeyCacheTimes, Lookup, UnknownKey};
pub use key_set::{KeySet, KeySetError};
pub use payload::{PayloadPolicy, VerifiedPayload};
pub use policy::{Decided, Policy, PolicyBuilder, Undecided};
pub use rejection::{Blame, Claim, Rejection};
pub use sign::SignError;
pub use time::UnixTime;
pub use token_cache::TokenCache;
pub use verified::{NoClaims, Verified};
