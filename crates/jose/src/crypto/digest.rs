//! SHA-256, for names of keys (RFC 7638).

use aws_lc_rs::digest;

pub(crate) fn sha256(bytes: &[u8]) -> impl AsRef<[u8]> {
    digest::digest(&digest::SHA256, bytes)
}
