//! What can be seen of the cause of a rejection, beside its general meaning.

use gatewright_jose::dangerous::{Unverified, decode_unverified};
use gatewright_jose::{Claim, Rejection};
use serde_json::Value;

use super::keys::VerifyingKeys;
use super::{claims, form};
use crate::args::token::VerifyFlags;
use crate::moment;
use crate::output::printable;

/// Characters of a value that are shown.
const LONGEST_SHOWN: usize = 200;

/// What was seen, in sentences without a full stop. Until the signature is known to be good, all of
/// it is what the token says of itself.
pub(super) fn seen(
    rejection: Rejection,
    token: &str,
    keys: &VerifyingKeys,
    flags: &VerifyFlags,
    at: i64,
) -> Vec<String> {
    let (inner, around) = form::unwrapped(token);
    if !around.is_empty() {
        return around.iter().map(|form| format!("{}; take it away", form.text)).collect();
    }
    let decoded = decode_unverified(inner).ok();
    let header = |name| decoded.as_ref().and_then(|token| token.header.get(name));
    let claim = |name| decoded.as_ref().and_then(|token| token.claims.get(name));
    let hint = match rejection {
        Rejection::Expired => date("it expired at", claim("exp"), at),
        Rejection::NotYetValid => date("it is valid from", claim("nbf"), at),
        Rejection::IssuedInFuture | Rejection::TooOld => date("it was issued at", claim("iat"), at),
        Rejection::WrongIssuer => differs("issuer", claim("iss"), &flags.issuer),
        Rejection::WrongAudience => differs("audience", claim("aud"), &flags.audience),
        Rejection::WrongType => Some(wrong_type(header("typ"), flags)),
        Rejection::AlgorithmMismatch
        | Rejection::AlgorithmNotAllowed
        | Rejection::UnsupportedAlgorithm
        | Rejection::Unsigned => algorithm(header("alg"), keys),
        Rejection::UnknownKey | Rejection::AmbiguousKey => Some(key(header("kid"), keys)),
        Rejection::MalformedClaim(Claim::Other) | Rejection::MissingClaim(_) => {
            decoded.as_ref().map(|token| names(token, flags))
        }
        Rejection::MalformedClaim(claimed) => {
            claim(claimed.as_str()).map(|value| format!("{claimed} is {}", shown(value)))
        }
        Rejection::MalformedToken => Some(form::classify(inner).text.to_owned()),
        _ => None,
    };
    let mut hints = Vec::from_iter(hint);
    if rejection == Rejection::UnknownKey {
        // Whatever it is called, no key here could have signed it.
        let is_known = |alg: &Value| {
            keys.set.keys().iter().any(|key| alg.as_str() == Some(key.algorithm().as_str()))
        };
        hints.extend(algorithm(header("alg").filter(|alg| !is_known(alg)), keys));
    }
    if rejection == Rejection::BadSignature {
        let source = &keys.source;
        hints.extend(keys.flaws.iter().map(|flaw| format!("the secret from {source}: {flaw}")));
    }
    hints
}

fn date(what: &str, value: Option<&Value>, at: i64) -> Option<String> {
    let date = claims::seconds(value?)?;
    Some(format!("{what} {}", moment::shown(date, at)))
}

fn differs(what: &str, value: Option<&Value>, expected: &[String]) -> Option<String> {
    let value = value?;
    let wanted: Vec<_> = expected.iter().map(|one| shown(&Value::from(one.as_str()))).collect();
    let mut hint = format!("its {what} is {}; expected is {}", shown(value), wanted.join(" or "));
    let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let texts = || texts.iter().filter_map(Value::as_str);
    let any = |are_alike: fn(&str, &str) -> bool| {
        texts().any(|text| expected.iter().any(|one| are_alike(text, one)))
    };
    if any(|a, b| a.trim_end_matches('/') == b.trim_end_matches('/')) {
        hint.push_str(": a slash at the end makes the difference");
    } else if any(str::eq_ignore_ascii_case) {
        hint.push_str(": upper and lower case make the difference");
    } else if any(|a, b| without_scheme(a) == without_scheme(b)) {
        hint.push_str(": http and https make the difference");
    } else if any(|a, b| without_path(a) == without_path(b)) {
        hint.push_str(": the path makes the difference");
    }
    Some(hint)
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// Scheme and host, of what has both.
fn without_path(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}

fn algorithm(alg: Option<&Value>, keys: &VerifyingKeys) -> Option<String> {
    let mut known: Vec<_> = keys.set.keys().iter().map(|key| key.algorithm().as_str()).collect();
    known.dedup();
    let alg = alg?;
    // An RSA key that names no algorithm is for RS256, and fits the others as well.
    let rsa = alg.as_str().filter(|alg| is_rsa(alg) && known.iter().any(|one| is_rsa(one)));
    let remedy = rsa.map(|alg| format!("; if the issuer uses {alg}, give --alg {alg}"));
    let (said, known) = (shown(alg), known.join(", "));
    Some(format!("the token says {said}; the key is for {known}{}", remedy.unwrap_or_default()))
}

fn is_rsa(alg: &str) -> bool {
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].contains(&alg)
}

fn wrong_type(typ: Option<&Value>, flags: &VerifyFlags) -> String {
    let Some(typ) = typ else { return "it has no type, and --type demands one".to_owned() };
    let is_payload = typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JOSE"));
    let what = if is_payload && !flags.jws {
        "it is a signed payload and no JWT: give --jws"
    } else {
        "if that is what you expect, give --type"
    };
    format!("its type is {}; {what}", shown(typ))
}

fn key(kid: Option<&Value>, keys: &VerifyingKeys) -> String {
    const MOST_NAMES: usize = 10;
    let known = keys.set.keys().iter().map(|key| match key.key_id() {
        Some(name) => shown(&Value::from(name)),
        None => "one without a name".to_owned(),
    });
    let known = known.take(MOST_NAMES).collect::<Vec<_>>().join(", ");
    let wanted = match kid {
        Some(kid) => format!("names the key {}", shown(kid)),
        None => "names no key".to_owned(),
    };
    format!("the token {wanted}; {} has: {known}", keys.source)
}

fn names(token: &Unverified, flags: &VerifyFlags) -> String {
    let there = |name: &&String| token.claims.contains_key(*name);
    let names: Vec<_> =
        token.claims.keys().map(|name| shown(&Value::from(name.as_str()))).collect();
    let missing: Vec<_> = flags.require.iter().filter(|name| !there(name)).cloned().collect();
    let missing = if missing.is_empty() {
        String::new()
    } else {
        format!("--require asks for {}; ", missing.join(", "))
    };
    format!("{missing}the claims are {}", cut(&names.join(", ")))
}

/// As JSON, with nothing in it that a terminal acts on.
fn shown(value: &Value) -> String {
    cut(&printable(&value.to_string()))
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
