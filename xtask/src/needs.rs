//! What the steps need besides cargo: found, or installed and said so, or named.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::child;

/// A command and the Debian package that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// The command, as typed.
    pub(crate) command: &'static str,
    /// The Debian package.
    pub(crate) package: &'static str,
}

/// What npm's packages need to compile their native parts.
pub(crate) const FOR_NPM: &[Tool] = &[
    Tool { command: "node", package: "nodejs" },
    Tool { command: "npm", package: "npm" },
    Tool { command: "make", package: "make" },
    Tool { command: "g++", package: "g++" },
    Tool { command: "python3", package: "python3" },
];

/// What the test of the systemd unit needs; no systemd has to run for it.
pub(crate) const FOR_UNIT: &[Tool] = &[Tool { command: "systemd-analyze", package: "systemd" }];

/// What the comparison needs besides.
pub(crate) const FOR_BENCH: &[Tool] = &[Tool { command: "wrk", package: "wrk" }];

/// What the Python package needs besides cargo.
const FOR_PYTHON: &[Tool] = &[Tool { command: "python3", package: "python3" }];

/// Sees to it that Python can make virtual environments.
pub(crate) fn python() -> Result<()> {
    tools(FOR_PYTHON)?;
    // Debian leaves it out of its Python: `venv` is there, and what it copies into them is not.
    let can = || child::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]));
    if can() {
        return Ok(());
    }
    install(&["python3-venv"])?;
    ensure!(can(), "`python3 -m venv` does not work; see `python3 -c 'import ensurepip, venv'`");
    Ok(())
}

/// Sees to it that each tool is there; installs what is missing when we may.
pub(crate) fn tools(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !is_installed(tool.command)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    install(&packages)
}

/// Installs Debian packages when we may, else says how.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    if !is_installed("apt-get") {
        bail!("something is missing. On Debian, these bring it: `{by_hand}`");
    }
    ensure!(is_root(), "missing Debian packages, and only root may install them: `sudo {by_hand}`");
    println!("installing Debian packages: {}", packages.join(" "));
    apt(&["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt(&[&install, packages].concat())
        .with_context(|| format!("`{by_hand}` failed; run it by hand and look"))
}

/// Installs the npm packages of `dir` as its lock file says, unless that was done before.
///
/// Native packages take minutes to compile, so what was installed is stamped with what decides the
/// result: the lock file and Node's version.
pub(crate) fn npm_packages(dir: &Path) -> Result<()> {
    tools(FOR_NPM)?;
    let lock = dir.join("package-lock.json");
    let lock = std::fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
    let node = child::output_of(Command::new("node").arg("--version"))?;
    let stamp = format!("node {node}{lock}");
    let stamped = dir.join("node_modules").join(".installed-by-xtask");
    if std::fs::read_to_string(&stamped).is_ok_and(|installed| installed == stamp) {
        return Ok(());
    }
    println!("installing npm packages in {} (npm ci)", dir.display());
    let status = child::run(&mut npm(dir, &["ci", "--no-audit", "--no-fund"]))?;
    ensure!(status.success(), "`npm ci` in {} failed", dir.display());
    if lock.contains("\"node_modules/better-sqlite3\"") {
        sqlite_addon(dir)?;
    }
    std::fs::write(&stamped, stamp).with_context(|| stamped.display().to_string())
}

/// An `npm` command in `dir`.
pub(crate) fn npm(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(dir);
    if let Some(prefix) = headers_prefix() {
        command.env("npm_config_nodedir", prefix);
    }
    command
}

/// Npm may hold back install scripts without failing; then the addon is built by name.
fn sqlite_addon(dir: &Path) -> Result<()> {
    const OPEN: &str = "new (require('better-sqlite3'))(':memory:').exec('select 1')";
    let opens = || child::succeeds(Command::new("node").args(["-e", OPEN]).current_dir(dir));
    if opens() {
        return Ok(());
    }
    println!("compiling better-sqlite3 (npm rebuild)");
    let status = child::run(&mut npm(dir, &["rebuild", "better-sqlite3", "--foreground-scripts"]))?;
    ensure!(
        status.success() && opens(),
        "better-sqlite3 does not load after `npm rebuild better-sqlite3` in {}; \
         see the compiler's output above",
        dir.display()
    );
    Ok(())
}

/// Where Node's headers are, when they came with it: node-gyp would download them otherwise.
fn headers_prefix() -> Option<PathBuf> {
    let print = ["-p", "require('fs').realpathSync(process.execPath)"];
    let node = child::output_of(Command::new("node").args(print)).ok()?;
    let prefix = Path::new(node.trim()).parent()?.parent()?;
    prefix.join("include/node/node.h").is_file().then(|| prefix.to_path_buf())
}

/// True when the shell finds `command`.
pub(crate) fn is_installed(command: &str) -> bool {
    child::succeeds(Command::new("sh").args(["-c", "command -v \"$0\"", command]))
}

/// True when we run as root.
pub(crate) fn is_root() -> bool {
    child::output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn apt(args: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    let status = child::run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))?;
    ensure!(status.success(), "`{}` ended with {status}", child::shown(&command));
    Ok(())
}
