//! `gatewright token verify`

use gatewright_jose::dangerous::decode_unverified;
use gatewright_jose::{Algorithm, PayloadPolicy, Policy, Rejection, UnixTime, Verified};
use gatewright_report::Exit;
use serde_json::{Map, Value, json};

use super::keys::VerifyingKeys;
use super::{JSON_VERSION, claims, hints, keys, read_token, shown, shown_json};
use crate::args::Format;
use crate::args::token::VerifyFlags;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings, moment};

pub(super) fn run(flags: &VerifyFlags, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    let token = read_token(&flags.token, around)?;
    let keys = keys::verifying(flags, around)?;
    if keys.skipped > 0 {
        let text = format!("{}: {} keys were passed over", keys.source, keys.skipped);
        output::warn(around.warnings, &text);
    }
    let now = around.clock.now().seconds();
    let at = flags.at.map_or(now, |moment| moment.seconds(now));
    let judged = Judged { flags, around, keys: &keys, token: &token, at };
    if flags.jws { judged.payload() } else { judged.claims() }
}

/// Everything that a verdict and its report depend on.
struct Judged<'j> {
    flags: &'j VerifyFlags,
    around: &'j Surroundings<'j>,
    keys: &'j VerifyingKeys,
    token: &'j str,
    at: i64,
}

impl Judged<'_> {
    fn claims(&self) -> Result<Exit, Failure> {
        match self.policy().verify::<Map<String, Value>>(
            self.token,
            &self.keys.set,
            UnixTime::new(self.at),
        ) {
            Ok(verified) => self.accept(&verified),
            Err(rejection) => self.reject(rejection),
        }
    }

    fn policy(&self) -> Policy {
        let flags = self.flags;
        let policy = Policy::builder().leeway_seconds(self.leeway());
        let policy = policy.required_claims(flags.require.iter().cloned());
        let policy = match flags.max_age {
            Some(seconds) => policy.max_age_seconds(seconds),
            None => policy,
        };
        let policy = match &flags.r#type {
            Some(typ) => policy.token_type(typ.as_str()),
            None => policy,
        };
        let policy = match flags.issuer.as_slice() {
            [] => policy.any_issuer(),
            issuers => policy.issuers(issuers),
        };
        let policy = match flags.audience.as_slice() {
            [] => policy.any_audience(),
            audiences => policy.audiences(audiences),
        };
        match flags.alg.as_slice() {
            [] => policy.any_algorithm().build(),
            algorithms => policy.algorithms(algorithms.iter().copied()).build(),
        }
    }

    fn leeway(&self) -> u8 {
        self.flags.leeway.unwrap_or(Policy::DEFAULT_LEEWAY_SECONDS)
    }

    fn payload(&self) -> Result<Exit, Failure> {
        let algorithms = match self.flags.alg.as_slice() {
            [] => Algorithm::ALL,
            algorithms => algorithms,
        };
        let policy = PayloadPolicy::new(algorithms.iter().copied());
        let policy = match &self.flags.r#type {
            Some(typ) => policy.token_type(typ.as_str()),
            None => policy,
        };
        let payload = match policy.verify(self.token, &self.keys.set) {
            Ok(payload) => payload,
            Err(rejection) => return self.reject(rejection),
        };
        let key = payload.key();
        let (algorithm, name) = (key.algorithm(), key.key_id().map(printable));
        match self.flags.format {
            Format::Human => {
                let name = name.map(|name| format!(", key {name}")).unwrap_or_default();
                output::note(&format!(
                    "verified: the signature alone ({algorithm}{name}, from {}); issuer, audience \
                     and expiry: not checked, a payload has none",
                    self.keys.source
                ));
                output::result(payload.as_bytes())?;
            }
            Format::Json => {
                let (text, encoding) = match std::str::from_utf8(payload.as_bytes()) {
                    Ok(text) => (text.to_owned(), "utf-8"),
                    Err(_) => (super::sign::base64(payload.as_bytes()), "base64"),
                };
                let mut json = self.json(true);
                json.insert("payload".into(), text.into());
                json.insert("payload_encoding".into(), encoding.into());
                json.insert("algorithm".into(), algorithm.as_str().into());
                output::json(&Value::Object(json))?;
            }
        }
        Ok(Exit::Clean)
    }

    fn accept(&self, verified: &Verified<Map<String, Value>>) -> Result<Exit, Failure> {
        // The signature covers the header, so that it may be shown as the issuer's word.
        let header = decode_unverified(self.token).map(|token| token.header).unwrap_or_default();
        match self.flags.format {
            Format::Human => {
                let palette = self.around.palette;
                let mut page = Page::new(palette);
                page.line(&palette.strong("verified"));
                claims::write_summary(&mut page, verified.claims(), self.at);
                page.entry("algorithm", verified.algorithm().as_str());
                page.entry(
                    "key",
                    header.get("kid").map_or("without a name".into(), claims::text).as_str(),
                );
                page.entry("token", &shown(self.token));
                page.heading("checked");
                self.write_checked(&mut page);
                page.heading("claims");
                page.line(&output::pretty(&Value::Object(verified.claims().clone()))?);
                output::result(page.into_text().as_bytes())?;
            }
            Format::Json => {
                let mut json = self.json(true);
                json.insert("dates".into(), Value::Object(claims::dates(verified.claims())));
                json.insert("header".into(), Value::Object(header));
                json.insert("claims".into(), Value::Object(verified.claims().clone()));
                output::json(&Value::Object(json))?;
            }
        }
        Ok(Exit::Clean)
    }

    fn reject(&self, rejection: Rejection) -> Result<Exit, Failure> {
        let hints = hints::seen(rejection, self.token, self.keys, self.flags, self.at);
        match self.flags.format {
            Format::Human => {
                let palette = self.around.palette;
                let mut page = Page::new(palette);
                page.line(&format!(
                    "{}: {} ({rejection})",
                    palette.bad("NOT VERIFIED"),
                    palette.strong(rejection.code())
                ));
                for hint in &hints {
                    page.entry("seen", hint);
                }
                page.entry("keys", &self.keys.source);
                page.entry("token", &shown(self.token));
                page.heading("what it means");
                page.prose(rejection.explanation());
                // With --jws the payload alone may go to stdout.
                if self.flags.jws {
                    output::note(page.into_text().trim_end());
                } else {
                    output::result(page.into_text().as_bytes())?;
                }
            }
            Format::Json => {
                let mut reason = Map::new();
                reason.insert("code".into(), rejection.code().into());
                reason.insert("message".into(), rejection.to_string().into());
                if let Some(claim) = rejection.claim() {
                    reason.insert("claim".into(), claim.as_str().into());
                }
                reason.insert("explanation".into(), rejection.explanation().into());
                reason.insert("seen".into(), hints.into());
                let mut json = self.json(false);
                json.insert("rejection".into(), Value::Object(reason));
                output::json(&Value::Object(json))?;
            }
        }
        Ok(Exit::Findings)
    }

    fn write_checked(&self, page: &mut Page) {
        let flags = self.flags;
        let names: Vec<_> = flags.alg.iter().map(|algorithm| algorithm.as_str()).collect();
        let or = |values: &[String], without: &str| {
            if values.is_empty() { without.to_owned() } else { values.join(" or ") }
        };
        page.entry("signature", &format!("with a key from {}", self.keys.source));
        page.entry(
            "algorithm",
            &match names.as_slice() {
                [] => "that of the key".to_owned(),
                names => names.join(" or "),
            },
        );
        page.entry("issuer", &or(&flags.issuer, "not checked (--issuer)"));
        page.entry("audience", &or(&flags.audience, "not checked (--audience)"));
        let (at, leeway) = (moment::date(self.at), self.leeway());
        page.entry("dates", &format!("at {at}, {leeway} seconds of leeway"));
        page.entry("type", flags.r#type.as_deref().unwrap_or("none, or JWT"));
        let age = flags.max_age.map(|seconds| format!("{seconds} seconds at most"));
        page.entry("age", age.as_deref().unwrap_or("not checked (--max-age)"));
        let required = ["sub", "exp"].into_iter().chain(flags.require.iter().map(String::as_str));
        page.entry("required", &required.collect::<Vec<_>>().join(", "));
    }

    /// What is said of every verdict. Of a token that was refused nothing counts as checked.
    fn json(&self, is_verified: bool) -> Map<String, Value> {
        let members = [
            ("version", Some(JSON_VERSION.into())),
            ("verified", Some(is_verified.into())),
            ("token", Some(shown_json(self.token))),
            ("keys", Some(self.keys.source.as_str().into())),
            ("checked", is_verified.then(|| self.checked_json())),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn checked_json(&self) -> Value {
        let flags = self.flags;
        let is_jwt = !flags.jws;
        json!({
            "signature": true,
            "issuer": !flags.issuer.is_empty(),
            "audience": !flags.audience.is_empty(),
            "dates": is_jwt,
            "age": flags.max_age.is_some(),
            "algorithms": flags.alg.iter().map(|algorithm| algorithm.as_str()).collect::<Vec<_>>(),
            "type": flags.r#type,
            "required": flags.require,
            "at": is_jwt.then(|| moment::date(self.at)),
            "leeway_seconds": is_jwt.then(|| self.leeway()),
        })
    }
}
