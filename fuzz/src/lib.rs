//! What the targets share: a forger that signs anything rightly, and the statements that must hold.
//!
//! The statements are functions that panic where they do not hold, so that a target is one call, and a
//! finding can be run again under a debugger.
#![forbid(unsafe_code)]

pub mod differential;
pub mod draft;
mod forger;
pub mod keys;
pub mod text;
pub mod verify;

pub use forger::{Forger, Signer};
