//! Any header and claims, rightly signed: `gatewright_fuzz::verify`.
#![no_main]

use libfuzzer_sys::fuzz_target;

use gatewright_fuzz::{draft, verify};

fuzz_target!(|bytes: &[u8]| {
    if let Some(draft) = draft::Draft::from_bytes(bytes, draft::NOW) {
        verify::check(&draft);
    }
});
