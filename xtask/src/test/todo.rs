//! The suite in examples/todo, against each back end that a user may copy.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Outcome;
use super::count::Tally;
use super::steps::{counted, holds};
use crate::python::{self, Env};
use crate::workspace;

/// Most tests wait for a process to start or for a cooldown to pass, hence more than cores.
const AT_ONCE: &str = "4";

/// The suite has an environment of its own: no back end may lean on what only the tests install,
/// nor the other way round.
pub(crate) fn run(root: &Path) -> Result<Outcome> {
    let todo = root.join("examples").join("todo");
    let (suite, app) = (todo.join("suite"), todo.join("api-fastapi"));
    let wheel = python::wheel(root, "release")?;
    let tests = python::env(root, "todo-suite", &suite.join("requirements.txt"), None)?;
    let fastapi = python::env(root, "todo-fastapi", &app.join("requirements.txt"), Some(&wheel))?;

    let axum = workspace::target(root).join("release").join("todo-api-axum");
    let mut pytest = pytest(&tests, &suite, "axum");
    let on_axum = counted(pytest.env("TODO_API_BIN", axum), Tally::read_pytest)?;
    let mut pytest = self::pytest(&tests, &suite, "fastapi");
    let on_fastapi =
        counted(pytest.env("TODO_PYTHON", fastapi.program("python")), Tally::read_pytest)?;

    let cache = workspace::target(root).join("xtask").join("python").join("mypy");
    let suite_types = holds(&mut mypy(&tests, &suite, &cache.join("suite")))?;
    let mut mypy = mypy(&tests, &app, &cache.join("fastapi"));
    let app_types = holds(mypy.arg("--python-executable").arg(fastapi.program("python")))?;
    Ok(on_axum.and(on_fastapi).and(suite_types).and(app_types))
}

fn pytest(tests: &Env, suite: &Path, backend: &str) -> Command {
    println!("--- {backend}");
    let mut command = tests.command("pytest");
    command.current_dir(suite).args(["-q", "-n", AT_ONCE]).env("TODO_BACKEND", backend);
    command
}

/// All files of a folder, by the strictest rules.
fn mypy(tests: &Env, folder: &Path, cache: &PathBuf) -> Command {
    let mut command = tests.command("mypy");
    command.current_dir(folder).args(["--strict", "--cache-dir"]).arg(cache).arg(".");
    command
}
