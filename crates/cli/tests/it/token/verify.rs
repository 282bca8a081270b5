//! `gatewright token verify`: verified, not verified and why, or nothing to judge.

use gatewright_jose::Algorithm;
use serde_json::json;

use super::{SECRET, desk, signed};
use crate::desk::Desk;
use crate::key_pair::KeyPair;
use crate::process::{Finished, Process};
use crate::server::{Options, Server};

const AT: &str = "2026-11-25T12:00:00Z";

fn verify(desk: &Desk, token: &str, more: &[&str]) -> Finished {
    desk.run_reading(&[&["token", "verify", "-"], more].concat(), token)
}

#[test]
fn a_good_token_is_verified_and_the_report_says_what_was_not_checked() {
    let desk = desk();
    let token = signed(&desk, &["--issuer", "https://i", "--audience", "a", "--at", AT]);
    let finished = verify(&desk, &token, &["--secret-env", "SECRET", "--at", AT]);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(finished.stderr, "");
    for shown in [
        "verified",
        "user-1",
        "https://i",
        "2026-11-25T12:15:00Z (in 15 minutes)",
        "HS256",
        "issuer      not checked",
        "audience    not checked",
        "\"sub\": \"user-1\"",
        &format!("eyJhbG… ({} characters)", token.len()),
    ] {
        assert!(finished.stdout.contains(shown), "{shown} is not in:\n{}", finished.stdout);
    }
    assert!(!finished.output().contains(&token), "{}", finished.output());

    let all = [
        "--secret-env",
        "SECRET",
        "--at",
        AT,
        "--issuer",
        "https://other",
        "--issuer",
        "https://i",
        "--audience",
        "b",
        "--audience",
        "a",
        "--alg",
        "HS256",
        "--leeway",
        "0",
        "--max-age",
        "15m",
        "--require",
        "iat",
        "--format",
        "json",
    ];
    let finished = verify(&desk, &token, &all);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    let json = finished.json();
    assert_eq!((&json["version"], &json["verified"]), (&json!(1), &json!(true)));
    assert_eq!(json["header"], json!({"alg": "HS256"}));
    assert_eq!(json["claims"]["sub"], "user-1");
    assert_eq!(
        json["checked"],
        json!({
            "signature": true, "issuer": true, "audience": true, "dates": true, "age": true,
            "algorithms": ["HS256"], "type": null, "required": ["iat"], "at": AT,
            "leeway_seconds": 0,
        })
    );
    assert_eq!(json.get("rejection"), None);
}

#[test]
fn each_rejection_has_its_code_its_meaning_and_what_was_seen() {
    let pair = KeyPair::new(Algorithm::EdDSA);
    let desk = desk()
        .variable("OTHER", "another-secret-of-more-than-32-characters")
        .variable("QUOTED", &format!("\"{SECRET}\""))
        .file("jwks.json", pair.jwks(Algorithm::EdDSA, "k1"))
        .file("private.jwk", pair.private_jwk(Algorithm::EdDSA, "k2"));
    let good = signed(&desk, &["--issuer", "https://i/", "--audience", "a", "--at", AT]);
    let late = signed(&desk, &["--not-before", "+1h", "--expires-in", "2h", "--at", AT]);
    let typed = signed(&desk, &["--type", "at+jwt", "--at", AT]);
    let eddsa = desk.sign(&["--sub", "u", "--key", "private.jwk", "--at", AT]);
    let no_subject = desk.sign(&["--secret-env", "SECRET", "--at", AT]);
    let odd = desk.sign(&["--claims", "{\"sub\":7}", "--secret-env", "SECRET", "--at", AT]);
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.";
    let secret = ["--secret-env", "SECRET"];
    let jwks = ["--jwks", "jwks.json"];
    for (token, keys, more, code, seen) in [
        (&*good, secret, &["--at", "2026-11-25T12:20:00Z"][..], "expired", "5 minutes ago"),
        (&late, secret, &["--at", AT], "not-yet-valid", "in 1 hour"),
        (&good, secret, &["--at", "2026-11-25T11:59:00Z"], "issued-in-future", "in 1 minute"),
        (
            &good,
            secret,
            &["--at", "2026-11-25T12:10:00Z", "--max-age", "5m"],
            "too-old",
            "10 minutes ago",
        ),
        (
            &good,
            secret,
            &["--at", AT, "--issuer", "https://i"],
            "wrong-issuer",
            "a slash at the end",
        ),
        (&good, secret, &["--at", AT, "--issuer", "http://i/"], "wrong-issuer", "http and https"),
        (
            &good,
            secret,
            &["--at", AT, "--issuer", "https://i/api/auth"],
            "wrong-issuer",
            "the path",
        ),
        (&good, secret, &["--at", AT, "--audience", "A"], "wrong-audience", "upper and lower case"),
        (&good, secret, &["--at", AT, "--require", "jti"], "missing-claim", "jti"),
        (&no_subject, secret, &["--at", AT], "missing-claim", "\"exp\""),
        (&odd, secret, &["--at", AT], "malformed-claim", "sub is 7"),
        (&typed, secret, &["--at", AT], "wrong-type", "at+jwt"),
        (
            &eddsa,
            ["--key", "private.jwk"],
            &["--at", AT, "--alg", "ES256"],
            "algorithm-not-allowed",
            "EdDSA",
        ),
        (
            &eddsa,
            secret,
            &["--at", AT],
            "algorithm-mismatch",
            "the token says \"EdDSA\"; the key is for HS256",
        ),
        (&good, jwks, &["--at", AT], "algorithm-mismatch", "EdDSA"),
        (&eddsa, jwks, &["--at", AT], "unknown-key", "\"k1\""),
        (&good, ["--secret-env", "OTHER"], &["--at", AT], "bad-signature", ""),
        (&good, ["--secret-env", "QUOTED"], &["--at", AT], "bad-signature", "quotation marks"),
        (unsigned, secret, &["--at", AT], "unsigned", "none"),
        ("undefined", secret, &["--at", AT], "malformed-token", "JavaScript"),
        (&format!("Bearer {good}"), secret, &["--at", AT], "malformed-token", "`Bearer `"),
        (&format!("\"{good}\""), secret, &["--at", AT], "malformed-token", "quotation marks"),
        (&format!(" {good}"), secret, &["--at", AT], "malformed-token", "white space"),
        (&"a".repeat(20_000), secret, &["--at", AT], "token-too-large", ""),
    ] {
        assert_rejected(&desk, token, &[&keys[..], more].concat(), code, seen);
    }
    let finished =
        verify(&desk, &no_subject, &["--secret-env", "SECRET", "--at", AT, "--format", "json"]);
    assert_eq!(finished.json()["rejection"]["claim"], "sub");
}

#[track_caller]
fn assert_rejected(desk: &Desk, token: &str, args: &[&str], code: &str, seen: &str) {
    let finished = verify(desk, token, args);
    assert_eq!(finished.code(), Some(1), "{code}: {}", finished.output());
    let first = finished.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with(&format!("NOT VERIFIED: {code} ")), "{code}: {first}");
    for shown in ["what it means", seen] {
        assert!(finished.stdout.contains(shown), "{code}: no {shown} in:\n{}", finished.stdout);
    }

    let finished = verify(desk, token, &[args, &["--format", "json"]].concat());
    assert_eq!(finished.code(), Some(1), "{code}: {}", finished.output());
    let json = finished.json();
    assert_eq!((&json["version"], &json["verified"]), (&json!(1), &json!(false)), "{code}");
    assert_eq!(json["rejection"]["code"], code);
    for text in ["message", "explanation"] {
        assert!(json["rejection"][text].as_str().is_some_and(|text| !text.is_empty()), "{code}");
    }
    // Nobody reads by mistake what was refused.
    for member in ["claims", "header", "checked"] {
        assert_eq!(json.get(member), None, "{code}");
    }
    assert!(!finished.output().contains(SECRET), "{code}");
}

#[test]
fn leeway_and_time_decide_to_the_second() {
    let desk = desk();
    let token = signed(&desk, &["--at", AT, "--expires-in", "15m"]);
    for (at, leeway, code) in [
        ("2026-11-25T12:15:09Z", "10", 0),
        ("2026-11-25T12:15:10Z", "10", 1),
        ("2026-11-25T12:14:59Z", "0", 0),
        ("2026-11-25T12:15:00Z", "0", 1),
        ("1795608959", "60", 0),
        ("1795608960", "60", 1),
    ] {
        let args = ["--secret-env", "SECRET", "--at", at, "--leeway", leeway];
        let finished = verify(&desk, &token, &args);
        assert_eq!(finished.code(), Some(code), "{at} {leeway}: {}", finished.output());
    }
    // The machine's own clock, by a distance from it.
    let token = signed(&desk, &[]);
    for (at, code) in [("+14m", 0), ("+16m", 1), ("-5m", 1)] {
        let finished = verify(&desk, &token, &["--secret-env", "SECRET", "--at", at]);
        assert_eq!(finished.code(), Some(code), "{at}: {}", finished.output());
    }
}

#[test]
fn a_type_can_be_demanded() {
    let desk = desk();
    let token = signed(&desk, &["--type", "at+jwt"]);
    let args = ["--secret-env", "SECRET", "--type", "application/at+jwt"];
    assert_eq!(verify(&desk, &token, &args).code(), Some(0));
    let finished = verify(&desk, &signed(&desk, &[]), &args);
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    assert!(finished.stdout.contains("it has no type"), "{}", finished.stdout);
}

#[test]
fn an_rsa_key_is_for_the_algorithms_that_are_asked_for() {
    let pair = KeyPair::new(Algorithm::RS256);
    let desk = desk().file("public.pem", pair.public_pem()).file("private.pem", pair.private_pem());
    let token = desk.sign(&["--sub", "u", "--key", "private.pem", "--alg", "PS384"]);
    let finished = verify(&desk, &token, &["--key", "public.pem"]);
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    assert!(finished.stdout.contains("give --alg PS384"), "{}", finished.stdout);
    for alg in [&["--alg", "PS384"][..], &["--alg", "RS256", "--alg", "PS384"]] {
        let finished = verify(&desk, &token, &[&["--key", "public.pem"], alg].concat());
        assert_eq!(finished.code(), Some(0), "{}", finished.output());
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let desk = desk().file("token.txt", "x").file("empty", "").file("blank", " \n");
    let secret = ["--secret-env", "SECRET"];
    for (args, named) in [
        (&["@token.txt"][..], "--jwks"),
        (&["@token.txt", "--secret-env", "SECRET", "--key", "a"], "cannot be used with"),
        (&["@token.txt", "--secret-env", "SECRET", "--leeway", "61"], "60"),
        (&["@token.txt", "--secret-env", "SECRET", "--leeway", "-1"], "-1"),
        (&["@token.txt", "--secret-env", "SECRET", "--alg", "none"], "HS256"),
        (&["@token.txt", "--secret-env", "SECRET", "--alg", "hs256"], "HS256"),
        (&["@token.txt", "--secret-env", "SECRET", "--at", "yesterday"], "--at"),
        (&["@token.txt", "--secret-env", "SECRET", "--at", "1795608000000"], "milliseconds"),
        (&["@token.txt", "--secret-env", "SECRET", "--issuer", ""], "--issuer"),
        (&["@token.txt", "--secret-env", "SECRET", "--jws", "--issuer", "i"], "--jws"),
        (&["@nowhere.txt", "--secret-env", "SECRET"], "nowhere.txt"),
        (&["@empty", "--secret-env", "SECRET"], "no token"),
        (&["@blank", "--secret-env", "SECRET"], "no token"),
        (&["env:NOWHERE", "--secret-env", "SECRET"], "NOWHERE"),
        (&["@.", "--secret-env", "SECRET"], "cannot read"),
        (&["-", "--secret-env", "SECRET"], "no token"),
        (&["-", "--key", "-"], "stdin can be read once"),
    ] {
        let finished = desk.run(&[&["token", "verify"], args].concat());
        let is_stdin_twice = args == ["-", "--key", "-"];
        let finished =
            if is_stdin_twice { verify(&desk, "a.b.c", &["--key", "-"]) } else { finished };
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert_eq!(finished.stdout, "", "{args:?}");
        assert!(finished.stderr.contains(named), "{args:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("panic"), "{args:?}: {}", finished.stderr);
    }
    assert_eq!(verify(&desk, "x", &secret).code(), Some(1));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = desk();
    let token = signed(&desk, &[]);
    desk.write("token.txt", token);
    let shell = "exec 3>&1; { \"$0\" token decode @token.txt; echo \"code $?\" >&3; } | true";
    let binary = env!("CARGO_BIN_EXE_gatewright");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", shell, binary]).current_dir(desk.path(""));
    let finished = Process::spawn(command).finish();
    assert_eq!(finished.stdout, "code 0\n", "{}", finished.output());
}

#[test]
fn a_result_that_cannot_be_written_is_our_failure() {
    let desk = desk();
    desk.write("token.txt", signed(&desk, &[]));
    let mut command = std::process::Command::new("sh");
    let binary = env!("CARGO_BIN_EXE_gatewright");
    command.args(["-c", "\"$0\" token decode @token.txt > /dev/full", binary]);
    command.current_dir(desk.path(""));
    let finished = Process::spawn(command).finish();
    assert_eq!(finished.code(), Some(3), "{}", finished.output());
    assert!(finished.stderr.contains("cannot write to stdout"), "{}", finished.stderr);
}

#[tokio::test]
async fn what_our_own_server_issues_verifies() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let answer = server.get("/token").by(&ada).send().await;
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    let (jwks, origin) = (server.url("/api/auth/jwks"), server.origin());
    let desk = desk().variable("TOKEN", &token);
    let args = [
        "token",
        "verify",
        "env:TOKEN",
        "--jwks",
        &jwks,
        "--issuer",
        &origin,
        "--audience",
        &origin,
        "--format",
        "json",
    ];
    let finished = desk.run(&args);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(finished.json()["claims"]["sub"], ada.id.as_str());
    assert_eq!(finished.json()["header"]["alg"], "EdDSA");
}
