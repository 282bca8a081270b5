//! One row per attack: what is sent, and by which reason it is refused.

use gatewright_jose::{
    Algorithm, Claim, KeySet, Rejection as R, SigningKey, UnixTime, VerifyingKey, dangerous,
};

use crate::support::{CLAIMS, NOW, base64url, ed25519_key, forge, forge_with, policy, verify};

#[test]
fn control_the_forger_makes_good_tokens() {
    assert_eq!(verify(&forge(r#"{"alg":"HS256"}"#, CLAIMS)).unwrap().subject(), "alice");
    assert!(verify(&forge(r#"{"alg":"HS256","typ":"JWT","kid":"any","x5t":"a"}"#, CLAIMS)).is_ok());
}

#[test]
fn headers() {
    let deep = format!(r#"{{"alg":"HS256","x":{}}}"#, "[".repeat(300));
    let wide = format!(r#"{{"alg":"HS256","x":"{}"}}"#, "a".repeat(2_000));
    for (attack, header, expected) in [
        ("none", r#"{"alg":"none"}"#, R::Unsigned),
        ("none in another casing", r#"{"alg":"NonE"}"#, R::Unsigned),
        ("none, escaped", r#"{"alg":"\u006eone"}"#, R::Unsigned),
        ("none with a space", r#"{"alg":"none "}"#, R::UnsupportedAlgorithm),
        ("no algorithm", r#"{"alg":""}"#, R::UnsupportedAlgorithm),
        ("algorithm in another casing", r#"{"alg":"hs256"}"#, R::UnsupportedAlgorithm),
        ("algorithm null", r#"{"alg":null}"#, R::MalformedHeader),
        ("algorithm as a list", r#"{"alg":["HS256"]}"#, R::MalformedHeader),
        ("algorithm left out", r#"{"typ":"JWT"}"#, R::MalformedHeader),
        ("another MAC with the same secret", r#"{"alg":"HS512"}"#, R::AlgorithmMismatch),
        ("MAC keyed with a public key", r#"{"alg":"HS256","kid":"ed"}"#, R::AlgorithmMismatch),
        ("signature instead of MAC", r#"{"alg":"EdDSA","kid":"ed"}"#, R::BadSignature),
        ("kid invented", r#"{"alg":"EdDSA","kid":"x"}"#, R::UnknownKey),
        ("kid as a path", r#"{"alg":"EdDSA","kid":"../../dev/null"}"#, R::UnknownKey),
        ("kid as SQL", r#"{"alg":"EdDSA","kid":"x' UNION SELECT 'k"}"#, R::UnknownKey),
        ("kid empty", r#"{"alg":"EdDSA","kid":""}"#, R::UnknownKey),
        ("kid as a number", r#"{"alg":"HS256","kid":1}"#, R::MalformedHeader),
        ("kid null", r#"{"alg":"HS256","kid":null}"#, R::MalformedHeader),
        ("embedded key", r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}"#, R::EmbeddedKey),
        ("key address", r#"{"alg":"HS256","jku":"https://evil.example/"}"#, R::EmbeddedKey),
        ("certificate address", r#"{"alg":"HS256","x5u":"https://evil.example/"}"#, R::EmbeddedKey),
        ("certificate", r#"{"alg":"HS256","x5c":["MIIB"]}"#, R::EmbeddedKey),
        ("unknown extension", r#"{"alg":"HS256","crit":["x"],"x":1}"#, R::CriticalHeader),
        ("known member as extension", r#"{"alg":"HS256","crit":["alg"]}"#, R::CriticalHeader),
        ("empty list of extensions", r#"{"alg":"HS256","crit":[]}"#, R::CriticalHeader),
        ("unencoded payload", r#"{"alg":"HS256","b64":false}"#, R::UnencodedPayload),
        ("algorithm twice", r#"{"alg":"HS256","alg":"HS256"}"#, R::DuplicateMember),
        ("algorithm twice, escaped", r#"{"alg":"HS256","\u0061lg":"HS256"}"#, R::DuplicateMember),
        ("any member twice", r#"{"alg":"HS256","a":1,"a":1}"#, R::DuplicateMember),
        ("another kind of token", r#"{"alg":"HS256","typ":"logout+jwt"}"#, R::WrongType),
        ("an encrypted one", r#"{"alg":"dir","enc":"A256GCM"}"#, R::UnsupportedAlgorithm),
        ("no object", r#""HS256""#, R::MalformedHeader),
        ("something behind", r#"{"alg":"HS256"}{"alg":"none"}"#, R::MalformedHeader),
        ("byte order mark", "\u{feff}{\"alg\":\"HS256\"}", R::MalformedHeader),
        ("nesting", &deep, R::MalformedHeader),
        ("length", &wide, R::MalformedHeader),
    ] {
        assert_eq!(verify(&forge(header, CLAIMS)).err(), Some(expected), "{attack}");
    }
}

#[test]
fn spelling() {
    let good = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    // The last of 43 characters holds two bits that mean nothing.
    let last = signature.chars().last().unwrap();
    let other = char::from(last as u8 + 1);
    let stray_bits = format!("{input}.{}{other}", &signature[..42]);
    for (attack, token, expected) in [
        ("empty", String::new(), R::MalformedToken),
        ("dots", "..".into(), R::MalformedToken),
        ("no signature", format!("{input}."), R::MissingSignature),
        ("no signature part", input.into(), R::MalformedToken),
        ("signature of null", format!("{input}.bnVsbA"), R::BadSignature),
        ("zero bytes", format!("{input}.{}", "A".repeat(43)), R::BadSignature),
        ("signature cut short", format!("{input}.{}", &signature[..22]), R::MalformedToken),
        ("half a signature", format!("{input}.{}", base64url([0; 16])), R::BadSignature),
        ("signature too long", format!("{input}.{}", "A".repeat(200)), R::BadSignature),
        ("longer than any", format!("{input}.{}", "A".repeat(2_000)), R::MalformedToken),
        ("stray tail bits", stray_bits, R::MalformedToken),
        ("padding", format!("{good}="), R::MalformedToken),
        ("line end", format!("{good}\n"), R::MalformedToken),
        ("space before", format!(" {good}"), R::MalformedToken),
        ("four parts", format!("{good}.{signature}"), R::MalformedToken),
        ("five parts, as if encrypted", format!("{good}.a.b"), R::MalformedToken),
        ("header left out", format!(".{payload}.{signature}"), R::MalformedToken),
        ("payload left out", format!("{header}..{signature}"), R::MalformedToken),
        ("another payload", format!("{header}.{}.{signature}", base64url("{}")), R::BadSignature),
        ("no ASCII", format!("{header}.é.{signature}"), R::BadSignature),
        ("Bearer left on", format!("Bearer {good}"), R::MalformedToken),
        ("too large", "a".repeat(16 * 1024 + 1), R::TokenTooLarge),
    ] {
        assert_eq!(verify(&token).err(), Some(expected), "{attack}");
    }
}

#[test]
fn payloads() {
    let deep = format!(r#"{{"sub":"alice","x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    for (attack, payload, expected) in [
        ("no object", "[]", R::MalformedPayload),
        ("null", "null", R::MalformedPayload),
        ("empty text", "\"\"", R::MalformedPayload),
        ("two objects", "{}{}", R::MalformedPayload),
        ("unfinished", r#"{"sub":"#, R::MalformedPayload),
        ("lone surrogate", r#"{"sub":"\ud800"}"#, R::MalformedPayload),
        ("nesting", &deep, R::NestingTooDeep),
        ("a token within", "eyJhbGciOiJub25lIn0.e30.", R::MalformedPayload),
        ("subject twice", r#"{"sub":"alice","sub":"bob"}"#, R::DuplicateMember),
        ("subject a number", r#"{"sub":1}"#, R::MalformedClaim(Claim::Subject)),
        ("expiry a text", r#"{"exp":"1800000000"}"#, R::MalformedClaim(Claim::Expiration)),
        (
            "expiry in milliseconds",
            r#"{"exp":1700000060000}"#,
            R::MalformedClaim(Claim::Expiration),
        ),
        ("expiry beyond numbers", r#"{"exp":1e999}"#, R::MalformedPayload),
        ("audience an object", r#"{"aud":{}}"#, R::MalformedClaim(Claim::Audience)),
        ("nothing", "{}", R::MissingClaim(Claim::Issuer)),
    ] {
        let token = forge(r#"{"alg":"HS256"}"#, payload);
        assert_eq!(verify(&token).err(), Some(expected), "{attack}");
    }
    let not_utf8 = {
        let input =
            format!("{}.{}", base64url(r#"{"alg":"HS256"}"#), base64url(b"{\"a\":\"\xff\"}"));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, crate::support::SECRET);
        format!("{input}.{}", base64url(aws_lc_rs::hmac::sign(&key, input.as_bytes())))
    };
    assert_eq!(verify(&not_utf8).err(), Some(R::MalformedPayload));
}

/// The classic confusion: the public key, which everybody has, used as an HMAC secret.
#[test]
fn a_public_key_is_no_secret() {
    let public = ed25519_key().public_jwk().unwrap();
    let x = public.x.clone().unwrap();
    let json = serde_json::to_string(&public).unwrap();
    let only_public = KeySet::from(ed25519_key().verifying_key());
    for secret in [x.as_bytes(), json.as_bytes(), b""] {
        for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"ed"}"#] {
            let token = forge_with(secret, header, CLAIMS);
            let result = policy().verify::<()>(&token, &only_public, UnixTime::new(NOW));
            assert_eq!(result.err(), Some(R::AlgorithmMismatch));
        }
    }
}

#[test]
fn an_empty_key_set_accepts_nothing() {
    let token = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let result = policy().verify::<()>(&token, &KeySet::default(), UnixTime::new(NOW));
    assert_eq!(result.err(), Some(R::UnknownKey));
}

#[test]
fn keys_are_not_tried_in_turn() {
    let one = VerifyingKey::hmac(Algorithm::HS256, crate::support::SECRET).unwrap();
    let other = VerifyingKey::hmac(Algorithm::HS256, &[b'o'; 32]).unwrap();
    let token = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let named = forge(r#"{"alg":"HS256","kid":"one"}"#, CLAIMS);
    let verify = |keys: [VerifyingKey; 2], token: &str| {
        policy().verify::<()>(token, &KeySet::from_iter(keys), UnixTime::new(NOW)).err()
    };
    let (a, b) = (one.clone(), other.clone());
    assert_eq!(verify([a.clone(), b.clone()], &token), Some(R::AmbiguousKey));
    let (a, b) = (a.with_key_id("one"), b.with_key_id("other"));
    assert_eq!(verify([a.clone(), b.clone()], &token), Some(R::AmbiguousKey));
    assert_eq!(verify([a.clone(), b], &named), None);
    assert_eq!(verify([a, other.with_key_id("one")], &named), Some(R::AmbiguousKey));
}

#[test]
fn what_is_said_of_a_rejection_repeats_nothing_of_the_token() {
    let token = forge(r#"{"alg":"HS256","kid":"needle"}"#, r#"{"sub":"needle","exp":"needle"}"#);
    let rejection = verify(&token).unwrap_err();
    let said = format!("{rejection} {rejection:?} {} {:?}", rejection.code(), rejection.blame());
    assert!(!said.contains("needle"), "{said}");
}

#[test]
fn decoding_for_diagnosis_proves_nothing_and_hides_claims_in_debug() {
    let token = forge_with(b"wrong", r#"{"alg":"none"}"#, r#"{"sub":"needle"}"#);
    let unverified = dangerous::decode_unverified(&token).unwrap();
    assert_eq!(unverified.claims["sub"], "needle");
    assert_eq!(unverified.header["alg"], "none");
    assert!(unverified.has_signature);
    assert!(!format!("{unverified:?}").contains("needle"));
    assert_eq!(dangerous::decode_unverified("a.b"), Err(R::MalformedToken));
}

#[test]
fn only_objects_are_signed() {
    let key = SigningKey::ed25519_from_seed(&[7; 32]).unwrap();
    assert!(key.sign(&[1]).is_err());
    assert!(key.sign(&"text").is_err());
    assert!(key.sign(&serde_json::json!({})).is_ok());
}
