use super::*;

fn refused(json: &str) -> Option<Rejection> {
    Registered::parse(json, &mut Names::new()).err()
}

#[test]
fn all_of_them() {
    let json =
        r#"{"iss":"i","sub":"s","aud":["a","b"],"exp":10.5,"nbf":1e1,"iat":-3,"x":{"y":[null]}}"#;
    let mut others = Names::new();
    let claims = Registered::parse(json, &mut others).unwrap();
    assert!(others.contains("x") && !others.contains("y") && !others.contains("sub"));
    assert_eq!(claims.issuer.as_deref(), Some("i"));
    assert_eq!(claims.subject.as_deref(), Some("s"));
    assert_eq!(claims.audience.unwrap().as_slice(), ["a", "b"]);
    let exp = claims.expires_at.unwrap();
    assert_eq!((exp.floor().get(), exp.ceil().get()), (10, 11));
    assert_eq!(claims.not_before.unwrap().ceil().get(), 10);
    assert_eq!(claims.issued_at.unwrap().floor().get(), -3);
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let mut others = Names::new();
    let claims = Registered::parse(r#"{"sub":"s","iss":"\u0069"}"#, &mut others).unwrap();
    assert!(matches!(claims.subject, Some(Cow::Borrowed("s"))));
    assert!(matches!(claims.issuer, Some(Cow::Owned(_))));
}

#[test]
fn malformed_is_never_absent() {
    for (json, claim) in [
        (r#"{"exp":"10"}"#, Claim::Expiration),
        (r#"{"exp":null}"#, Claim::Expiration),
        (r#"{"exp":true}"#, Claim::Expiration),
        (r#"{"exp":1e300}"#, Claim::Expiration),
        (r#"{"exp":18446744073709551615}"#, Claim::Expiration),
        (r#"{"exp":1767225600000}"#, Claim::Expiration),
        (r#"{"nbf":[]}"#, Claim::NotBefore),
        (r#"{"iat":{}}"#, Claim::IssuedAt),
        (r#"{"sub":1}"#, Claim::Subject),
        (r#"{"sub":null}"#, Claim::Subject),
        (r#"{"iss":["i"]}"#, Claim::Issuer),
        (r#"{"aud":1}"#, Claim::Audience),
        (r#"{"aud":null}"#, Claim::Audience),
        (r#"{"aud":{"a":1}}"#, Claim::Audience),
        (r#"{"aud":["a",1]}"#, Claim::Audience),
    ] {
        assert_eq!(refused(json), Some(Rejection::MalformedClaim(claim)), "{json}");
    }
}

#[test]
fn repeated_members_are_refused_wherever_they_are_known() {
    for json in [
        r#"{"sub":"a","sub":"a"}"#,
        r#"{"sub":"a","s\u0075b":"b"}"#,
        r#"{"exp":1,"exp":2}"#,
        r#"{"role":"user","role":"admin"}"#,
    ] {
        assert_eq!(refused(json), Some(Rejection::DuplicateMember), "{json}");
    }
}

#[test]
fn no_object_no_claims() {
    for json in ["", "null", "[]", "\"a\"", "{} {}", "{\"sub\":\"a\"", "{\"sub\":}", "\u{feff}{}"] {
        assert_eq!(refused(json), Some(Rejection::MalformedPayload), "{json:?}");
    }
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    assert_eq!(refused(&deep), Some(Rejection::NestingTooDeep));
}
