//! The examples that help shows really run.

use std::process::Command;

use gatewright_jose::Algorithm;

use crate::desk::Desk;
use crate::hold;
use crate::http_source::HttpSource;
use crate::key_pair::KeyPair;
use crate::process::Process;

/// The address that the examples name; a test has a source on a port of its own.
const JWKS: &str = "http://localhost:4000/api/auth/jwks";
const ISSUER: &str = "http://localhost:4000";

const COMMANDS: &[&[&str]] = &[
    &["token"],
    &["token", "decode"],
    &["token", "verify"],
    &["token", "sign"],
    &["secret"],
    &["secret", "check"],
    &["secret", "generate"],
];

/// Somebody who has every file that the examples name.
fn desk() -> (Desk, HttpSource) {
    let pair = KeyPair::new(Algorithm::ES256);
    let desk = Desk::new()
        .variable("BETTER_AUTH_SECRET", super::token::SECRET)
        .with_path()
        .file("private.pem", pair.private_pem())
        .file("private.jwk", pair.private_jwk(Algorithm::ES256, "k1"))
        .file("public.pem", pair.public_pem())
        .file("claims.json", r#"{"sub":"user-1","role":"admin"}"#)
        .file("body.json", r#"{"event":"paid"}"#)
        .file("secret.txt", super::token::SECRET)
        .file(".gitignore", ".env*\n");
    for folder in ["frontend", "backend"] {
        std::fs::create_dir(desk.path(folder)).expect("a folder");
    }
    for file in [".env", "frontend/.env", "backend/.env"] {
        desk.write(file, format!("BETTER_AUTH_SECRET={}\n", super::token::SECRET));
    }
    desk.write("token.txt", desk.sign(&["--sub", "user-1", "--secret-env", "BETTER_AUTH_SECRET"]));
    let es256 = ["--sub", "user-1", "--key", "private.pem", "--at", "-1m"];
    desk.write("es256.txt", desk.sign(&es256));
    desk.write("body.jws", desk.sign(&["--jws", "--payload", "body.json", "--key", "private.pem"]));
    let issued = ["--sub", "user-1", "--key", "private.jwk", "--issuer", ISSUER];
    let token = desk.sign(&[&issued[..], &["--audience", ISSUER]].concat());
    let source = HttpSource::serving(pair.jwks(Algorithm::ES256, "k1"));
    (desk.variable("TOKEN", &token), source)
}

/// The examples below `Examples:`, each in one line.
fn examples(help: &str) -> Vec<String> {
    let (_, examples) = help.split_once("Examples:\n").expect("help with examples");
    let lines = examples.lines().take_while(|line| line.starts_with("  "));
    let text = lines.map(str::trim).collect::<Vec<_>>().join("\n").replace("\\\n", "");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_example_of_token_and_secret_runs() {
    let mut complaints = Vec::new();
    let mut count = 0;
    for command in COMMANDS {
        let (desk, source) = desk();
        let help = desk.stdout_of(&[command, &["--help"][..]].concat());
        for example in examples(&help) {
            count += 1;
            let line = example.replace(JWKS, &source.url());
            let line = line.replacen("gatewright", env!("CARGO_BIN_EXE_gatewright"), 1);
            let mut shell = Command::new("sh");
            shell.args(["-c", &line]).current_dir(desk.path("")).env_clear();
            shell.envs(desk.variables().iter().map(|(name, value)| (name, value)));
            let finished = Process::spawn(shell).finish();
            if finished.code() != Some(0) {
                complaints.push(format!("{example}: {}", finished.output()));
            }
        }
    }
    hold("The examples of --help run", &complaints);
    assert!(count > 15, "only {count} examples were found");
}

#[test]
fn help_tells_the_exit_codes_and_each_flag() {
    let (desk, _) = desk();
    for (command, flags) in [
        ("decode", &["--at", "--format", "env:NAME"][..]),
        (
            "verify",
            &[
                "--jwks",
                "--key",
                "--secret-env",
                "--issuer",
                "--audience",
                "--alg",
                "--at",
                "--leeway",
                "--type",
                "--max-age",
                "--require",
                "--jws",
                "--format",
            ],
        ),
        (
            "sign",
            &[
                "--key",
                "--secret-env",
                "--alg",
                "--kid",
                "--type",
                "--claims",
                "--sub",
                "--issuer",
                "--audience",
                "--expires-in",
                "--not-before",
                "--jti",
                "--jws",
                "--payload",
            ],
        ),
    ] {
        let help = desk.stdout_of(&["token", command, "--help"]);
        assert!(help.contains("Exit codes: 0 "), "{help}");
        for flag in flags {
            assert!(help.contains(flag), "{flag} is not in:\n{help}");
        }
    }
}
