//! The same tokens, put to `jsonwebtoken` as well: `gatewright_fuzz::differential`.
#![no_main]

use libfuzzer_sys::fuzz_target;

use gatewright_fuzz::{differential, draft::Draft};

fuzz_target!(init: differential::check_table(), |bytes: &[u8]| {
    let now = differential::now();
    if let Some(draft) = Draft::from_bytes(bytes, now) {
        differential::check(&draft, now);
    }
});
