//! Attacks on a verifier that holds published keys.

use aws_lc_rs::signature::Ed25519KeyPair;
use gatewright_jose::{Jwk, Rejection as R, SigningKey};
use serde_json::json;

use super::table::{Keys, Row};
use crate::support::{CLAIMS, base64url, ed25519_key, forge_with};

/// The public keys of RFC 7515 §A.2 and §A.3, and one of our own.
pub(super) fn published() -> Vec<Jwk> {
    let rsa = json!({ "kty": "RSA", "kid": "rsa", "alg": "RS256", "use": "sig", "e": "AQAB", "n": RSA_N });
    let ec = json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let others = [rsa, ec].map(|jwk| serde_json::from_value(jwk).unwrap());
    [ed25519_key().public_jwk().unwrap()].into_iter().chain(others).collect()
}

const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-\
    Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-\
    pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-\
    bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-\
    UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-\
    DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

pub(super) fn rows() -> Vec<Row> {
    [headers(), public_keys_as_secrets(), signatures()].concat()
}

fn row(name: &'static str, token: String, expected: impl Into<Option<R>>) -> Row {
    Row { name, token, keys: Keys::Jwks, expected: expected.into() }
}

/// Any header and payload, signed by the Ed25519 key of this seed.
fn signed(seed: u8, header: &str) -> String {
    let input = format!("{}.{}", base64url(header), base64url(CLAIMS));
    let key = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    format!("{input}.{}", base64url(key.sign(input.as_bytes())))
}

/// The seed of the published key, and that of an attacker's.
const OURS: u8 = 7;
const THEIRS: u8 = 66;

fn headers() -> Vec<Row> {
    let theirs = SigningKey::ed25519_from_seed(&[THEIRS; 32]).unwrap().public_jwk().unwrap();
    let embedded =
        json!({ "alg": "EdDSA", "kid": "ed", "jwk": serde_json::to_value(theirs).unwrap() });
    let mut rows = vec![
        row("control: EdDSA", signed(OURS, r#"{"alg":"EdDSA","kid":"ed"}"#), None),
        row("control: EdDSA without a key id", signed(OURS, r#"{"alg":"EdDSA"}"#), None),
        row(
            "another's signature under our key id",
            signed(THEIRS, r#"{"alg":"EdDSA","kid":"ed"}"#),
            R::BadSignature,
        ),
        row(
            "the attacker's key in the header",
            signed(THEIRS, &embedded.to_string()),
            R::EmbeddedKey,
        ),
    ];
    let by_header = [
        ("our key by the name of another", r#"{"alg":"EdDSA","kid":"rsa"}"#, R::AlgorithmMismatch),
        ("invented key id", r#"{"alg":"EdDSA","kid":"x"}"#, R::UnknownKey),
        ("key id in another casing", r#"{"alg":"EdDSA","kid":"ED"}"#, R::UnknownKey),
        ("key id as a path", r#"{"alg":"EdDSA","kid":"../../../../dev/null"}"#, R::UnknownKey),
        ("key id as SQL", r#"{"alg":"EdDSA","kid":"ed' UNION SELECT 'k"}"#, R::UnknownKey),
        ("key id as a command", r#"{"alg":"EdDSA","kid":"ed|id"}"#, R::UnknownKey),
        ("key id as an address", r#"{"alg":"EdDSA","kid":"http://evil.example/k"}"#, R::UnknownKey),
        ("empty key id", r#"{"alg":"EdDSA","kid":""}"#, R::UnknownKey),
        ("key id and a zero byte", r#"{"alg":"EdDSA","kid":"ed\u0000"}"#, R::UnknownKey),
        ("key id a list", r#"{"alg":"EdDSA","kid":["ed"]}"#, R::MalformedHeader),
        ("key id twice", r#"{"alg":"EdDSA","kid":"ed","kid":"ed"}"#, R::DuplicateMember),
        (
            "address of a key set",
            r#"{"alg":"EdDSA","kid":"ed","jku":"https://evil.example/jwks"}"#,
            R::EmbeddedKey,
        ),
        (
            "address of a certificate",
            r#"{"alg":"EdDSA","kid":"ed","x5u":"https://evil.example/c"}"#,
            R::EmbeddedKey,
        ),
        (
            "certificate with the token",
            r#"{"alg":"EdDSA","kid":"ed","x5c":["AA=="]}"#,
            R::EmbeddedKey,
        ),
        ("none under a key id", r#"{"alg":"none","kid":"ed"}"#, R::Unsigned),
        ("the algorithm's later name", r#"{"alg":"Ed25519","kid":"ed"}"#, R::UnsupportedAlgorithm),
        ("PSS with a PKCS1 key", r#"{"alg":"PS256","kid":"rsa"}"#, R::AlgorithmMismatch),
        ("another hash with an RSA key", r#"{"alg":"RS512","kid":"rsa"}"#, R::AlgorithmMismatch),
        ("another curve", r#"{"alg":"ES384","kid":"ec"}"#, R::AlgorithmMismatch),
        ("ECDSA with an Ed25519 key", r#"{"alg":"ES256","kid":"ed"}"#, R::AlgorithmMismatch),
        (
            "unknown extension under a key id",
            r#"{"alg":"EdDSA","kid":"ed","crit":["x"]}"#,
            R::CriticalHeader,
        ),
    ];
    rows.extend(
        by_header.map(|(name, header, expected)| row(name, signed(OURS, header), expected)),
    );
    rows
}

/// The classic confusion: what everybody can read, used as an HMAC secret.
fn public_keys_as_secrets() -> Vec<Row> {
    let [ed, rsa, _] = &published()[..] else { unreachable!("three keys") };
    let rsa_json = serde_json::to_string(rsa).unwrap();
    let x = ed.x.as_deref().unwrap();
    let rows = [
        ("MAC with the RSA key's PEM", RSA_PEM.as_bytes(), "rsa"),
        (
            "MAC with the RSA key's PEM, without its last line end",
            RSA_PEM.trim_end().as_bytes(),
            "rsa",
        ),
        ("MAC with the RSA key's JSON", rsa_json.as_bytes(), "rsa"),
        ("MAC with the RSA modulus", RSA_N.as_bytes(), "rsa"),
        ("MAC with the Ed25519 key", x.as_bytes(), "ed"),
    ];
    let mut made: Vec<Row> = rows
        .into_iter()
        .map(|(name, secret, kid)| {
            let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
            row(name, forge_with(secret, &header, CLAIMS), R::AlgorithmMismatch)
        })
        .collect();
    let nameless = forge_with(RSA_PEM.as_bytes(), r#"{"alg":"HS256"}"#, CLAIMS);
    made.push(row("MAC with the RSA key's PEM and no key id", nameless, R::AlgorithmMismatch));
    let invented = forge_with(b"", r#"{"alg":"HS256","kid":"/dev/null"}"#, CLAIMS);
    made.push(row("MAC with the empty content of a file", invented, R::UnknownKey));
    made
}

fn signatures() -> Vec<Row> {
    let unsigned = |header: &str, signature: &[u8]| {
        format!("{}.{}.{}", base64url(header), base64url(CLAIMS), base64url(signature))
    };
    let (ec, rsa) = (r#"{"alg":"ES256","kid":"ec"}"#, r#"{"alg":"RS256","kid":"rsa"}"#);
    let ed = r#"{"alg":"EdDSA","kid":"ed"}"#;
    // The order of P-256: r and s must be less, and more than nothing.
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let der_of_ones = [0x30, 6, 2, 1, 1, 2, 1, 1];
    vec![
        row("ECDSA: r and s zero", unsigned(ec, &[0; 64]), R::BadSignature),
        row("ECDSA: r and s the order", unsigned(ec, &[order, order].concat()), R::BadSignature),
        row("ECDSA: a DER signature", unsigned(ec, &der_of_ones), R::BadSignature),
        row("ECDSA: a signature too long", unsigned(ec, &[1; 65]), R::BadSignature),
        row("RSA: zeros", unsigned(rsa, &[0; 256]), R::BadSignature),
        row("RSA: one byte short", unsigned(rsa, &[1; 255]), R::BadSignature),
        row("RSA: the number one", unsigned(rsa, &[&[0; 255][..], &[1]].concat()), R::BadSignature),
        row("EdDSA: zeros", unsigned(ed, &[0; 64]), R::BadSignature),
        row("EdDSA: empty", unsigned(ed, &[]), R::MissingSignature),
        row("EdDSA: the neutral point", unsigned(ed, &neutral_point()), R::BadSignature),
    ]
}

/// R is the neutral point and S is zero: good under every key of low order.
fn neutral_point() -> [u8; 64] {
    let mut signature = [0; 64];
    signature[0] = 1;
    signature
}

/// [`RSA_N`] as OpenSSL writes it.
const RSA_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
";
