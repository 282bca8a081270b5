//! Any bytes as a key, in JSON, PEM and DER: `gatewright_fuzz::keys`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatewright_fuzz::keys::check(bytes));
