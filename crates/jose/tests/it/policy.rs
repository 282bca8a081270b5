//! What a policy demands, claim by claim.

use gatewright_jose::{Algorithm, Claim, Policy, Rejection as R, UnixTime, Verified};
use serde::Deserialize;

use crate::support::{CLAIMS, NOW, forge, keys, policy, verify_claims};

/// The claims of a good token with some replaced; `null` takes one out.
fn with(replacements: &str) -> String {
    let mut claims: serde_json::Map<_, _> = serde_json::from_str(CLAIMS).unwrap();
    let replacements: serde_json::Map<_, _> = serde_json::from_str(replacements).unwrap();
    for (name, value) in replacements {
        claims.remove(&name);
        if !value.is_null() {
            claims.insert(name, value);
        }
    }
    serde_json::to_string(&claims).unwrap()
}

#[test]
fn what_is_expected_is_required() {
    for (claims, expected) in [
        (r"{}", None),
        (r#"{"iss":null}"#, Some(R::MissingClaim(Claim::Issuer))),
        (r#"{"aud":null}"#, Some(R::MissingClaim(Claim::Audience))),
        (r#"{"exp":null}"#, Some(R::MissingClaim(Claim::Expiration))),
        (r#"{"sub":null}"#, Some(R::MissingClaim(Claim::Subject))),
        (r#"{"sub":""}"#, Some(R::MalformedClaim(Claim::Subject))),
        (r#"{"iss":"https://i.example/"}"#, Some(R::WrongIssuer)),
        (r#"{"iss":"HTTPS://i.example"}"#, Some(R::WrongIssuer)),
        (r#"{"aud":"https://a.example.evil"}"#, Some(R::WrongAudience)),
        (r#"{"aud":[]}"#, Some(R::WrongAudience)),
        (r#"{"aud":["x"]}"#, Some(R::WrongAudience)),
        (r#"{"aud":["x","https://a.example"]}"#, None),
    ] {
        assert_eq!(verify_claims(&policy(), &with(claims), NOW), expected, "{claims}");
    }
}

#[test]
fn any_means_any_and_still_demands_well_formed_claims() {
    let any = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    assert_eq!(verify_claims(&any, &with(r#"{"iss":null,"aud":null}"#), NOW), None);
    let number = with(r#"{"iss":1}"#);
    assert_eq!(verify_claims(&any, &number, NOW), Some(R::MalformedClaim(Claim::Issuer)));
    let no_expiry = with(r#"{"exp":null}"#);
    assert_eq!(verify_claims(&any, &no_expiry, NOW), Some(R::MissingClaim(Claim::Expiration)));
}

#[test]
fn an_empty_list_accepts_nothing() {
    let none: [&str; 0] = [];
    let policy = Policy::builder().issuers(none).any_audience().any_algorithm().build();
    assert_eq!(verify_claims(&policy, CLAIMS, NOW), Some(R::WrongIssuer));
    let policy = Policy::builder().any_issuer().audiences(none).any_algorithm().build();
    assert_eq!(verify_claims(&policy, CLAIMS, NOW), Some(R::WrongAudience));
    let policy = Policy::builder().any_issuer().any_audience().algorithms([]).build();
    assert_eq!(verify_claims(&policy, CLAIMS, NOW), Some(R::AlgorithmNotAllowed));
}

#[test]
fn times_to_the_second() {
    let strict = Policy::builder().any_issuer().any_audience().any_algorithm().leeway_seconds(0);
    let strict = strict.build();
    for (claims, now, expected) in [
        (r#"{"exp":100}"#, 99, None),
        (r#"{"exp":100}"#, 100, Some(R::Expired)), // "on or after" (RFC 7519 §4.1.4)
        (r#"{"exp":100.9}"#, 100, Some(R::Expired)),
        (r#"{"exp":1e2}"#, 99, None),
        (r#"{"exp":-5}"#, 0, Some(R::Expired)),
        (r#"{"nbf":50}"#, 49, Some(R::NotYetValid)),
        (r#"{"nbf":50}"#, 50, None),
        (r#"{"nbf":49.1}"#, 49, Some(R::NotYetValid)),
        (r#"{"iat":50}"#, 49, Some(R::IssuedInFuture)),
        (r#"{"iat":50}"#, 50, None),
    ] {
        assert_eq!(verify_claims(&strict, &with(claims), now), expected, "{claims} at {now}");
    }
    let latest = with(r#"{"exp":253402300799}"#);
    assert_eq!(verify_claims(&strict, &latest, i64::MAX), Some(R::Expired));
    assert_eq!(verify_claims(&strict, &latest, i64::MIN), None);
}

#[test]
fn leeway_is_ten_seconds_and_sixty_at_most() {
    let claims = with(r#"{"exp":100}"#);
    assert_eq!(verify_claims(&policy(), &claims, 109), None);
    assert_eq!(verify_claims(&policy(), &claims, 110), Some(R::Expired));
    let wide = Policy::builder().any_issuer().any_audience().any_algorithm().leeway_seconds(255);
    let wide = wide.build();
    assert_eq!(verify_claims(&wide, &claims, 159), None);
    assert_eq!(verify_claims(&wide, &claims, 160), Some(R::Expired));
}

#[test]
fn algorithms_are_those_of_the_policy() {
    let only = Policy::builder().any_issuer().any_audience().algorithms([Algorithm::EdDSA]).build();
    assert_eq!(verify_claims(&only, CLAIMS, NOW), Some(R::AlgorithmNotAllowed));
}

#[test]
fn types_of_tokens() {
    let access = Policy::builder().any_issuer().any_audience().any_algorithm();
    let access = access.token_type("at+jwt").build();
    for (header, plain, access_only) in [
        (r#"{"alg":"HS256"}"#, None, Some(R::WrongType)),
        (r#"{"alg":"HS256","typ":"jwt"}"#, None, Some(R::WrongType)),
        (r#"{"alg":"HS256","typ":"application/JWT"}"#, None, Some(R::WrongType)),
        (r#"{"alg":"HS256","typ":"AT+JWT"}"#, Some(R::WrongType), None),
        (r#"{"alg":"HS256","typ":"application/at+jwt"}"#, Some(R::WrongType), None),
        (r#"{"alg":"HS256","typ":""}"#, Some(R::WrongType), Some(R::WrongType)),
    ] {
        let token = forge(header, CLAIMS);
        let refused =
            |policy: &Policy| policy.verify::<()>(&token, &keys(), UnixTime::new(NOW)).err();
        assert_eq!((refused(&policy()), refused(&access)), (plain, access_only), "{header}");
    }
}

#[test]
fn the_callers_own_claims() {
    #[derive(Debug, Deserialize)]
    struct Role {
        role: String,
    }

    let policy = policy();
    let token =
        forge(r#"{"alg":"HS256"}"#, &with(r#"{"role":"admin","aud":["https://a.example","b"]}"#));
    let verified: Verified<Role> = policy.verify(&token, &keys(), UnixTime::new(NOW)).unwrap();
    assert_eq!(verified.claims().role, "admin");
    assert_eq!(verified.issuer(), Some("https://i.example"));
    assert_eq!(verified.audience().collect::<Vec<_>>(), ["https://a.example", "b"]);
    assert_eq!(verified.expires_at(), UnixTime::new(NOW + 60));
    assert_eq!(verified.issued_at(), None);
    assert_eq!(verified.algorithm(), Algorithm::HS256);

    let later = policy.verify::<()>(&token, &keys(), UnixTime::new(NOW)).unwrap();
    assert_eq!(later.with_claims::<Role>().unwrap().claims().role, "admin");

    let other = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let result = policy.verify::<Role>(&other, &keys(), UnixTime::new(NOW));
    assert_eq!(result.unwrap_err(), R::UnexpectedClaims);
}
