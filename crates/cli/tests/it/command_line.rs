//! What a user sees who types: help, version, completions, exit codes.

use std::path::Path;

use crate::process::{Finished, run};

fn gatewright(args: &[&str]) -> Finished {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let finished = run(directory.path(), args, &[]);
    assert!(is_empty(directory.path()), "{args:?} leaves files behind");
    finished
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).expect("a directory").next().is_none()
}

/// The commands below `path`, as its help lists them.
fn commands_below(path: &[String]) -> Vec<Vec<String>> {
    let help = help_of(path);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| line.starts_with("  "));
    // A line that is indented further goes on with the one before.
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    let mut all = Vec::new();
    for name in names {
        let command = [path, &[name.to_owned()]].concat();
        all.extend(commands_below(&command));
        all.push(command);
    }
    all
}

fn help_of(path: &[String]) -> String {
    let args: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let finished = gatewright(&args);
    assert_eq!(finished.code(), Some(0), "{args:?}: {}", finished.stderr);
    assert_eq!(finished.stderr, "", "{args:?}: help goes to stdout");
    finished.stdout
}

#[test]
fn the_help_of_every_command_shows_examples() {
    let mut commands = commands_below(&[]);
    assert!(commands.iter().any(|command| command == &["serve"]), "{commands:?}");
    commands.push(Vec::new());
    let without = commands.iter().filter(|command| {
        let help = help_of(command);
        let examples = help.split_once("Examples:\n").map(|(_, examples)| examples);
        !examples.is_some_and(|text| text.starts_with("  ") && text.contains("gatewright"))
    });
    let without: Vec<String> =
        without.map(|command| format!("gatewright {}", command.join(" "))).collect();
    crate::hold("Help shows examples", &without);
}

#[test]
fn the_version_is_the_packages() {
    let finished = gatewright(&["--version"]);
    assert_eq!(finished.code(), Some(0));
    assert_eq!(finished.stdout, format!("gatewright {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_complete_gatewright() {
    for shell in ["bash", "zsh", "fish"] {
        let finished = gatewright(&["completions", shell]);
        assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
        for word in ["gatewright", "serve", "generate", "secret-env", "PS384", "base64url"] {
            assert!(finished.stdout.contains(word), "{shell}: {word}");
        }
        assert_eq!(finished.stderr, "");
    }
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_wrong() {
    for (args, named) in [
        (&[][..], "Usage"),
        (&["serv"], "serve"),
        (&["serve", "--lisen", "127.0.0.1:0"], "--listen"),
        (&["serve", "--listen", "4000"], "--listen"),
        (&["serve", "--listen", "localhost"], "--listen"),
        (&["serve", "extra"], "extra"),
        (&["completions"], "SHELL"),
        (&["completions", "cmd.exe"], "bash"),
    ] {
        let finished = gatewright(args);
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert_eq!(finished.stdout, "", "{args:?}: what went wrong goes to stderr");
        assert!(finished.stderr.contains(named), "{args:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("panic"), "{args:?}: {}", finished.stderr);
    }
}
