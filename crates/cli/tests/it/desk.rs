//! A directory with files, variables and the binary: where somebody sits and types.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Finished, Process, gatewright};

pub(crate) struct Desk {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { directory, variables: Vec::new() }
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the PATH of the tests, where other programs are called.
    pub(crate) fn with_path(self) -> Self {
        let path = std::env::var_os("PATH").expect("a PATH");
        self.variable("PATH", &path.to_string_lossy())
    }

    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(name, content);
        self
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("the directory can be written to");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file of text")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    pub(crate) fn start(&self, args: &[&str]) -> Process {
        Process::spawn(gatewright(self.directory.path(), args, &self.variables))
    }

    pub(crate) fn run(&self, args: &[&str]) -> Finished {
        self.start(args).finish()
    }

    pub(crate) fn run_reading(&self, args: &[&str], stdin: impl Into<Vec<u8>>) -> Finished {
        let command = gatewright(self.directory.path(), args, &self.variables);
        Process::spawn_reading(command, stdin.into()).finish()
    }

    /// What is printed on stdout by a command that does what it is asked for.
    #[track_caller]
    pub(crate) fn stdout_of(&self, args: &[&str]) -> String {
        let finished = self.run(args);
        assert_eq!(finished.code(), Some(0), "{args:?}: {}", finished.output());
        finished.stdout
    }

    /// The token that it signs.
    #[track_caller]
    pub(crate) fn sign(&self, args: &[&str]) -> String {
        self.stdout_of(&[&["token", "sign"], args].concat()).trim_end().to_owned()
    }
}

impl Finished {
    /// stdout, which is JSON and nothing else.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.output()))
    }
}
