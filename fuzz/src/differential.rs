//! What we accept, `jsonwebtoken` must be able to accept too, or the difference is listed here.
//!
//! The other direction is not asked: being stricter is what this library is for.

use std::{sync::LazyLock, time::SystemTime};

use gatewright_jose::{Algorithm, Policy, UnixTime};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::{Forger, Signer, draft::Draft};

/// A token that we accept and they refuse, on purpose.
struct Difference {
    reason: &'static str,
    /// Header and payload of one such token; `EXP` stands for a date to come.
    example: (&'static str, &'static str),
    applies: fn(&Token<'_>) -> bool,
}

/// What the predicates look at: the JSON, or nothing where `serde_json` cannot hold it.
struct Token<'t> {
    header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
    draft: &'t Draft,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        reason: "a claim that nobody reads holds a number beyond f64: it is well-formed JSON (RFC 8259 §6), \
                 and we pass over it; they keep all claims, and cannot hold it",
        example: (r#"{"alg":"HS256"}"#, r#"{"sub":"a","exp":EXP,"x":1e999}"#),
        applies: |token| token.claims.is_none(),
    },
    Difference {
        reason: "the same in a header parameter that nobody reads",
        example: (r#"{"alg":"HS256","x":1e999}"#, r#"{"sub":"a","exp":EXP}"#),
        applies: |token| token.draft.signer == Signer::Hmac && token.header.is_none(),
    },
    Difference {
        reason: "`nbf` before 1970 is a date like any other (RFC 7519 §2); they hold it in a u64",
        example: (r#"{"alg":"HS256"}"#, r#"{"sub":"a","exp":EXP,"nbf":-1}"#),
        applies: |token| token.claim("nbf").and_then(Value::as_f64).is_some_and(|date| date < 0.0),
    },
    Difference {
        reason: "header parameters that are not used here are ignored, whatever they hold (RFC 7515 \
                 §4); they give many of them a type, and refuse another",
        example: (r#"{"alg":"HS256","x5t":1}"#, r#"{"sub":"a","exp":EXP}"#),
        applies: |token| {
            let typed = ["cty", "x5t", "x5t#S256", "enc", "zip", "url", "nonce"];
            let header = token.header.as_ref();
            header.is_some_and(|header| typed.iter().any(|name| header.contains_key(*name)))
        },
    },
];

impl<'t> Token<'t> {
    fn of(draft: &'t Draft) -> Self {
        Self {
            header: serde_json::from_slice(&draft.header).ok(),
            claims: serde_json::from_slice(&draft.payload).ok(),
            draft,
        }
    }

    fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.as_ref()?.get(name)
    }
}

struct Theirs {
    ed25519: (DecodingKey, Validation),
    hmac: (DecodingKey, Validation),
}

static THEIRS: LazyLock<Theirs> = LazyLock::new(|| {
    let validation = |algorithm| {
        let mut validation = Validation::new(algorithm);
        validation.leeway = Policy::DEFAULT_LEEWAY_SECONDS.into();
        validation.validate_nbf = true;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation
    };
    let public = Forger::get().ed25519().public_jwk().and_then(|jwk| jwk.x).expect("it has one");
    Theirs {
        ed25519: (
            DecodingKey::from_ed_components(&public).expect("a public key"),
            validation(jsonwebtoken::Algorithm::EdDSA),
        ),
        hmac: (
            DecodingKey::from_secret(Forger::secret()),
            validation(jsonwebtoken::Algorithm::HS256),
        ),
    }
});

/// The time by the machine's clock, which is the only one that they know.
#[expect(clippy::disallowed_methods, reason = "a binary's clock, and the only one they know")]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).expect("a clock after 1970")
}

/// Every difference that is listed is one still: its example is accepted here and refused there. Asked
/// once, before anything is fuzzed.
pub fn check_table() {
    let now = now();
    for Difference { reason, example: (header, payload), applies } in DIFFERENCES {
        let payload = payload.replace("EXP", &(now + 1_000).to_string()).into_bytes();
        let header = header.as_bytes().to_vec();
        let draft = Draft { signer: Signer::Hmac, header, payload };
        assert!(refused_by_them_alone(&draft, now).is_some(), "no difference any more: {reason}");
        assert!(applies(&Token::of(&draft)), "the example is none: {reason}");
    }
}

/// Signs the draft, and asks us and then them.
pub fn check(draft: &Draft, now: i64) {
    let Some(error) = refused_by_them_alone(draft, now) else { return };
    let token = Token::of(draft);
    assert!(
        DIFFERENCES.iter().any(|difference| (difference.applies)(&token)),
        "we accept what jsonwebtoken refuses ({error}): {} {}",
        String::from_utf8_lossy(&draft.header),
        String::from_utf8_lossy(&draft.payload),
    );
}

/// Their reason to refuse what we accept; nothing where there is no difference.
fn refused_by_them_alone(draft: &Draft, now: i64) -> Option<jsonwebtoken::errors::Error> {
    let forger = Forger::get();
    let token = forger.sign(draft.signer, &draft.header, &draft.payload)?;
    let (algorithm, theirs) = match draft.signer {
        Signer::Ed25519 => (Algorithm::EdDSA, &THEIRS.ed25519),
        Signer::Hmac => (Algorithm::HS256, &THEIRS.hmac),
    };
    let policy = Policy::builder().any_issuer().any_audience().algorithms([algorithm]).build();
    // Their clock runs while we ask: what expires within these seconds proves nothing.
    let is_accepted = [now - 2, now, now + 2]
        .into_iter()
        .all(|now| policy.verify::<()>(&token, forger.keys(), UnixTime::new(now)).is_ok());
    if !is_accepted {
        return None;
    }
    jsonwebtoken::decode::<Map<String, Value>>(&token, &theirs.0, &theirs.1).err()
}
