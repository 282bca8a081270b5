//! The Python package: its wheel, and environments to run it in.
//!
//! All of it below `target/`, and stamped with what decides the result, so that a second run is
//! quick and a changed requirement is noticed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::test::free_of_cargo;
use crate::{child, needs, workspace};

/// The package's folder.
pub(crate) const PACKAGE: &str = "crates/python";

/// A virtual environment.
#[derive(Clone, Debug)]
pub(crate) struct Env(PathBuf);

impl Env {
    /// A program in it, such as `python` or `pytest`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }

    /// A command for it, freed of what another environment may have set.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command.env_remove("PYTHONHOME").env_remove("PYTHONPATH").env("VIRTUAL_ENV", &self.0);
        // What lies about is no part of the tests, and the sources' folder gets no files of theirs.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONNOUSERSITE", "1");
        command
    }
}

/// An environment with exactly these requirements, and the wheel if there is one. It is made anew
/// when anything of that changed: what was installed before must not help.
pub(crate) fn env(
    root: &Path,
    name: &str,
    requirements: &Path,
    wheel: Option<&Path>,
) -> Result<Env> {
    needs::python()?;
    let dir = workspace::target(root).join("xtask").join("python").join(name);
    let python = child::output_of(Command::new("python3").args(["-VV"]))?;
    let required = std::fs::read_to_string(requirements)
        .with_context(|| requirements.display().to_string())?;
    let record = wheel.map(record_of).transpose()?.unwrap_or_default();
    let stamp = format!("{python}{required}{record}");
    let stamped = dir.join(".installed-by-xtask");
    if std::fs::read_to_string(&stamped).is_ok_and(|installed| installed == stamp) {
        return Ok(Env(dir));
    }
    println!("making the Python environment {}", dir.display());
    if dir.exists() {
        std::fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
    }
    holds(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
    let env = Env(dir);
    let mut pip = env.command("python");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.arg("--requirement").arg(requirements).args(wheel);
    holds(&mut pip)?;
    std::fs::write(&stamped, stamp).with_context(|| stamped.display().to_string())?;
    Ok(env)
}

/// Builds the wheel with a cargo profile, and says where it is.
pub(crate) fn wheel(root: &Path, profile: &str) -> Result<PathBuf> {
    let package = root.join(PACKAGE);
    let requirements = package.join("requirements").join("build.txt");
    let maturin = env(root, "build", &requirements, None)?.program("maturin");
    let dir = workspace::target(root).join("xtask").join("python").join("wheels").join(profile);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
    }
    let mut command = Command::new(maturin);
    free_of_cargo(&mut command);
    command.current_dir(&package).args(["build", "--locked", "--profile", profile, "--out"]);
    command.arg(&dir);
    holds(&mut command)?;
    let files = std::fs::read_dir(&dir).with_context(|| dir.display().to_string())?;
    let wheels = files.filter_map(|file| file.ok().map(|file| file.path()));
    let mut wheels = wheels.filter(|path| path.extension().is_some_and(|ending| ending == "whl"));
    wheels.next().with_context(|| format!("maturin left no wheel in {}", dir.display()))
}

/// The hashes that a wheel keeps of its files: the archive itself has another time at each build.
/// (`SOURCE_DATE_EPOCH` would keep it still, and have aws-lc-sys compiled anew, which asks for it.)
fn record_of(wheel: &Path) -> Result<String> {
    const PRINT: &str = "import sys, zipfile; wheel = zipfile.ZipFile(sys.argv[1]); \
        print(*[wheel.read(name).decode() for name in wheel.namelist() if name.endswith('/RECORD')])";
    let record = child::output_of(Command::new("python3").args(["-c", PRINT]).arg(wheel))?;
    // The bill of materials holds the time too.
    Ok(record.lines().filter(|line| !line.contains("/sboms/")).collect())
}

fn holds(command: &mut Command) -> Result<()> {
    let status = child::run(command)?;
    ensure!(status.success(), "`{}` ended with {status}", child::shown(command));
    Ok(())
}
