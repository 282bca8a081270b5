//! Attacks on a verifier that holds a shared secret.

use gatewright_jose::{Claim, Rejection as R};

use super::table::{Keys, Row};
use crate::support::{CLAIMS, SECRET, base64url, claims_with, forge, forge_with, mac};

pub(super) fn rows() -> Vec<Row> {
    [controls(), headers(), spellings(), payloads(), claims(), secrets()].concat()
}

fn row(name: &'static str, token: String, expected: impl Into<Option<R>>) -> Row {
    Row { name, token, keys: Keys::Secret, expected: expected.into() }
}

fn controls() -> Vec<Row> {
    vec![
        row("control: HS256", forge(r#"{"alg":"HS256"}"#, CLAIMS), None),
        row("control: with typ", forge(r#"{"alg":"HS256","typ":"JWT"}"#, CLAIMS), None),
        row(
            "control: with a key id and members that mean nothing",
            forge(r#"{"alg":"HS256","typ":"application/jwt","kid":"any","x5t":"a"}"#, CLAIMS),
            None,
        ),
        row(
            "control: several audiences",
            forge(
                r#"{"alg":"HS256"}"#,
                &claims_with(r#"{"aud":["https://b.example","https://a.example"]}"#),
            ),
            None,
        ),
    ]
}

fn headers() -> Vec<Row> {
    let deep = format!(r#"{{"alg":"HS256","x":{}}}"#, "[".repeat(300));
    let wide = format!(r#"{{"alg":"HS256","x":"{}"}}"#, "a".repeat(2_000));
    let rows = [
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
        ("a private key's algorithm", r#"{"alg":"EdDSA"}"#, R::AlgorithmMismatch),
        (
            "a private key's algorithm and name",
            r#"{"alg":"EdDSA","kid":"x"}"#,
            R::AlgorithmMismatch,
        ),
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
    ];
    rows.map(|(name, header, expected)| row(name, forge(header, CLAIMS), expected)).to_vec()
}

fn spellings() -> Vec<Row> {
    let good = forge(r#"{"alg":"HS256"}"#, CLAIMS);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    // The last of 43 characters holds two bits that mean nothing.
    let last = signature.chars().last().unwrap();
    let other = char::from(last as u8 + 1);
    let stray_bits = format!("{input}.{}{other}", &signature[..42]);
    let rows = [
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
    ];
    rows.map(|(name, token, expected)| row(name, token, expected)).to_vec()
}

fn payloads() -> Vec<Row> {
    let deep = format!(r#"{{"sub":"alice","x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    let rows = [
        ("claims that are no object", "[]", R::MalformedPayload),
        ("null", "null", R::MalformedPayload),
        ("empty text", "\"\"", R::MalformedPayload),
        ("two objects", "{}{}", R::MalformedPayload),
        ("unfinished", r#"{"sub":"#, R::MalformedPayload),
        ("lone surrogate", r#"{"sub":"\ud800"}"#, R::MalformedPayload),
        ("nesting of the claims", &deep, R::NestingTooDeep),
        ("a token within", "eyJhbGciOiJub25lIn0.e30.", R::MalformedPayload),
        ("subject twice", r#"{"sub":"alice","sub":"bob"}"#, R::DuplicateMember),
        ("subject a number", r#"{"sub":1}"#, R::MalformedClaim(Claim::Subject)),
        ("expiry a text", r#"{"exp":"1800000000"}"#, R::MalformedClaim(Claim::Expiration)),
        (
            "expiry in milliseconds",
            r#"{"exp":1700000060000}"#,
            R::MalformedClaim(Claim::Expiration),
        ),
        ("expiry beyond numbers", r#"{"exp":1e999}"#, R::MalformedClaim(Claim::Expiration)),
        ("audience an object", r#"{"aud":{}}"#, R::MalformedClaim(Claim::Audience)),
        ("nothing", "{}", R::MissingClaim(Claim::Issuer)),
    ];
    let mut rows: Vec<Row> = rows
        .into_iter()
        .map(|(name, payload, expected)| row(name, forge(r#"{"alg":"HS256"}"#, payload), expected))
        .collect();
    let not_utf8 =
        format!("{}.{}", base64url(r#"{"alg":"HS256"}"#), base64url(b"{\"a\":\"\xff\"}"));
    let tag = mac(SECRET, &not_utf8);
    rows.push(row("not UTF-8", format!("{not_utf8}.{tag}"), R::MalformedPayload));
    rows
}

fn claims() -> Vec<Row> {
    let rows = [
        ("expired", r#"{"exp":1000000000}"#, R::Expired),
        ("expired before 1970", r#"{"exp":-1}"#, R::Expired),
        ("expiry a fraction of zero", r#"{"exp":0.1}"#, R::Expired),
        ("no expiry", r#"{"exp":null}"#, R::MissingClaim(Claim::Expiration)),
        ("not yet valid", r#"{"nbf":4000000000}"#, R::NotYetValid),
        ("issued in the future", r#"{"iat":4000000000}"#, R::IssuedInFuture),
        ("no subject", r#"{"sub":null}"#, R::MissingClaim(Claim::Subject)),
        ("empty subject", r#"{"sub":""}"#, R::MalformedClaim(Claim::Subject)),
        ("no issuer", r#"{"iss":null}"#, R::MissingClaim(Claim::Issuer)),
        ("another issuer", r#"{"iss":"https://evil.example"}"#, R::WrongIssuer),
        ("the issuer and a slash", r#"{"iss":"https://i.example/"}"#, R::WrongIssuer),
        ("issuer as a list", r#"{"iss":["https://i.example"]}"#, R::MalformedClaim(Claim::Issuer)),
        ("no audience", r#"{"aud":null}"#, R::MissingClaim(Claim::Audience)),
        ("another audience", r#"{"aud":"https://b.example"}"#, R::WrongAudience),
        ("a longer audience", r#"{"aud":"https://a.example.evil"}"#, R::WrongAudience),
        ("empty list of audiences", r#"{"aud":[]}"#, R::WrongAudience),
        ("audience a number", r#"{"aud":1}"#, R::MalformedClaim(Claim::Audience)),
        (
            "numbers among audiences",
            r#"{"aud":["https://a.example",1]}"#,
            R::MalformedClaim(Claim::Audience),
        ),
    ];
    rows.map(|(name, replaced, expected)| {
        row(name, forge(r#"{"alg":"HS256"}"#, &claims_with(replaced)), expected)
    })
    .to_vec()
}

/// The right algorithm, and secrets that somebody might have left in place.
fn secrets() -> Vec<Row> {
    let rows: [(_, &[u8]); 6] = [
        ("signed with an empty secret", b""),
        ("signed with a zero byte", b"\0"),
        ("signed with 32 zero bytes", &[0; 32]),
        ("signed with a usual default", b"secret"),
        ("signed with Better Auth's default", b"better-auth-secret-12345678901234567890"),
        ("signed with the start of the secret", &SECRET[..32]),
    ];
    rows.map(|(name, secret)| {
        row(name, forge_with(secret, r#"{"alg":"HS256"}"#, CLAIMS), R::BadSignature)
    })
    .to_vec()
}
