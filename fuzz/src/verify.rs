//! Tokens that are rightly signed and say anything: what a policy demands must hold of each that it
//! accepts. The oracle reads the claims with `serde_json` and the rules as the standard states them.

use std::sync::LazyLock;

use gatewright_jose::{PayloadPolicy, Policy, Rejection, UnixTime, Verified};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::{
    Forger,
    draft::{Draft, NOW},
};

const ISSUER: &str = "https://i.example";
const AUDIENCE: &str = "https://a.example";

struct Policies {
    anything: Policy,
    strict: Policy,
}

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies {
    anything: Policy::builder().any_issuer().any_audience().any_algorithm().build(),
    strict: Policy::builder()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .any_algorithm()
        .required_claims(["jti"])
        .max_age_seconds(60)
        .build(),
});

/// Signs the draft and holds the verdicts of two policies against the oracle.
pub fn check(draft: &Draft) {
    let forger = Forger::get();
    let Some(token) = forger.sign(draft.signer, &draft.header, &draft.payload) else { return };
    let verify = |policy: &Policy, now| -> Result<Verified, Rejection> {
        policy.verify(&token, forger.keys(), UnixTime::new(now))
    };
    let anything = verify(&POLICIES.anything, NOW);
    let strict = verify(&POLICIES.strict, NOW);
    if anything.as_ref().err() == Some(&Rejection::BadSignature) {
        // Rightly signed with HMAC, it can only have asked for the other key.
        let header: Value = serde_json::from_slice(&draft.header).expect("it was read");
        assert_eq!(header["alg"], "EdDSA");
    }
    if anything.as_ref().err() == Some(&Rejection::MalformedPayload) {
        let object = serde_json::from_slice::<Map<String, Value>>(&draft.payload);
        assert!(object.is_err(), "it is an object");
    }
    if let Ok(verified) = &anything {
        let claims = judge(verified, &draft.payload);
        let until = verified.refused_from().get();
        assert!(verify(&POLICIES.anything, until - 1).is_ok() || until - 1 < NOW);
        assert_eq!(verify(&POLICIES.anything, until).err(), Some(Rejection::Expired));
        // As a payload it is the same bytes, unless it says that it is a JWT.
        let typed = PayloadPolicy::new([verified.algorithm()]).verify(&token, forger.keys());
        match typed {
            Ok(payload) => assert_eq!(payload.as_bytes(), draft.payload),
            Err(rejection) => assert_eq!(rejection, Rejection::WrongType),
        }
        drop(claims);
    }
    if let Ok(verified) = &strict {
        assert!(anything.is_ok(), "what is expected more of is accepted less");
        let claims = judge(verified, &draft.payload);
        if let Some(claims) = claims {
            assert_eq!(claims["iss"], ISSUER);
            let audience = &claims["aud"];
            let is_for_us = audience == AUDIENCE
                || audience.as_array().is_some_and(|all| all.iter().any(|one| one == AUDIENCE));
            assert!(is_for_us, "{audience}");
            assert!(claims.get("jti").is_some());
            assert!(claims["iat"].as_f64().expect("a bound on the age demands it") > age_limit());
        }
        assert_eq!(verified.issuer(), Some(ISSUER));
        assert!(verified.audience().any(|one| one == AUDIENCE));
        assert!(verify(&POLICIES.strict, verified.refused_from().get()).is_err());
    }
}

/// What holds of every token that is accepted; its claims, where `serde_json` can hold them.
fn judge(verified: &Verified, payload: &[u8]) -> Option<Value> {
    assert_eq!(verified.payload().as_bytes(), payload);
    assert!(!verified.subject().is_empty());
    assert!(verified.refused_from() > UnixTime::new(NOW));
    // A number beyond f64 in a claim that nobody reads is passed over by the reader, and refused by
    // `Value`.
    serde_json::from_slice::<IgnoredAny>(payload).expect("it is JSON");
    let claims: Value = serde_json::from_slice(payload).ok()?;
    assert!(claims.is_object());
    assert_eq!(claims["sub"], verified.subject());
    let date = |name: &str| claims.get(name).map(|date| date.as_f64().expect("a date is a number"));
    let (now, expires_at) = (seconds(NOW), date("exp").expect("it is required"));
    assert!(now < expires_at + leeway(), "it expired at {expires_at}");
    for name in ["nbf", "iat"] {
        assert!(date(name).is_none_or(|date| date <= now + leeway()), "{name} is ahead");
    }
    match claims.get("iss") {
        Some(issuer) => assert_eq!(*issuer, verified.issuer().unwrap_or_default()),
        None => assert_eq!(verified.issuer(), None),
    }
    let audience: Vec<_> = verified.audience().collect();
    match claims.get("aud") {
        Some(Value::String(one)) => assert_eq!(audience, [one]),
        Some(many) => assert_eq!(*many, Value::from(audience)),
        None => assert!(audience.is_empty()),
    }
    Some(claims)
}

fn age_limit() -> f64 {
    seconds(NOW) - 60.0 - leeway() - 1.0
}

fn leeway() -> f64 {
    Policy::DEFAULT_LEEWAY_SECONDS.into()
}

#[expect(clippy::cast_precision_loss, reason = "dates are far below the numbers an f64 can't hold")]
fn seconds(time: i64) -> f64 {
    time as f64
}
