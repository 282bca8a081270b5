//! What a token costs: ours beside the primitives, the practical limit and other libraries.
//!
//! `cargo xtask bench --only tokens` runs it, once a round, beside the programs in other languages,
//! and makes the table. Each line of its output is a measurement: `{"what", "who", "ns"}`.
//!
//! All are given the same token of 430 bytes with ten claims and keys parsed beforehand. Contenders
//! take short turns, so that a machine that slows down slows them all; what counts is the best turn,
//! since nothing makes a program faster than it is.
#![forbid(unsafe_code)]

mod contenders;
mod measure;
mod tokens;

use std::time::Duration;

use anyhow::{Context as _, Result};
use gatewright_jose::{Algorithm, SigningKey};

fn main() -> Result<()> {
    let millis = std::env::args().nth(1).map_or(Ok(300), |millis| millis.parse());
    let time = Duration::from_millis(millis.context("the argument is the time of each in ms")?);
    contenders::hs256(time)?;
    contenders::seen_before(SigningKey::hmac(Algorithm::HS256, tokens::SECRET)?, time)?;
    for kind in [tokens::Kind::EdDSA, tokens::Kind::ES256, tokens::Kind::RS256] {
        contenders::verify(kind, time)?;
        contenders::seen_before(kind.key()?, time)?;
    }
    contenders::eddsa_sign(time)
}
