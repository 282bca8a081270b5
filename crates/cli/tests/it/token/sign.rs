//! `gatewright token sign`: what it makes verifies, here and with every kind of key.

use gatewright_jose::Algorithm;
use serde_json::{Value, json};

use super::{SECRET, desk, signed};
use crate::desk::Desk;
use crate::hold;
use crate::key_pair::KeyPair;

/// The claims of a token that this desk's `verify` accepts with the secret.
#[track_caller]
fn claims_of(desk: &Desk, token: &str, at: &str) -> Value {
    let args = ["token", "verify", "-", "--secret-env", "SECRET", "--format", "json", "--at", at];
    let finished = desk.run_reading(&args, token);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    finished.json()["claims"].clone()
}

#[test]
fn every_algorithm_signs_and_verifies_with_every_form_of_key() {
    // 64 bytes, as HS512 demands.
    let desk = Desk::new().variable("SECRET", &SECRET.repeat(2));
    let mut complaints = Vec::new();
    for algorithm in Algorithm::ALL {
        let alg = algorithm.as_str();
        let ways: Vec<(Vec<&str>, Vec<&str>)> = if algorithm.is_symmetric() {
            vec![(vec!["--secret-env", "SECRET"], vec!["--secret-env", "SECRET"])]
        } else {
            let pair = KeyPair::new(*algorithm);
            desk.write("private.pem", pair.private_pem());
            desk.write("public.pem", pair.public_pem());
            desk.write("private.der", &pair.private_der);
            desk.write("public.der", &pair.public_der);
            desk.write("private.jwk", pair.private_jwk(*algorithm, "k1"));
            desk.write("jwks.json", pair.jwks(*algorithm, "k1"));
            let signers = ["private.pem", "private.der", "private.jwk"];
            let verifiers =
                ["public.pem", "private.pem", "public.der", "private.der", "private.jwk"];
            let keys = verifiers.map(|file| vec!["--key", file]);
            let keys = keys.into_iter().chain([vec!["--jwks", "jwks.json"]]);
            let keys: Vec<_> = keys.collect();
            let pairs = signers.into_iter().zip(keys.chunks(2));
            pairs
                .flat_map(|(signer, keys)| {
                    keys.iter().map(move |key| (vec!["--key", signer], key.clone()))
                })
                .collect()
        };
        for (signer, verifier) in ways {
            let sign = ["token", "sign", "--sub", "u", "--alg", alg, "--kid", "k1"];
            let signing = desk.run(&[&sign[..], &signer].concat());
            let verify = ["token", "verify", "-", "--alg", alg, "--format", "json"];
            let verified = desk.run_reading(&[&verify[..], &verifier].concat(), &*signing.stdout);
            let is_good = verified.code() == Some(0) && verified.json()["header"]["alg"] == alg;
            if !is_good {
                let (signing, verified) = (signing.output(), verified.output());
                complaints.push(format!("{alg} {signer:?} {verifier:?}: {signing}{verified}"));
            }
        }
    }
    hold("What is signed verifies", &complaints);
}

#[test]
fn only_the_token_goes_to_stdout() {
    let desk = desk();
    let finished = desk.run(&["token", "sign", "--sub", "u", "--secret-env", "SECRET"]);
    assert_eq!((finished.code(), &*finished.stderr), (Some(0), ""));
    let token = finished.stdout.strip_suffix('\n').expect("a line");
    assert_eq!(token.split('.').count(), 3);
    assert!(!token.contains(char::is_whitespace));

    let args = ["token", "sign", "--sub", "u", "--secret-env", "SECRET", "--format", "json"];
    let json = desk.run(&args).json();
    assert_eq!((&json["version"], &json["algorithm"]), (&json!(1), &json!("HS256")));
    assert_eq!(json["claims"]["sub"], "u");
    claims_of(&desk, json["token"].as_str().expect("a token"), "+0");
}

#[test]
fn claims_come_from_flags_and_from_json() {
    let at = "2026-11-25T12:00:00Z";
    let at_seconds = 1_795_608_000;
    let desk = desk().variable("CLAIMS", r#"{"sub":"u","role":"admin"}"#);
    desk.write("claims.json", r#"{"sub":"u","role":"admin"}"#);
    let flags = [
        "--issuer",
        "https://i",
        "--audience",
        "a",
        "--audience",
        "b",
        "--jti",
        "j",
        "--not-before",
        "-1m",
        "--expires-in",
        "1h",
        "--at",
        at,
        "--secret-env",
        "SECRET",
    ];
    let expected = json!({
        "sub": "u", "role": "admin", "iss": "https://i", "aud": ["a", "b"], "jti": "j",
        "nbf": at_seconds - 60, "exp": at_seconds + 3600, "iat": at_seconds,
    });
    for claims in [r#"{"sub":"u","role":"admin"}"#, "@claims.json", "env:CLAIMS"] {
        let token = desk.sign(&[&["--claims", claims], &flags[..]].concat());
        assert_eq!(claims_of(&desk, &token, at), expected, "{claims}");
    }
    let args = [&["token", "sign", "--claims", "-"], &flags[..]].concat();
    let finished = desk.run_reading(&args, r#"{"sub":"u","role":"admin"}"#);
    assert_eq!(claims_of(&desk, &finished.stdout, at), expected);

    let one = signed(&desk, &["--audience", "a", "--at", at]);
    let claims = claims_of(&desk, &one, at);
    assert_eq!((&claims["aud"], &claims["exp"]), (&json!("a"), &json!(at_seconds + 900)));
    let own = r#"{"sub":"u","exp":1795609000,"iat":1795607999}"#;
    let own = desk.sign(&["--claims", own, "--secret-env", "SECRET"]);
    assert_eq!(
        claims_of(&desk, &own, at),
        json!({"sub":"u","exp":at_seconds + 1000,"iat":at_seconds - 1})
    );
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let pair = KeyPair::new(Algorithm::ES256);
    let desk = desk()
        .variable("SHORT", "only-31-characters-are-too-few.")
        .file("public.pem", pair.public_pem())
        .file("private.pem", pair.private_pem())
        .file("private.jwk", pair.private_jwk(Algorithm::ES256, "k1"))
        .file("public.jwks", pair.jwks(Algorithm::ES256, "k1"))
        .file("empty", "");
    let secret = ["--secret-env", "SECRET"];
    for (args, named) in [
        (&["--sub", "u"][..], "--secret-env"),
        (&["--sub", "u", "--alg", "none", "--secret-env", "SECRET"], "HS256"),
        (&["--sub", "u", "--secret-env", "SHORT"], "at least 32 bytes"),
        (&["--sub", "u", "--secret-env", "NOT_THERE"], "NOT_THERE"),
        (&["--sub", "u", "--secret-env", "SECRET", "--alg", "ES256"], "does not fit"),
        (&["--sub", "u", "--secret-env", "SECRET", "--alg", "HS512"], "64 bytes"),
        (&["--sub", "u", "--key", "public.pem"], "public key"),
        (&["--sub", "u", "--key", "public.jwks"], "public keys only"),
        (&["--sub", "u", "--key", "private.pem", "--alg", "RS256"], "does not fit"),
        (&["--sub", "u", "--key", "private.jwk", "--alg", "ES384"], "does not fit"),
        (&["--sub", "u", "--key", "nowhere.pem"], "nowhere.pem"),
        (&["--sub", "u", "--key", "empty"], "no key"),
        (&["--sub", "u", "--key", "private.pem", "--secret-env", "SECRET"], "cannot be used with"),
        (&["--claims", "[]", "--secret-env", "SECRET"], "no JSON object"),
        (&["--claims", "{", "--secret-env", "SECRET"], "not JSON"),
        (&["--claims", "{\"exp\":null}", "--secret-env", "SECRET"], "`exp`"),
        (&["--claims", "{\"exp\":\"soon\"}", "--secret-env", "SECRET"], "`exp`"),
        (&["--claims", "{\"sub\":\"a\"}", "--sub", "b", "--secret-env", "SECRET"], "--sub"),
        (
            &["--claims", "{\"exp\":9}", "--expires-in", "1h", "--secret-env", "SECRET"],
            "--expires-in",
        ),
        (&["--sub", "u", "--expires-in", "never", "--secret-env", "SECRET"], "15m"),
        (&["--sub", "", "--secret-env", "SECRET"], "--sub"),
        (&["--jws", "--secret-env", "SECRET"], "--payload"),
        (&["--jws", "--payload", "empty", "--secret-env", "SECRET"], "empty payload"),
        (&["--jws", "--payload", "-", "--sub", "u", "--secret-env", "SECRET"], "--sub"),
    ] {
        let finished = desk.run(&[&["token", "sign"], args].concat());
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert_eq!(finished.stdout, "", "{args:?}");
        assert!(finished.stderr.contains(named), "{args:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains(SECRET), "{args:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("panic"), "{args:?}: {}", finished.stderr);
    }
    let without = desk.run(&[&["token", "sign"], &secret[..]].concat());
    assert_eq!(without.code(), Some(0), "{}", without.output());
    assert!(without.stderr.contains("--sub"), "{}", without.stderr);
}

#[test]
fn of_a_key_set_the_named_key_signs() {
    let (one, two) = (KeyPair::new(Algorithm::EdDSA), KeyPair::new(Algorithm::ES256));
    let keys = [one.private_jwk(Algorithm::EdDSA, "k1"), two.private_jwk(Algorithm::ES256, "k2")];
    let public = [one.public_jwk(Algorithm::EdDSA, "k1"), two.public_jwk(Algorithm::ES256, "k2")];
    let desk = desk()
        .file("private.json", format!("{{\"keys\":[{}]}}", keys.join(",")))
        .file("public.json", json!({ "keys": public }).to_string());
    let finished = desk.run(&["token", "sign", "--sub", "u", "--key", "private.json"]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("--kid: k1, k2"), "{}", finished.stderr);
    for (kid, alg) in [("k1", "EdDSA"), ("k2", "ES256")] {
        let token = desk.sign(&["--sub", "u", "--key", "private.json", "--kid", kid]);
        for source in [["--jwks", "public.json"], ["--key", "private.json"]] {
            let args = [&["token", "verify", "-", "--format", "json"], &source[..]].concat();
            let finished = desk.run_reading(&args, token.as_str());
            assert_eq!(finished.code(), Some(0), "{}", finished.output());
            assert_eq!(finished.json()["header"], json!({"alg": alg, "kid": kid}));
        }
    }
}

#[test]
fn a_payload_that_is_no_claims_set_comes_back_as_it_was() {
    let desk = desk();
    let payload = "any text\n\twith no JSON in it\n";
    let sign = ["token", "sign", "--jws", "--payload", "-", "--secret-env", "SECRET"];
    let token = desk.run_reading(&sign, payload);
    assert_eq!(token.code(), Some(0), "{}", token.output());
    let verify = ["token", "verify", "-", "--jws", "--secret-env", "SECRET"];
    let finished = desk.run_reading(&verify, &*token.stdout);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(finished.stdout, payload, "the payload and nothing else");
    assert!(finished.stderr.contains("signature alone"), "{}", finished.stderr);

    let bytes = [0, 159, 146, 150];
    let token = desk.run_reading(&sign, bytes);
    let finished = desk.run_reading(&[&verify[..], &["--format", "json"]].concat(), &*token.stdout);
    let json = finished.json();
    assert_eq!(
        (&json["payload"], &json["payload_encoding"]),
        (&json!("AJ+Slg=="), &json!("base64"))
    );
    assert_eq!(json["checked"]["issuer"], false);

    // Neither is taken for the other.
    let jwt = signed(&desk, &["--type", "JWT"]);
    let claims = ["token", "verify", "-", "--secret-env", "SECRET"];
    for (args, token) in [(&verify[..], &*jwt), (&claims, &*token.stdout)] {
        let finished = desk.run_reading(&[args, &["--format", "json"]].concat(), token);
        assert_eq!(finished.code(), Some(1), "{}", finished.output());
        assert_eq!(finished.json()["rejection"]["code"], "wrong-type", "{}", finished.stdout);
    }
}
