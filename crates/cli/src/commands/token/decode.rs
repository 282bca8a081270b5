//! `gatewright token decode`

use gatewright_jose::Rejection;
use gatewright_jose::dangerous::{Unverified, decode_unverified};
use gatewright_report::Exit;
use serde_json::{Value, json};

use super::form::{self, Form};
use super::{JSON_VERSION, claims, read_token, shown, shown_json};
use crate::args::Format;
use crate::args::token::DecodeFlags;
use crate::output::{self, Page, printable};
use crate::{Failure, Surroundings};

const NOTHING_VERIFIED: &str =
    "nothing was verified: this is what the token says of itself, and anybody can write that";

pub(super) fn run(flags: &DecodeFlags, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    let text = read_token(&flags.token, around)?;
    let (token, tolerated) = form::unwrapped(&text);
    match decode_unverified(token) {
        Ok(decoded) => {
            let now = around.clock.now().seconds();
            let at = flags.at.map_or(now, |moment| moment.seconds(now));
            let decoded = Decoded { token, tolerated: &tolerated, said: &decoded, at };
            match flags.format {
                Format::Human => output::result(decoded.page(around)?.as_bytes())?,
                Format::Json => output::json(&decoded.json())?,
            }
            Ok(Exit::Clean)
        }
        Err(rejection) => {
            refuse(token, rejection, flags.format)?;
            Ok(Exit::Usage)
        }
    }
}

struct Decoded<'d> {
    token: &'d str,
    tolerated: &'d [Form],
    said: &'d Unverified,
    at: i64,
}

impl Decoded<'_> {
    fn page(&self, around: &Surroundings<'_>) -> Result<String, Failure> {
        let Unverified { header, claims, has_signature } = self.said;
        let mut page = Page::new(around.palette);
        page.line(&format!("{}: {NOTHING_VERIFIED}", around.palette.bad("NOT VERIFIED")));
        for form in self.tolerated {
            page.line(&format!("Not part of the token, and refused by verifiers: {}.", form.text));
        }
        page.line("");
        page.entry_if("algorithm", header.get("alg").map(claims::text).as_deref());
        page.entry_if("key", header.get("kid").map(claims::text).as_deref());
        page.entry_if("type", header.get("typ").map(claims::text).as_deref());
        claims::write_summary(&mut page, claims, self.at);
        page.entry("signature", if *has_signature { "there, not checked" } else { "NONE" });
        page.entry("token", &shown(self.token));
        page.heading("header");
        page.line(&output::pretty(&Value::Object(header.clone()))?);
        page.heading("claims");
        page.line(&output::pretty(&Value::Object(claims.clone()))?);
        Ok(page.into_text())
    }

    fn json(&self) -> Value {
        let Unverified { header, claims, has_signature } = self.said;
        let tolerated: Vec<_> = self.tolerated.iter().map(form_json).collect();
        json!({
            "version": JSON_VERSION,
            "verified": false,
            "note": NOTHING_VERIFIED,
            "token": shown_json(self.token),
            "tolerated": tolerated,
            "header": header,
            "claims": claims,
            "has_signature": has_signature,
            "dates": claims::dates(claims),
        })
    }
}

/// It is no JWT: says what it is instead.
fn refuse(token: &str, rejection: Rejection, format: Format) -> Result<(), Failure> {
    let form = match rejection {
        Rejection::MalformedPayload => form::NO_CLAIMS,
        Rejection::MalformedHeader => form::BAD_HEADER,
        Rejection::TokenTooLarge => {
            Form { kind: "too-large", text: "it is longer than any token that a verifier accepts" }
        }
        _ => form::classify(token),
    };
    match format {
        Format::Human => {
            let text = format!("this is no JWT: {}", form.text);
            Err(Failure::Usage(anyhow::anyhow!("{text}\n  token {}", printable(&shown(token)))))
        }
        Format::Json => output::json(&json!({
            "version": JSON_VERSION,
            "verified": false,
            "note": NOTHING_VERIFIED,
            "token": shown_json(token),
            "no_jwt": form_json(&form),
        })),
    }
}

fn form_json(form: &Form) -> Value {
    json!({ "kind": form.kind, "message": form.text })
}
