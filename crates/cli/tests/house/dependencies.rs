//! What may come in from crates.io: cargo-deny may not be installed.
//!
//! Read from `cargo tree`, not from Cargo.lock: that also lists what no build of ours ever holds
//! (optional parts of others, other systems), and the exceptions would outnumber the findings.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::layers::dependency_names;
use crate::{hold, tree};

/// Packages that may not be built, not even for others.
const BANNED: &[(&str, &str)] = &[
    ("chrono", "use jiff"),
    ("native-tls", "use rustls: no C library of the system's"),
    ("openssl", "use rustls and aws-lc-rs"),
    ("openssl-sys", "use rustls and aws-lc-rs"),
    ("ring", "aws-lc-rs is our one library of primitives"),
    ("rsa", "it leaks the key by its timing (RUSTSEC-2023-0071): aws-lc-rs does RSA"),
];

/// Packages that no manifest of ours may name; others may bring them.
const BANNED_DIRECTLY: &[(&str, &str)] = &[
    ("async-trait", "a trait of ours has two real implementations or none; write an enum"),
    ("lazy_static", "use std::sync::LazyLock, or better an argument"),
    ("log", "use tracing"),
    ("once_cell", "use std::sync::LazyLock or OnceLock, or better an argument"),
];

/// Packages that are built in several incompatible versions, each with the reason.
const DUPLICATES_ALLOWED: &[(&str, &str)] = &[
    ("base64", "postgres-protocol uses 0.22"),
    ("fallible-iterator", "postgres-protocol uses 0.2, rusqlite 0.3; one small file each"),
    ("syn", "tracing-attributes, which deadpool-postgres switches on, is on 2"),
    ("untrusted", "rustls-webpki uses 0.9, aws-lc-rs 0.7; a few hundred lines each"),
];

/// The only files that may name the library of primitives, as prefixes of the path.
const CRYPTO_FILES: &[(&str, &str)] = &[
    ("crates/jose/src/crypto", "the one place where tokens meet primitives"),
    ("crates/jose/tests/", "forges hostile tokens, which our own API cannot make"),
    ("bench/rust/", "measures the library itself beside ours"),
    ("crates/cli/tests/it/error_page.rs", "hashes a style as a browser does"),
    ("crates/cli/tests/it/key_pair.rs", "makes keys of every kind for the commands to read"),
    ("crates/server/src/store/engine/tls.rs", "chooses them for TLS, and calls none itself"),
    ("crates/server/src/crypto", "signed cookies, encrypted columns, random ids"),
];

#[test]
fn nothing_banned_is_built() {
    let built = built();
    let complaints: Vec<String> = BANNED
        .iter()
        .filter(|(name, _)| built.contains_key(*name))
        .map(|(name, instead)| {
            format!(
                "{name} is banned: {instead} (`cargo tree --workspace -i {name}` shows by whom)"
            )
        })
        .collect();
    hold("Some packages may not come in", &complaints);
}

#[test]
fn no_manifest_names_what_has_a_better_way() {
    let mut complaints = Vec::new();
    for member in tree::members() {
        let names = dependency_names(&tree::toml(&format!("{member}/Cargo.toml")));
        for (name, instead) in BANNED_DIRECTLY {
            if names.contains_key(*name) {
                complaints.push(format!("{member}/Cargo.toml: drop {name}: {instead}"));
            }
        }
    }
    hold("Some packages are not for us to use", &complaints);
}

#[test]
fn no_package_is_built_in_two_incompatible_versions() {
    let mut complaints = Vec::new();
    for (name, versions) in built() {
        if versions.len() > 1 && !DUPLICATES_ALLOWED.iter().any(|(allowed, _)| *allowed == name) {
            let versions: Vec<String> = versions.into_iter().collect();
            complaints.push(format!(
                "{name} is built as {}; bring them together (`cargo tree --workspace -i {name}@{}` \
                 shows by whom), or add a row with the reason to DUPLICATES_ALLOWED in \
                 crates/cli/tests/house/dependencies.rs and to `skip` in deny.toml",
                versions.join(" and "),
                versions[0]
            ));
        }
    }
    hold("One version of each package", &complaints);
}

#[test]
fn no_exception_has_outlived_its_reason() {
    let built = built();
    let is_double = |name: &str| built.get(name).is_some_and(|versions| versions.len() > 1);
    let complaints: Vec<String> = DUPLICATES_ALLOWED
        .iter()
        .filter(|(name, _)| !is_double(name))
        .map(|(name, _)| {
            format!("crates/cli/tests/house/dependencies.rs: drop {name} from DUPLICATES_ALLOWED")
        })
        .collect();
    hold("An exception goes when its reason does", &complaints);
}

#[test]
fn every_package_comes_from_crates_io() {
    let lock = tree::toml("Cargo.lock");
    let packages = lock["package"].as_array().expect("a list of packages");
    let sources = packages.iter().filter_map(|package| Some((package, package.get("source")?)));
    let complaints: Vec<String> = sources
        .filter(|(_, source)| {
            source.as_str() != Some("registry+https://github.com/rust-lang/crates.io-index")
        })
        .map(|(package, source)| {
            format!("Cargo.lock: {} comes from {source}; use a released version", package["name"])
        })
        .collect();
    hold("Packages come from crates.io", &complaints);
}

#[test]
fn only_the_crypto_modules_name_the_primitives() {
    let needle = ["aws_lc", "_rs"].concat(); // in two parts, so that this file does not hold it
    let mut complaints = Vec::new();
    for dir in ["crates", "examples", "xtask"] {
        for file in tree::files(dir) {
            let allowed = CRYPTO_FILES.iter().any(|(prefix, _)| file.path.starts_with(prefix));
            if file.is_one_of(&["rs"]) && !allowed && file.text.contains(&needle) {
                complaints.push(format!(
                    "{}: it names {needle}; call the crypto module of its crate instead, or add a \
                     row with the reason to CRYPTO_FILES in crates/cli/tests/house/dependencies.rs",
                    file.path
                ));
            }
        }
    }
    hold("Primitives are named in the crypto modules only", &complaints);
}

/// Name → compatible lines of versions, of all that a build of the workspace on this system holds.
fn built() -> BTreeMap<String, BTreeSet<String>> {
    let tree = ["tree", "--locked", "--workspace", "--edges", "all", "--prefix", "none"];
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(tree).args(["--format", "{p}"]).current_dir(tree::root()).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let mut built: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let Some(version) = words.next().and_then(|word| word.strip_prefix('v')) else { continue };
        built.entry(name.to_owned()).or_default().insert(compatible_line(version));
    }
    assert!(built.len() > 20, "cargo tree printed something else: {built:?}");
    built
}

/// What cargo treats as one: `1.2.3` → `1`, `0.2.3` → `0.2`, `0.0.3` → `0.0.3`.
fn compatible_line(version: &str) -> String {
    let parts: Vec<&str> = version.split(['.', '+', '-']).take(3).collect();
    let significant = parts.iter().position(|part| *part != "0").unwrap_or(2);
    parts[..=significant].join(".")
}

#[test]
fn compatible_lines_are_cargos() {
    let lines = ["1.2.3", "0.2.3", "0.0.3", "2.0.0-rc.1", "0.1.0+abc"].map(compatible_line);
    assert_eq!(lines, ["1", "0.2", "0.0.3", "2", "0.1"]);
}
