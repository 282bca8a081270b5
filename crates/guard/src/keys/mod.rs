//! Keys that change while the service runs: fetched from an issuer, or read from a file.

mod address;
mod cached;
mod discovery;
mod fetch;
mod file;
mod remote;
mod source;

use std::sync::Arc;

pub use address::{PlainHttp, RemoteKeysError};
pub(crate) use cached::{Cached, Keys};
pub use file::{FileKeys, FileKeysOptions};
pub use remote::{RemoteKeys, RemoteKeysOptions};

impl From<RemoteKeys> for Arc<Cached> {
    fn from(keys: RemoteKeys) -> Self {
        keys.0
    }
}

impl From<FileKeys> for Arc<Cached> {
    fn from(keys: FileKeys) -> Self {
        keys.0
    }
}
