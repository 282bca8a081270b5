//! Any text as a token: `gatewright_fuzz::text`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| gatewright_fuzz::text::check(text));
