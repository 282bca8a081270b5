//! What a policy demands, claim by claim.

use gatewright_jose::{Algorithm, Claim, Policy, Rejection as R, UnixTime, Verified};
use serde::Deserialize;

use crate::support::{CLAIMS, NOW, claims_with, forge, keys, policy, verify_claims};

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
        assert_eq!(verify_claims(&policy(), &claims_with(claims), NOW), expected, "{claims}");
    }
}

#[test]
fn any_means_any_and_still_demands_well_formed_claims() {
    let any = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    assert_eq!(verify_claims(&any, &claims_with(r#"{"iss":null,"aud":null}"#), NOW), None);
    let number = claims_with(r#"{"iss":1}"#);
    assert_eq!(verify_claims(&any, &number, NOW), Some(R::MalformedClaim(Claim::Issuer)));
    let no_expiry = claims_with(r#"{"exp":null}"#);
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
        assert_eq!(
            verify_claims(&strict, &claims_with(claims), now),
            expected,
            "{claims} at {now}"
        );
    }
    let latest = claims_with(r#"{"exp":253402300799}"#);
    assert_eq!(verify_claims(&strict, &latest, i64::MAX), Some(R::Expired));
    assert_eq!(verify_claims(&strict, &latest, i64::MIN), None);
}

#[test]
fn leeway_is_ten_seconds_and_sixty_at_most() {
    let claims = claims_with(r#"{"exp":100}"#);
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
    let token = forge(
        r#"{"alg":"HS256"}"#,
        &claims_with(r#"{"role":"admin","aud":["https://a.example","b"]}"#),
    );
    let verified: Verified<Role> = policy.verify(&token, &keys(), UnixTime::new(NOW)).unwrap();
    assert_eq!(verified.claims().role, "admin");
    assert_eq!(verified.issuer(), Some("https://i.example"));
    assert_eq!(verified.audience().collect::<Vec<_>>(), ["https://a.example", "b"]);
    assert_eq!(verified.expires_at(), UnixTime::new(4_102_444_800));
    assert_eq!(verified.issued_at(), None);
    assert_eq!(verified.algorithm(), Algorithm::HS256);

    let later = policy.verify::<()>(&token, &keys(), UnixTime::new(NOW)).unwrap();
    assert_eq!(later.with_claims::<Role>().unwrap().claims().role, "admin");

    let other = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let result = policy.verify::<Role>(&other, &keys(), UnixTime::new(NOW));
    assert_eq!(result.unwrap_err(), R::UnexpectedClaims);
}

#[test]
fn a_greatest_age_demands_iat_and_is_kept_to_the_second() {
    let policy = Policy::builder()
        .any_issuer()
        .any_audience()
        .any_algorithm()
        .leeway_seconds(5)
        .max_age_seconds(60)
        .build();
    for (claims, now, expected) in [
        (r"{}", 100, Some(R::MissingClaim(Claim::IssuedAt))),
        (r#"{"iat":100}"#, 164, None),
        (r#"{"iat":100}"#, 165, Some(R::TooOld)),
        (r#"{"iat":100.9}"#, 165, Some(R::TooOld)),
        (r#"{"iat":100,"exp":120}"#, 125, Some(R::Expired)),
        (r#"{"iat":106}"#, 100, Some(R::IssuedInFuture)),
    ] {
        assert_eq!(
            verify_claims(&policy, &claims_with(claims), now),
            expected,
            "{claims} at {now}"
        );
    }
    let refused_from = |claims: &str| {
        let token = forge(r#"{"alg":"HS256"}"#, &claims_with(claims));
        policy.verify::<()>(&token, &keys(), UnixTime::new(110)).unwrap().refused_from().get()
    };
    assert_eq!(refused_from(r#"{"iat":100}"#), 165);
    assert_eq!(refused_from(r#"{"iat":100,"exp":120}"#), 125);
}

#[test]
fn claims_that_the_policy_requires_besides() {
    let requiring = |names: &[&str]| {
        let policy = Policy::builder().any_issuer().any_audience().any_algorithm();
        policy.required_claims(names.iter().copied()).build()
    };
    let claims = claims_with(r#"{"jti":"1","iat":5,"nbf":5,"role":null,"a\u0062c":1}"#);
    let all = ["jti", "iat", "nbf", "iss", "aud", "sub", "exp", "abc"];
    assert_eq!(verify_claims(&requiring(&all), &claims, NOW), None);
    for (name, claim) in [
        ("aud", Claim::Audience),
        ("iat", Claim::IssuedAt),
        ("iss", Claim::Issuer),
        ("jti", Claim::TokenId),
        ("nbf", Claim::NotBefore),
        ("role", Claim::Other),
    ] {
        let without = claims_with(r#"{"iss":null,"aud":null}"#);
        let refused = verify_claims(&requiring(&["sub", name]), &without, NOW);
        assert_eq!(refused, Some(R::MissingClaim(claim)), "{name}");
    }
}
