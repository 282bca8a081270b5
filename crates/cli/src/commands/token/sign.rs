//! `gatewright token sign`

use anyhow::{Context, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatewright_jose::{SignError, SigningKey};
use gatewright_report::Exit;
use serde_json::{Map, Value, json};

use super::{JSON_VERSION, claims, keys};
use crate::args::Format;
use crate::args::token::SignFlags;
use crate::input::Source;
use crate::{Failure, Surroundings, moment, output};

/// As long as Better Auth's tokens live.
const LIFETIME_SECONDS: i64 = 15 * 60;

pub(super) fn run(flags: &SignFlags, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    let key = keys::signing(flags, around).map_err(Failure::Usage)?;
    let typ = flags.r#type.as_deref().or(flags.jws.then_some("JOSE"));
    let key = match typ {
        Some(typ) => key.with_token_type(typ),
        None => key,
    };
    let (token, claims) = if flags.jws {
        (sign_payload(flags, &key, around)?, None)
    } else {
        let claims = claims_of(flags, around).map_err(Failure::Usage)?;
        (key.sign(&claims).map_err(failed)?, Some(claims))
    };
    if let Some(claims) = &claims {
        check_subject(claims, around);
    }
    match flags.format {
        Format::Human => output::result(format!("{token}\n").as_bytes())?,
        Format::Json => output::json(&json!({
            "version": JSON_VERSION,
            "token": token,
            "algorithm": key.algorithm().as_str(),
            "kid": key.key_id(),
            "claims": claims,
            "expires": claims.as_ref().and_then(|claims| claims.get("exp"))
                .and_then(claims::seconds).map(moment::date),
        }))?,
    }
    Ok(Exit::Clean)
}

/// Standard base64, for a payload that is no text.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn sign_payload(
    flags: &SignFlags,
    key: &SigningKey,
    around: &Surroundings<'_>,
) -> Result<String, Failure> {
    let source = Source::file(flags.payload.as_deref().unwrap_or("-"));
    let payload = around.inputs.bytes("payload", &source).map_err(Failure::Usage)?;
    key.sign_payload(&payload).map_err(failed)
}

fn failed(error: SignError) -> Failure {
    let is_ours = error == SignError::Failed;
    let error = anyhow::Error::new(error).context("cannot sign");
    if is_ours { Failure::Internal(error) } else { Failure::Usage(error) }
}

/// The claims that were given, and `iat` and `exp` unless they are among them.
fn claims_of(flags: &SignFlags, around: &Surroundings<'_>) -> anyhow::Result<Map<String, Value>> {
    let now = around.clock.now().seconds();
    let at = flags.at.map_or(now, |moment| moment.seconds(now));
    let mut claims = match &flags.claims {
        Some(argument) => given(argument, around)?,
        None => Map::new(),
    };
    let audience = match flags.audience.as_slice() {
        [] => None,
        [one] => Some(Value::from(one.as_str())),
        several => Some(Value::from(several)),
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let expires_in = flags.expires_in.map(|seconds| Value::from(at.saturating_add(seconds.into())));
    for (flag, name, value) in [
        ("--sub", "sub", text(&flags.sub)),
        ("--issuer", "iss", text(&flags.issuer)),
        ("--audience", "aud", audience),
        ("--expires-in", "exp", expires_in),
        ("--not-before", "nbf", flags.not_before.map(|moment| moment.seconds(at).into())),
        ("--jti", "jti", text(&flags.jti)),
        ("--at", "iat", flags.at.map(|_| at.into())),
    ] {
        let Some(value) = value else { continue };
        if claims.insert(name.to_owned(), value).is_some() {
            bail!("`{name}` stands in the claims and comes from {flag} too; keep one of them");
        }
    }
    claims.entry("iat").or_insert_with(|| at.into());
    let exp = claims.entry("exp").or_insert_with(|| at.saturating_add(LIFETIME_SECONDS).into());
    if claims::seconds(exp).is_none() {
        bail!(
            "`exp` is no date in seconds since 1970; a token that never expires is refused by \
             verifiers. To sign something else than claims, use --jws"
        );
    }
    Ok(claims)
}

fn given(argument: &str, around: &Surroundings<'_>) -> anyhow::Result<Map<String, Value>> {
    let source = Source::text(argument);
    let text = around.inputs.text("claims", &source)?;
    let value: Value = serde_json::from_str(&text)
        .with_context(|| format!("the claims from {source} are not JSON"))?;
    match value {
        Value::Object(claims) => Ok(claims),
        _ => {
            Err(anyhow!("the claims from {source} are no JSON object, like {{\"sub\":\"user-1\"}}"))
        }
    }
}

/// A verifier refuses what has no subject; to make such a token on purpose is allowed.
fn check_subject(claims: &Map<String, Value>, around: &Surroundings<'_>) {
    let has_subject = claims.get("sub").and_then(Value::as_str).is_some_and(|sub| !sub.is_empty());
    if !has_subject {
        output::warn(
            around.warnings,
            "the claims have no `sub` (--sub): verifiers refuse the token",
        );
    }
}
