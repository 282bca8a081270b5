//! Where the secret comes from, and that nobody sees it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::process::run;
use crate::server::{Options, SECRET, Server};

const ELSEWHERE: [&str; 5] =
    ["serve", "--listen", "0.0.0.0:0", "--base-url", "https://auth.example.com"];
const LOOPBACK: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[tokio::test]
async fn on_loopback_a_secret_is_made_and_kept() {
    let options = Options::bare();
    let file = options.path(".gatewright/secret");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let secret = fs::read_to_string(&file).expect("a secret");
    assert!(secret.trim().len() >= 32, "{} characters", secret.trim().len());
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&options.path(".gatewright")) & 0o077, 0, "the directory is its owner's alone");
    let ignored = fs::read_to_string(options.path(".gatewright/.gitignore")).expect("a .gitignore");
    assert_eq!(ignored.trim(), "*", "git takes none of it");

    let log = server.stop();
    assert!(log.text.contains(".gatewright/secret"), "it says where:\n{}", log.text);
    assert!(!log.text.contains(secret.trim()), "it says the secret");

    let server = Server::start(&options);
    assert_eq!(fs::read_to_string(&file).expect("a secret"), secret, "it is used again");
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["user"]["id"], json!(ada.id));
    assert!(!server.stop().text.contains(secret.trim()), "it says the secret");
}

#[tokio::test]
async fn two_servers_that_start_at_once_have_one_secret() {
    let options = Options::bare().variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "false");
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Server::start(&options));
        let two = scope.spawn(|| Server::start(&options));
        (one.join().expect("the first starts"), two.join().expect("the second starts"))
    });
    let ada = one.sign_up("ada").await;
    let session = two.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["user"]["id"], json!(ada.id));
    let names = fs::read_dir(options.path(".gatewright")).expect("a directory");
    let mut names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, [".gitignore", "secret"], "no draft is left");
}

#[test]
fn elsewhere_a_secret_must_be_given() {
    let options = Options::bare();
    let finished = run(&options.path(""), &ELSEWHERE, &[]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    for helpful in ["BETTER_AUTH_SECRET", "32", "openssl rand"] {
        assert!(finished.stderr.contains(helpful), "{helpful} is not in:\n{}", finished.stderr);
    }
    assert!(!options.path(".gatewright").exists(), "nothing is made");
    assert!(!options.path("gatewright.db").exists(), "nothing is made");

    // Not even one that was made for development.
    Server::start(&options).stop();
    assert!(options.path(".gatewright/secret").exists());
    let finished = run(&options.path(""), &ELSEWHERE, &[]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
}

#[test]
fn elsewhere_the_base_url_must_be_given() {
    let options = Options::bare();
    let finished = run(&options.path(""), &ELSEWHERE[..3], &[("BETTER_AUTH_SECRET", SECRET)]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    for helpful in ["--base-url", "BETTER_AUTH_URL"] {
        assert!(finished.stderr.contains(helpful), "{helpful} is not in:\n{}", finished.stderr);
    }
}

#[test]
fn a_short_secret_is_refused_everywhere() {
    let short = "only-31-characters-are-too-few.";
    assert_eq!(short.len(), 31);
    for args in [&LOOPBACK[..], &ELSEWHERE[..]] {
        for name in ["BETTER_AUTH_SECRET", "AUTH_SECRET"] {
            let options = Options::bare();
            let finished = run(&options.path(""), args, &[(name, short)]);
            assert_eq!(finished.code(), Some(2), "{args:?} {name}: {}", finished.output());
            assert!(
                finished.stderr.contains(name) && finished.stderr.contains("32"),
                "{}",
                finished.stderr
            );
            assert!(
                !finished.output().contains(short),
                "it says the secret: {}",
                finished.output()
            );
            assert!(!options.path("gatewright.db").exists(), "nothing is made");
        }
        let options = Options::bare().file("short", short);
        let finished = run(&options.path(""), args, &[("GATEWRIGHT__SECRET_FILE", "short")]);
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert!(!finished.output().contains(short), "it says the secret: {}", finished.output());
    }
    let enough = format!("{short}.");
    Server::start(&Options::bare().variable("BETTER_AUTH_SECRET", &enough)).stop();
}

#[test]
fn a_kept_secret_that_was_spoilt_is_refused_and_not_replaced() {
    let options = Options::bare();
    Server::start(&options).stop();
    let file = options.path(".gatewright/secret");
    fs::write(&file, "spoilt\n").expect("the secret can be written to");
    let finished = run(&options.path(""), &LOOPBACK, &[]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains(".gatewright/secret"), "{}", finished.stderr);
    assert_eq!(fs::read_to_string(&file).expect("a secret"), "spoilt\n");
}

#[test]
fn a_secret_in_the_file_of_settings_is_refused_and_not_repeated() {
    let options = Options::bare().file("gatewright.toml", &format!("secret = '{SECRET}'\n"));
    let finished = run(&options.path(""), &LOOPBACK, &[]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(!finished.output().contains(SECRET), "it says the secret: {}", finished.output());
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
