//! `compact`: base64url of JSON with a signature.
//!
//! Upstream signs the payload with `expiresAt` as its last field, and to verify it prints again
//! what it parsed. Here the payload's own text is what was signed: nothing depends on how anybody
//! prints JSON.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::payload::{Payload, Written};
use super::{CacheError, Read};
use crate::clock::Date;
use crate::crypto::Secret;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenEnvelope<'a> {
    session: &'a RawValue,
    expires_at: i64,
    signature: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    session: &'a RawValue,
    expires_at: i64,
    signature: String,
}

pub(super) fn write(
    secret: &Secret,
    payload: &Written<'_>,
    expires_at: Date,
) -> Result<String, CacheError> {
    let session = serde_json::value::to_raw_value(payload)?;
    let expires_at = expires_at.milliseconds();
    let signature = secret.sign_for_url(signed(&session, expires_at).as_bytes());
    let envelope = WrittenEnvelope { session: &session, expires_at, signature };
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&envelope)?))
}

pub(super) fn read(secret: &Secret, text: &str) -> Option<Read> {
    let json = URL_SAFE_NO_PAD.decode(text).ok()?;
    let Envelope { session, expires_at, signature } = serde_json::from_slice(&json).ok()?;
    if !secret.verifies_for_url(signed(session, expires_at).as_bytes(), &signature) {
        return None;
    }
    let payload: Payload = serde_json::from_str(session.get()).ok()?;
    Some(Read { payload, expires_at: Date::from_milliseconds(expires_at) })
}

/// The payload with one more field at its end. Of what is no object nothing comes that was signed.
fn signed(payload: &RawValue, expires_at: i64) -> String {
    let open = payload.get().strip_suffix('}').unwrap_or_default();
    format!(r#"{open},"expiresAt":{expires_at}}}"#)
}
