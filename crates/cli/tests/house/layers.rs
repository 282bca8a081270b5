//! Who may use whom, and what every crate declares.

use std::collections::BTreeMap;

use crate::{hold, tree};

/// Folder of the crate, and the crates of ours it may depend on. Any other arrow fails: a new one is
/// a decision about the architecture (docs/design.md), not a line in a manifest.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/cli", &["server", "guard", "jose", "report", "audit", "doctor", "probe"]),
    ("crates/audit", &["report"]),
    ("crates/doctor", &["report", "jose"]),
    ("crates/guard", &["jose"]),
    ("crates/jose", &[]),
    ("crates/probe", &["report", "jose"]),
    ("crates/python", &["jose"]),
    ("crates/report", &[]),
    ("crates/server", &["guard", "jose"]),
    ("examples/todo/api-axum", &["guard", "jose"]), // a service of a user's: what it would use
    ("xtask", &[]),
];

/// Crates that cannot forbid unsafe code, each with the reason.
const UNSAFE_ALLOWED: &[(&str, &str)] = &[];

#[test]
fn crates_use_only_the_crates_below_them() {
    let mut complaints = Vec::new();
    for member in tree::members() {
        let Some((_, allowed)) = ARROWS.iter().find(|(folder, _)| *folder == member) else {
            complaints.push(format!(
                "{member}: it stands in no row of ARROWS in crates/cli/tests/house/layers.rs; \
                 decide what it may use and add the row"
            ));
            continue;
        };
        for used in ours_used_by(&member) {
            if !allowed.contains(&used.as_str()) {
                complaints.push(format!(
                    "{member}/Cargo.toml: it may not depend on gatewright-{used} (allowed: {}); \
                     move the code to where both may reach it, or pass it in as an argument",
                    if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") }
                ));
            }
        }
    }
    hold("A crate may use only the crates below it", &complaints);
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    let takes = |member: &String| {
        let manifest = tree::toml(&format!("{member}/Cargo.toml"));
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(toml::Value::as_bool) == Some(true)
    };
    let without = tree::members().into_iter().filter(|member| !takes(member));
    let complaints: Vec<String> = without
        .map(|member| format!("{member}/Cargo.toml: add `[lints]` with `workspace = true`"))
        .collect();
    hold("Every crate takes the workspace's lints", &complaints);
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let mut complaints = Vec::new();
    for member in tree::members() {
        if UNSAFE_ALLOWED.iter().any(|(folder, _)| *folder == member) {
            continue;
        }
        for file in ["src/lib.rs", "src/main.rs"] {
            let path = tree::root().join(&member).join(file);
            let Ok(text) = std::fs::read_to_string(path) else { continue };
            if !text.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]") {
                complaints.push(format!(
                    "{member}/{file}: add `#![forbid(unsafe_code)]`, or a row with the reason to \
                     UNSAFE_ALLOWED in crates/cli/tests/house/layers.rs"
                ));
            }
        }
    }
    hold("Every crate forbids unsafe code", &complaints);
}

/// Names of our crates, without prefix, in any table of dependencies of `member`.
fn ours_used_by(member: &str) -> Vec<String> {
    let manifest = tree::toml(&format!("{member}/Cargo.toml"));
    let own = manifest["package"]["name"].as_str().expect("a package's name").to_owned();
    let names = dependency_names(&manifest);
    let ours = names.keys().filter(|name| **name != own);
    ours.filter_map(|name| name.strip_prefix("gatewright-").map(str::to_owned)).collect()
}

/// Packages that a manifest names: normal, dev and build dependencies, of all targets. The value
/// says whether it is a normal dependency.
pub(crate) fn dependency_names(manifest: &toml::Table) -> BTreeMap<String, bool> {
    const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(toml::Table::values);
    let places = std::iter::once(manifest).chain(targets.filter_map(toml::Value::as_table));
    let mut names = BTreeMap::new();
    for (place, table) in places.flat_map(|place| TABLES.map(|table| (place, table))) {
        let Some(dependencies) = place.get(table).and_then(toml::Value::as_table) else { continue };
        for (key, value) in dependencies {
            let renamed = value.get("package").and_then(toml::Value::as_str);
            let is_normal = names.entry(renamed.unwrap_or(key).to_owned()).or_default();
            *is_normal |= table == "dependencies";
        }
    }
    names
}

#[test]
fn a_renamed_or_target_dependency_is_seen() {
    let manifest = "[dependencies]\na = { package = \"gatewright-server\", path = \"x\" }\n\
                    [target.'cfg(unix)'.dev-dependencies]\ngatewright-jose = { path = \"y\" }\n";
    let names = dependency_names(&manifest.parse().unwrap());
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        [("gatewright-jose".to_owned(), false), ("gatewright-server".to_owned(), true)]
    );
}
