//! `gatewright secret`: makes secrets, and says what is wrong with one without showing it.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use serde_json::json;

use crate::desk::Desk;
use crate::process::Process;

const SECRET: &str = "zK4vQ9xW2mT7bN5cL8rJ3hF6gD1sA0pYeUiOwEtRqXyZ";

#[test]
fn a_secret_is_32_random_bytes_in_hex_unless_said_otherwise() {
    let desk = Desk::new();
    let secrets: BTreeSet<String> =
        (0..5).map(|_| desk.stdout_of(&["secret", "generate"])).collect();
    assert_eq!(secrets.len(), 5);
    for secret in secrets {
        let secret = secret.strip_suffix('\n').expect("a line");
        assert_eq!(secret.len(), 64);
        assert!(secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
    }
    for (encoding, bytes, length) in
        [("hex", "33", 66), ("base64", "32", 44), ("base64url", "32", 43), ("base64url", "64", 86)]
    {
        let args = ["secret", "generate", "--encoding", encoding, "--bytes", bytes];
        let secret = desk.stdout_of(&args);
        assert_eq!(secret.trim_end().len(), length, "{encoding}: {secret}");
        let checked = desk.run_reading(&["secret", "check", "-"], secret);
        assert_eq!(checked.code(), Some(0), "{encoding}: {}", checked.output());
    }
    let json = desk.run(&["secret", "generate", "--format", "json"]).json();
    assert_eq!((&json["version"], &json["bytes"]), (&json!(1), &json!(32)));
    for bytes in ["31", "0", "-1", "1025", "many"] {
        let finished = desk.run(&["secret", "generate", "--bytes", bytes]);
        assert_eq!((finished.code(), &*finished.stdout), (Some(2), ""), "{bytes}");
    }
}

#[test]
fn it_is_kept_in_a_file_that_only_its_owner_reads() {
    let desk = Desk::new();
    let keep = ["secret", "generate", "--env-file", ".env"];
    let finished = desk.run(&keep);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    let text = desk.read(".env");
    let secret = text.strip_prefix("BETTER_AUTH_SECRET=").expect("the variable").trim_end();
    assert_eq!(secret.len(), 64);
    assert!(!finished.output().contains(secret), "{}", finished.output());
    assert_eq!(mode(&desk), 0o600);
    assert_eq!(
        desk.stdout_of(&["secret", "check", "--env-file", ".env"]).matches("good").count(),
        1
    );

    let finished = desk.run(&keep);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("--force"), "{}", finished.stderr);
    assert_eq!(desk.read(".env"), text, "nothing was touched");

    let finished = desk.run(&[&keep[..], &["--force"]].concat());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert!(finished.stderr.contains("every service"), "{}", finished.stderr);
    assert_ne!(desk.read(".env"), text);
    assert_eq!(desk.read(".env").lines().count(), 1);
    assert_eq!(fs::read_dir(desk.path("")).expect("a directory").count(), 1, "no draft is left");
}

#[test]
fn the_rest_of_the_file_stays_as_it_is() {
    let before = "# ours\nBETTER_AUTH_URL=http://localhost:4000\n#BETTER_AUTH_SECRET=old\nexport BETTER_AUTH_SECRET=\nX='1'";
    let desk = Desk::new().file(".env", before);
    fs::set_permissions(desk.path(".env"), Permissions::from_mode(0o644)).expect("a mode");
    let keep = ["secret", "generate", "--env-file", ".env", "--format", "json"];
    let finished = desk.run(&keep);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(finished.json()["change"], "appended", "an empty value is none");
    assert!(finished.stderr.contains("others could read"), "{}", finished.stderr);
    assert_eq!(mode(&desk), 0o600);
    let after = desk.read(".env");
    let secret = after.lines().find_map(|line| line.strip_prefix("export BETTER_AUTH_SECRET="));
    let secret = secret.expect("the variable, where it was");
    assert_eq!(after, before.replace("SECRET=\n", &format!("SECRET={secret}\n")));

    let finished = desk.run(&["secret", "generate", "--env-file", ".env", "--name", "OTHER"]);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    let with_other = desk.read(".env");
    assert!(with_other.starts_with(&format!("{after}\nOTHER=")), "{with_other}");

    symlink(".env", desk.path("link")).expect("a link");
    let finished = desk.run(&["secret", "generate", "--env-file", "link", "--name", "THIRD"]);
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert!(desk.read(".env").contains("THIRD="));
    assert!(desk.path("link").is_symlink(), "a link stays a link");
}

#[test]
fn a_file_that_git_would_take_is_warned_about() {
    let desk = Desk::new().with_path();
    let git = Command::new("git").args(["init", "--quiet"]).current_dir(desk.path("")).status();
    assert!(git.expect("git runs: install it").success());
    let keep = |name: &str| {
        let args = ["secret", "generate", "--env-file", ".env", "--format", "json", "--name", name];
        desk.run(&args)
    };
    let finished = keep("ONE");
    assert_eq!(finished.json()["ignored_by_git"], false, "{}", finished.output());
    assert!(finished.stderr.contains(".gitignore"), "{}", finished.stderr);
    desk.write(".gitignore", ".env\n");
    let finished = keep("TWO");
    assert_eq!(finished.json()["ignored_by_git"], true, "{}", finished.output());
    assert_eq!(finished.stderr, "");
}

#[test]
fn each_flaw_is_named_with_its_remedy() {
    for (secret, codes) in [
        (SECRET.to_owned(), &[][..]),
        ("changeme".to_owned(), &["short", "guessable"]),
        ("a".repeat(40), &["repeated"]),
        ("better-auth-secret-12345678901234567890".to_owned(), &["guessable"]),
        (format!("\"{SECRET}\""), &["quotes"]),
        (format!(" {SECRET}"), &["space"]),
        (format!("{SECRET}\\n"), &["escaped-line-end"]),
        (format!("BETTER_AUTH_SECRET={SECRET}"), &["name"]),
        ("$(openssl rand -base64 32 | tr -d '\\n')".to_owned(), &["command"]),
        ("    ".to_owned(), &["blank"]),
    ] {
        let desk = Desk::new().variable("S", &secret);
        let finished = desk.run(&["secret", "check", "--secret-env", "S", "--format", "json"]);
        let json = finished.json();
        let flaws = json["secrets"][0]["flaws"].as_array().expect("a list");
        let found: Vec<_> = flaws.iter().filter_map(|flaw| flaw["code"].as_str()).collect();
        assert_eq!(found, codes, "{secret:?}");
        assert_eq!(json["ok"], codes.is_empty(), "{secret:?}");
        let code = i32::from(!codes.is_empty());
        assert_eq!(finished.code(), Some(code), "{secret:?}: {}", finished.output());

        let finished = desk.run(&["secret", "check", "--secret-env", "S"]);
        assert_eq!(finished.code(), Some(code), "{secret:?}: {}", finished.output());
        for code in codes {
            assert!(finished.stdout.contains(code), "{secret:?}: {}", finished.stdout);
        }
        assert!(!finished.output().contains(&SECRET[..8]), "{secret:?}: {}", finished.output());
    }
}

#[test]
fn a_secret_is_read_from_wherever_it_lies() {
    let desk = Desk::new()
        .variable("S", SECRET)
        .file("secret.txt", format!("{SECRET}\n"))
        .file(".env", format!("A=1\nBETTER_AUTH_SECRET='{SECRET}' # ours\nMINE={SECRET}\n"))
        .file("doubtful.env", format!("BETTER_AUTH_SECRET={SECRET}#x\r\n"));
    for args in [
        &["secret.txt"][..],
        &["env:S"],
        &["--secret-env", "S"],
        &["--env-file", ".env"],
        &["--env-file", ".env", "--name", "MINE"],
    ] {
        let finished = desk.run(&[&["secret", "check"], args].concat());
        assert_eq!(finished.code(), Some(0), "{args:?}: {}", finished.output());
        assert!(finished.stdout.contains("44 characters"), "{args:?}: {}", finished.stdout);
    }
    let finished = desk.run_reading(&["secret", "check", "-"], format!("{SECRET}\n"));
    assert_eq!(finished.code(), Some(0), "{}", finished.output());

    let finished = desk.run(&["secret", "check", "--env-file", "doubtful.env"]);
    assert_eq!(finished.stdout.matches("doubt").count(), 3, "{}", finished.stdout);

    for (args, named) in [
        (&[][..], "--secret-env"),
        (&["--secret-env", "NOT_SET"], "NOT_SET"),
        (&["--env-file", "nowhere"], "nowhere"),
        (&["--env-file", ".env", "--name", "NOT_THERE"], "NOT_THERE"),
        (&["secret.txt", "--secret-env", "S"], "cannot be used with"),
        (&["secret.txt", "--name", "S"], "cannot be used with"),
    ] {
        let finished = desk.run(&[&["secret", "check"], args].concat());
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert!(finished.stderr.contains(named), "{args:?}: {}", finished.stderr);
    }
}

#[test]
fn two_services_hold_the_same_secret_or_do_not() {
    let desk = Desk::new()
        .variable("ONE", SECRET)
        .variable("SAME", SECRET)
        .variable("OTHER", "pR5tY8uI3oW6qE1zX4cV7bN0mL2kJ9hGfDsAaSdFgHjK")
        .variable("QUOTED", &format!("'{SECRET}'"))
        .file("a.env", format!("BETTER_AUTH_SECRET={SECRET}\n"))
        .file("b.env", format!("JWT_SECRET=\"{SECRET}\"\n"))
        .file("c.txt", SECRET);
    for (args, code, said) in [
        (&["--secret-env", "ONE", "--same-as-env", "SAME"][..], 0, "the same"),
        (&["--secret-env", "ONE", "--same-as", "c.txt"], 0, "the same"),
        (&["--env-file", "a.env", "--same-as-env", "ONE"], 0, "the same"),
        (
            &["--env-file", "a.env", "--same-as-env-file", "b.env", "--same-as-name", "JWT_SECRET"],
            0,
            "the same",
        ),
        (&["--secret-env", "ONE", "--same-as-env", "OTHER"], 1, "DIFFERENT"),
        (&["--secret-env", "ONE", "--same-as-env", "QUOTED"], 1, "quotation marks"),
        (&["--env-file", "a.env", "--same-as-env-file", "b.env"], 2, ""),
    ] {
        let finished = desk.run(&[&["secret", "check"], args].concat());
        assert_eq!(finished.code(), Some(code), "{args:?}: {}", finished.output());
        assert!(finished.stdout.contains(said), "{args:?}: {}", finished.stdout);
        assert!(!finished.output().contains(&SECRET[..8]), "{args:?}: {}", finished.output());
        if code < 2 {
            let args = [&["secret", "check", "--format", "json"], args].concat();
            assert_eq!(desk.run(&args).json()["same"], code == 0, "{args:?}");
        }
    }
}

#[test]
fn many_at_once_leave_one_whole_file() {
    let desk = Desk::new();
    let args = ["secret", "generate", "--env-file", ".env"];
    let running: Vec<Process> = (0..8).map(|_| desk.start(&args)).collect();
    let codes: Vec<_> = running.into_iter().map(|process| process.finish().code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 2))), "{codes:?}");
    assert_eq!(desk.read(".env").lines().count(), 1);
}

fn mode(desk: &Desk) -> u32 {
    fs::metadata(desk.path(".env")).expect("a file").permissions().mode() & 0o777
}
