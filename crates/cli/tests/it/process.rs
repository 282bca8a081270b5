//! The binary as a process: what it prints is kept, and it never outlives its test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long anything may take before the test says that it hangs. Generous: machines are shared.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The binary, running.
pub(crate) struct Process {
    child: Child,
    stderr: Arc<Lines>,
    stdout: Option<JoinHandle<String>>,
}

/// What is left of a process that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The exit code; none after a signal.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Everything that it printed.
    pub(crate) fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The binary with `args` in `directory`, and with no variables but `variables`.
pub(crate) fn gatewright(
    directory: &Path,
    args: &[impl AsRef<OsStr>],
    variables: &[(String, String)],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.args(args).current_dir(directory).env_clear();
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Runs `args` in `directory` to the end.
pub(crate) fn run(directory: &Path, args: &[&str], variables: &[(&str, &str)]) -> Finished {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables: Vec<_> = variables.iter().map(owned).collect();
    Process::spawn(gatewright(directory, args, &variables)).finish()
}

impl Process {
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self::spawn_as_it_is(command)
    }

    /// With something on its stdin.
    pub(crate) fn spawn_reading(mut command: Command, stdin: Vec<u8>) -> Self {
        command.stdin(Stdio::piped());
        let mut process = Self::spawn_as_it_is(command);
        let mut pipe = process.child.stdin.take().expect("stdin is a pipe");
        // One that ends before it has read all is judged by what it prints.
        thread::spawn(move || pipe.write_all(&stdin));
        process
    }

    fn spawn_as_it_is(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdout = child.stdout.take().expect("stdout is a pipe");
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("stdout is text");
            text
        });
        let stderr = Arc::new(Lines::default());
        let reader = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let lines = Arc::clone(&stderr);
        thread::spawn(move || {
            for line in reader.split(b'\n') {
                let Ok(line) = line else { break };
                lines.push(String::from_utf8_lossy(&line).into_owned());
            }
            lines.end();
        });
        Self { child, stderr, stdout: Some(stdout) }
    }

    /// Waits for a line on stderr, which may have come already.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let found = self
            .stderr
            .wait_for(PATIENCE, |log| log.lines.iter().find(|line| is_it(line)).cloned());
        found.unwrap_or_else(|| panic!("no {what} on stderr, only:\n{}", self.stderr()))
    }

    /// Everything on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().lines.join("\n")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("`kill` runs");
        assert!(sent.success(), "kill -s {name} {id}: {sent}");
    }

    /// Whether it ends while it is watched.
    pub(crate) fn ends_within(&self, limit: Duration) -> bool {
        self.stderr.wait_for(limit, |log| log.has_ended.then_some(())).is_some()
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        // Its pipe is closed when it ends, so that nobody need ask again and again.
        assert!(self.ends_within(PATIENCE), "it does not end; on stderr:\n{}", self.stderr());
        let status = self.child.wait().expect("an ended process has a status");
        let stdout = self.stdout.take().map(|reader| reader.join().expect("stdout was read"));
        Finished { status, stdout: stdout.unwrap_or_default(), stderr: self.stderr() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines that come in while others wait for them.
#[derive(Default)]
struct Lines {
    log: Mutex<Log>,
    changed: Condvar,
}

#[derive(Default)]
struct Log {
    lines: Vec<String>,
    has_ended: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: String) {
        self.lock().lines.push(line);
        self.changed.notify_all();
    }

    fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// What `look` finds, as soon as it does; `None` when it can't any more.
    fn wait_for<T>(&self, limit: Duration, look: impl Fn(&Log) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut log = self.lock();
        loop {
            let found = look(&log);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || log.has_ended || left.is_zero() {
                return found;
            }
            log = self.changed.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
