//! `gatewright token decode`: shows, and verifies nothing.

use serde_json::json;

use super::{desk, signed};

const WARNING: &str = "nothing was verified";

#[test]
fn it_shows_header_claims_and_dates_and_says_that_nothing_was_verified() {
    let desk = desk();
    let token = signed(
        &desk,
        &["--kid", "k1", "--issuer", "https://auth.example", "--at", "2026-11-25T12:00:00Z"],
    );
    desk.write("token.txt", format!("{token}\n"));
    let args = ["token", "decode", "@token.txt", "--at", "2026-11-25T12:05:00Z"];
    let finished = desk.run(&args);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(finished.stderr, "");
    assert!(finished.stdout.starts_with("NOT VERIFIED"), "{}", finished.stdout);
    for shown in [
        WARNING,
        "HS256",
        "k1",
        "user-1",
        "https://auth.example",
        "2026-11-25T12:00:00Z (5 minutes ago)",
        "2026-11-25T12:15:00Z (in 10 minutes)",
        &format!("eyJhbG… ({} characters)", token.len()),
        "\"alg\": \"HS256\"",
        "\"sub\": \"user-1\"",
    ] {
        assert!(finished.stdout.contains(shown), "{shown} is not in:\n{}", finished.stdout);
    }
    assert!(!finished.stdout.contains(&token), "{}", finished.stdout);

    let finished = desk.run(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    let json = finished.json();
    assert_eq!((&json["version"], &json["verified"]), (&json!(1), &json!(false)));
    assert!(json["note"].as_str().is_some_and(|note| note.contains(WARNING)), "{json}");
    assert_eq!(json["header"], json!({"alg": "HS256", "kid": "k1"}));
    assert_eq!(json["claims"]["sub"], "user-1");
    assert_eq!(json["dates"]["exp"], "2026-11-25T12:15:00Z");
    assert_eq!(json["token"], json!({"prefix": "eyJhbG", "length": token.len()}));
}

#[test]
fn what_was_copied_along_is_tolerated_and_named() {
    let desk = desk();
    let token = signed(&desk, &[]);
    for (text, named) in [
        (format!("Bearer {token}"), "`Bearer `"),
        (format!("\"{token}\""), "quotation marks"),
        (format!("  {token} \n\n"), "white space"),
        (format!("Authorization: Bearer {token}"), "header's name"),
    ] {
        let finished = desk.run_reading(&["token", "decode", "-"], text.as_str());
        assert_eq!(finished.code(), Some(0), "{}", finished.output());
        assert!(finished.stdout.contains(named), "{named} is not in:\n{}", finished.stdout);
        assert!(finished.stdout.contains("user-1"), "{}", finished.stdout);
    }
    let finished = desk.run_reading(&["token", "decode", "-"], format!("{token}\n"));
    assert!(!finished.stdout.contains("Not part of"), "a line end is a file's own");
}

#[test]
fn an_unsigned_token_is_shown_as_one() {
    let desk = desk();
    // {"alg":"none"}.{"sub":"root"}
    let finished =
        desk.run_reading(&["token", "decode", "-"], "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.");
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert!(finished.stdout.contains("NONE"), "{}", finished.stdout);
}

#[test]
fn what_is_no_jwt_is_called_by_its_name() {
    let desk = desk();
    let token = signed(&desk, &[]);
    let cut = token.rsplit_once('.').expect("three parts").0;
    let session = "q7Yx2mLd9WcRkT4vPzB1nHs8JfG6uEaK";
    for (text, kind) in [
        ("undefined".to_owned(), "placeholder"),
        ("Bearer null".to_owned(), "placeholder"),
        (session.to_owned(), "session-token"),
        (format!("{session}.3Kx5pQ0p5cJ6h1d3f8z2v7b9n4m6k1j0h2g5f8d1s3a%3D"), "signed-cookie"),
        (format!("better-auth.session_token={session}.abc"), "cookie"),
        (format!("{token}.a.b"), "encrypted-token"),
        (cut.to_owned(), "cut-token"),
        (format!("{{\"token\":\"{token}\"}}"), "json-answer"),
        ("eyJhbGciOiJIUzI1NiJ9.aGVsbG8.c2ln".to_owned(), "no-claims"),
        ("a".repeat(20_000), "too-large"),
        ("hello".to_owned(), "no-token"),
    ] {
        let finished = desk.run_reading(&["token", "decode", "-"], text.as_str());
        assert_eq!(finished.code(), Some(2), "{kind}: {}", finished.output());
        assert!(finished.stderr.contains("no JWT"), "{kind}: {}", finished.stderr);
        assert_eq!(finished.stdout, "", "{kind}");
        assert!(!finished.output().contains(session), "{kind}: {}", finished.output());
        let finished = desk.run_reading(&["token", "decode", "-", "--format", "json"], text);
        assert_eq!(finished.code(), Some(2), "{kind}: {}", finished.output());
        assert_eq!(finished.json()["no_jwt"]["kind"], kind, "{}", finished.stdout);
        assert_eq!(finished.json()["verified"], false);
    }
}

#[test]
fn a_strangers_text_moves_no_cursor() {
    let desk = desk();
    let token = signed(&desk, &["--claims", "{\"name\":\"a\\u009b2Jb\\u202ec\\u001b[2J\"}"]);
    for format in ["human", "json"] {
        let args = ["token", "decode", "-", "--format", format];
        let finished = desk.run_reading(&args, token.as_str());
        assert_eq!(finished.code(), Some(0), "{}", finished.output());
        let acts = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
        assert_eq!(finished.stdout.chars().find(acts), None, "{}", finished.stdout);
        assert!(finished.stdout.contains("\\u009b2J"), "{}", finished.stdout);
    }
}
