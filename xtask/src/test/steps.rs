//! The steps, in the order they run: cheap ones first, and each build only once.
//!
//! Two build profiles and no more, for two cores compile them all: `dev` for clippy, docs and tests
//! (they share their dependencies), `release` for what a user runs first and what the end-to-end
//! tests drive.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::count::Tally;
use super::{Outcome, smoke, todo};
use crate::postgres::{self, Postgres};
use crate::{child, needs, python, workspace};

/// One thing that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// Formatting.
    Fmt,
    /// Lints; a warning is an error.
    Clippy,
    /// The documentation, of private items too: links rot there first.
    Doc,
    /// Licences, advisories and sources, where cargo-deny is installed.
    Deny,
    /// Layers, sizes, banned and duplicate dependencies, links (`test` runs it too).
    House,
    /// All tests of the workspace, and the examples in the documentation.
    Test,
    /// The binaries that the next steps drive.
    Release,
    /// The README's first command, from an empty folder to a signed token.
    Smoke,
    /// The Python package: its wheel in a fresh environment, its tests and its types.
    Python,
    /// Keys and tokens, exchanged with implementations from npm and `PyPI`; figures, traces and the
    /// API's description, read by what they are for.
    Interop,
    /// One HTTP suite for both todo back ends, started as real processes.
    Todo,
    /// The real better-auth client and server from npm, compared with ours.
    Conformance,
}

impl Step {
    /// What must have succeeded before.
    pub(crate) fn needs(self) -> &'static [Self] {
        match self {
            Self::Conformance | Self::Interop | Self::Smoke => &[Self::Release],
            Self::Todo => &[Self::Release, Self::Python],
            _ => &[],
        }
    }

    /// False for what another step runs as well: it would count twice.
    pub(crate) fn is_part_of_all(self) -> bool {
        self != Self::House
    }

    /// Its header: the command, or what it does.
    pub(crate) fn what(self) -> String {
        match self {
            Self::Clippy => format!("cargo {} (a warning is an error)", CLIPPY.join(" ")),
            Self::Conformance => "npm test, in conformance/".to_owned(),
            Self::Deny => "cargo deny check".to_owned(),
            Self::Doc => format!("cargo {} (a warning is an error)", DOC.join(" ")),
            Self::Fmt => format!("cargo {}", FMT.join(" ")),
            Self::House => format!("cargo {}", HOUSE.join(" ")),
            Self::Interop => "npm test and pytest, in interop/".to_owned(),
            Self::Python => {
                "maturin build, pip install, pytest, mypy, for crates/python".to_owned()
            }
            Self::Release => {
                format!("cargo {}, and -p todo-api-axum", RELEASE.join(" "))
            }
            Self::Smoke => "cargo run --release -- serve, in an empty folder".to_owned(),
            Self::Test => format!("cargo {}, beside a PostgreSQL", TEST.join(" ")),
            Self::Todo => {
                "pytest, in examples/todo/suite, for axum and for FastAPI; mypy".to_owned()
            }
        }
    }

    /// Runs it. An error is a failure too: something it needs could not be had.
    pub(crate) fn run(self, root: &Path) -> Result<Outcome> {
        match self {
            Self::Clippy => holds(&mut cargo(root, CLIPPY)),
            Self::Conformance => conformance(root),
            Self::Deny => deny(root),
            Self::Doc => holds(cargo(root, DOC).env("RUSTDOCFLAGS", "-D warnings")),
            Self::Fmt => holds(&mut cargo(root, FMT)),
            Self::House => counted(&mut cargo(root, HOUSE), Tally::read_cargo),
            Self::Interop => interop(root),
            Self::Python => python_package(root),
            Self::Release => release(root),
            Self::Smoke => smoke::run(root),
            Self::Test => tests(root),
            Self::Todo => todo::run(root),
        }
    }
}

const FMT: &[&str] = &["fmt", "--all", "--check"];
const CLIPPY: &[&str] =
    &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
const DOC: &[&str] = &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
const HOUSE: &[&str] = &["test", "-p", "gatewright-cli", "--test", "house", "--locked"];
const TEST: &[&str] = &["test", "--workspace", "--locked", "--no-fail-fast"];
const INTEROP: &[&str] = &["build", "--locked", "-p", "gatewright-jose", "--example", "interop"];
const RELEASE: &[&str] = &["build", "--release", "--locked"];
const RELEASE_TODO: &[&str] = &["build", "--release", "--locked", "-p", "todo-api-axum"];

/// A cargo command at the root, freed of what cargo told us about xtask itself.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root);
    free_of_cargo(&mut command);
    command
}

/// The same for what starts a cargo of its own.
pub(crate) fn free_of_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if ours {
            command.env_remove(name);
        }
    }
}

pub(super) fn holds(command: &mut Command) -> Result<Outcome> {
    Ok(Outcome::of(child::run(command)?.success()))
}

/// A step that counts its tests. None at all is a failure: nothing was shown to hold.
pub(super) fn counted(command: &mut Command, read: fn(&mut Tally, &str)) -> Result<Outcome> {
    let mut tally = Tally::default();
    let status = child::run_watched(command, |line| read(&mut tally, line))?;
    let Tally { passed, failed, skipped } = tally;
    Ok(match (status.success(), passed, failed) {
        (true, 0, 0) => Outcome::failed("it ran no test"),
        (false, _, 0) => {
            Outcome::Ran { passed, failed: 1, note: format!("it ended with {status}") }
        }
        _ if skipped > 0 => Outcome::Ran { passed, failed, note: format!("{skipped} skipped") },
        _ => Outcome::Ran { passed, failed, note: String::new() },
    })
}

/// One after the other: built together they would share their features, and then the README's
/// command, which builds the first alone, would build it again.
fn release(root: &Path) -> Result<Outcome> {
    let server = child::run(&mut cargo(root, RELEASE))?;
    let example = child::run(&mut cargo(root, RELEASE_TODO))?;
    Ok(Outcome::of(server.success() && example.success()))
}

/// The tests of the store want both engines, and `SQLite` is a part of the binary; those of mails hand
/// them to a real mail server, which comes from `PyPI`.
fn tests(root: &Path) -> Result<Outcome> {
    if cfg!(target_os = "linux") {
        needs::tools(needs::FOR_UNIT)?;
    }
    let requirements = root.join("crates/cli/tests/smtp/requirements.txt");
    python::env(root, "smtp", &requirements, None)?;
    let postgres = Postgres::start()?;
    let spare = Postgres::start()?;
    let variables = postgres::variables(&postgres, &spare);
    counted(cargo(root, TEST).envs(variables), Tally::read_cargo)
}

fn deny(root: &Path) -> Result<Outcome> {
    if !needs::is_installed("cargo-deny") {
        println!(
            "cargo-deny is not installed, so licences and advisories were NOT checked;\n\
             the house test covers bans, duplicates and sources.\n\
             To have it: cargo install --locked cargo-deny"
        );
        return Ok(Outcome::NotRun("cargo-deny is not installed".to_owned()));
    }
    holds(&mut cargo(root, &["deny", "--locked", "check"]))
}

/// The wheel as users get it, in an environment that never saw the sources.
fn python_package(root: &Path) -> Result<Outcome> {
    let package = root.join(python::PACKAGE);
    let wheel = python::wheel(root, "release")?;
    let requirements = package.join("requirements").join("test.txt");
    let env = python::env(root, "test", &requirements, Some(&wheel))?;
    let mut pytest = env.command("pytest");
    let tests = counted(pytest.current_dir(&package).arg("-q"), Tally::read_pytest)?;
    let mut mypy = env.command("mypy");
    let types = holds(
        mypy.current_dir(&package)
            .arg("--cache-dir")
            .arg(workspace::target(root).join("xtask").join("python").join("mypy")),
    )?;
    Ok(tests.and(types))
}

/// Other implementations on one side, ours behind a pipe on the other.
fn interop(root: &Path) -> Result<Outcome> {
    let dir = root.join("interop");
    if !child::run(&mut cargo(root, INTEROP))?.success() {
        return Ok(Outcome::failed("building the example `interop` failed"));
    }
    let ours = workspace::target(root).join("debug").join("examples").join("interop");
    needs::npm_packages(&dir)?;
    let mut npm = needs::npm(&dir, &["test", "--silent"]);
    let node = counted(npm.env("INTEROP_BIN", &ours), Tally::read_node)?;
    let env = python::env(root, "interop", &dir.join("requirements.txt"), None)?;
    let mut pytest = env.command("pytest");
    pytest.current_dir(dir.join("python")).env("INTEROP_BIN", &ours);
    pytest.env("GATEWRIGHT_BIN", workspace::target(root).join("release").join("gatewright"));
    let python = counted(pytest.args(["-q", "-p", "no:cacheprovider"]), Tally::read_pytest)?;
    Ok(node.and(python))
}

fn conformance(root: &Path) -> Result<Outcome> {
    let dir = root.join("conformance");
    needs::npm_packages(&dir)?;
    let postgres = Postgres::start()?;
    let release = workspace::target(root).join("release");
    let mut npm = needs::npm(&dir, &["test", "--silent"]);
    npm.env("GATEWRIGHT_BIN", release.join("gatewright"));
    npm.env("TODO_API_BIN", release.join("todo-api-axum"));
    npm.env(postgres::VARIABLE, postgres.url());
    counted(&mut npm, Tally::read_node)
}
