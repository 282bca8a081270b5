//! What SECURITY.md says is shown by a test is shown by one that there is.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{hold, tree};

/// ASVS 5.0 by chapter and section: how many requirements each has.
const ASVS: &[(&str, &[usize])] = &[
    ("6", &[3, 12, 8, 6, 8, 4, 2, 4]), // authentication
    ("7", &[3, 4, 2, 5, 3, 2]),        // session management
    ("9", &[3, 4]),                    // self-contained tokens
];

fn text() -> String {
    std::fs::read_to_string(tree::root().join("SECURITY.md")).expect("SECURITY.md")
}

#[test]
fn every_test_that_is_named_exists() {
    let links = named_tests(&text());
    assert!(links.len() > 50, "{links:?}");
    let mut complaints = Vec::new();
    for (name, path) in links {
        let Ok(file) = std::fs::read_to_string(tree::root().join(&path)) else {
            complaints.push(format!("SECURITY.md: there is no {path}, where {name} is to be"));
            continue;
        };
        let is_rust = ends_in(&path, &["rs"]);
        let there = if is_rust { is_a_rust_test(&file, &name) } else { has_scenario(&file, &name) };
        if !there {
            complaints.push(format!("SECURITY.md: {path} has no test {name}; name the one it has"));
        }
    }
    hold("Tests that SECURITY.md names exist", &complaints);
}

#[test]
fn every_requirement_of_a_mapped_chapter_is_judged_once() {
    let text = text();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    let numbers = rows.filter_map(|row| row.split(' ').next()).filter(|word| is_number(word));
    let mut complaints = Vec::new();
    let mut judged = BTreeSet::new();
    for number in numbers {
        if !judged.insert(number.to_owned()) {
            complaints.push(format!("SECURITY.md: {number} has two rows; make one of them"));
        }
    }
    for (chapter, sections) in ASVS {
        let all = sections.iter().zip(1..).flat_map(|(count, section)| {
            (1..=*count).map(move |number| format!("{chapter}.{section}.{number}"))
        });
        let all: BTreeSet<String> = all.collect();
        for number in all.difference(&judged) {
            complaints.push(format!("SECURITY.md: {number} has no row; say what holds for it"));
        }
        let prefix = format!("{chapter}.");
        let invented = judged.iter().filter(|number| number.starts_with(&prefix));
        for number in invented.filter(|number| !all.contains(*number)) {
            complaints.push(format!("SECURITY.md: ASVS 5.0 has no {number}"));
        }
    }
    hold("Every requirement of V6, V7 and V9 has a row", &complaints);
}

/// `6.1.1`
fn is_number(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

/// Name and path of each ``[`name`](path)`` whose path is of a source file.
fn named_tests(text: &str) -> Vec<(String, String)> {
    let links = text.split("[`").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("`](")?;
        let (path, _) = rest.split_once(')')?;
        let is_source = ends_in(path, &["rs", "py", "mjs"]);
        is_source.then(|| (name.to_owned(), path.to_owned()))
    });
    links.collect()
}

fn ends_in(path: &str, endings: &[&str]) -> bool {
    let ending = Path::new(path).extension();
    ending.is_some_and(|ending| endings.iter().any(|one| ending == *one))
}

/// Whether a file of `conformance` has a scenario of this name, or one of Python a test.
fn has_scenario(file: &str, name: &str) -> bool {
    file.contains(&format!("scenario(\"{name}\"")) || file.contains(&format!("def {name}("))
}

/// Whether a function of this name is a test: by its attribute, as a scenario of a macro that makes
/// tests of it, or as a property.
fn is_a_rust_test(file: &str, name: &str) -> bool {
    let lines: Vec<&str> = file.lines().map(str::trim).collect();
    let is_definition = |line: &&str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let Some(at) = lines.iter().position(is_definition) else { return false };
    let attributes = lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.starts_with("#[") || line.starts_with("///"));
    let has_attribute = attributes
        .into_iter()
        .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    let listed = format!("{name},");
    has_attribute || lines.iter().any(|line| *line == listed || *line == name)
}

#[test]
fn a_test_is_told_from_a_function_that_is_none() {
    let file = "listed! {\n    a_scenario,\n}\n#[test]\n#[cfg(unix)]\nfn a_test() {}\nfn helper() {}\nasync fn a_scenario() {}\n";
    assert!(is_a_rust_test(file, "a_test") && is_a_rust_test(file, "a_scenario"));
    assert!(!is_a_rust_test(file, "helper") && !is_a_rust_test(file, "a_tes"));
    let links = named_tests("[`a`](b.rs), [`c d`](e.rs), [f](g.rs), [`h`](i.md)");
    let links: Vec<&str> = links.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(links, ["a", "c d"]);
    assert!(has_scenario("scenario(\"c d\", run", "c d") && !has_scenario("c d", "c d"));
    assert!(is_number("6.1.1") && !is_number("6.1") && !is_number("a.b.c"));
}
