//! The credential of a request: exactly one bearer token, as `gatewright-guard` reads it.
//!
//! A browser cannot set headers for a WebSocket. There the token may stand among the subprotocols
//! instead, after `bearer`: `new WebSocket(url, ["bearer", token])`. A token in the query is not
//! read: addresses end up in logs.

use pyo3::{prelude::*, types::PyBytes};

/// What the headers of a request hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// No attempt to authenticate with a bearer token.
    Absent,
    /// An attempt that failed.
    Malformed,
    Token(String),
}

/// Reads the headers of an ASGI scope: pairs of bytes.
pub(crate) fn read(headers: &Bound<'_, PyAny>, is_websocket: bool) -> PyResult<Credential> {
    let mut authorization = None;
    let mut protocols = Vec::new();
    for pair in headers.try_iter()? {
        let (name, value) = name_and_value(&pair?)?;
        let name = name.as_bytes();
        if name.eq_ignore_ascii_case(b"authorization") {
            // Two parties that pick different ones of two headers disagree about who is asking.
            if authorization.replace(value).is_some() {
                return Ok(Credential::Malformed);
            }
        } else if is_websocket && name.eq_ignore_ascii_case(b"sec-websocket-protocol") {
            protocols.push(value);
        }
    }
    let header =
        authorization.map_or(Credential::Absent, |value| in_authorization(value.as_bytes()));
    if protocols.is_empty() {
        return Ok(header);
    }
    Ok(match (header, in_protocols(protocols.iter().map(PyBytesMethods::as_bytes))) {
        (header, Credential::Absent) => header,
        (Credential::Absent, protocol) => protocol,
        _ => Credential::Malformed,
    })
}

/// ASGI wants pairs without saying of what kind; Mangum's, on AWS Lambda, are lists.
fn name_and_value<'py>(
    pair: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
    if let Ok(pair) = pair.extract() {
        return Ok(pair);
    }
    let [name, value]: [Bound<'py, PyBytes>; 2] = pair.extract()?;
    Ok((name, value))
}

fn in_authorization(value: &[u8]) -> Credential {
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    if !value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return Credential::Malformed;
    }
    // RFC 9110 §11.1: the scheme is case-insensitive.
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Credential::Absent;
    }
    // RFC 6750 §2.1 writes one space; RFC 9110 §11.4 allows more.
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    token(rest.get(spaces..).unwrap_or_default())
}

fn in_protocols<'v>(values: impl Iterator<Item = &'v [u8]>) -> Credential {
    let names = values.flat_map(|value| value.split(|byte| *byte == b','));
    let mut names = names.map(<[u8]>::trim_ascii).skip_while(|name| *name != b"bearer");
    match (names.next(), names.next()) {
        (None, _) => Credential::Absent,
        (Some(_), Some(text)) if !names.any(|name| name == b"bearer") => token(text),
        _ => Credential::Malformed,
    }
}

/// What RFC 6750 §2.1 calls `b64token`.
fn token(text: &[u8]) -> Credential {
    let is_token68 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    if text.is_empty() || !text.iter().all(is_token68) {
        return Credential::Malformed;
    }
    Credential::Token(text.iter().map(|byte| char::from(*byte)).collect())
}
