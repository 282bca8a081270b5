//! Child processes: started in a group of their own, ended with us.
//!
//! `cargo test` starts test binaries and those start servers, so ending only the direct child would
//! leave the rest behind. Each child leads its own process group, and the whole group is signalled.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Leaders of the groups that run now: a signal handler can reach nothing but a static.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Set by the signal handler, so that the main thread starts nothing more meanwhile.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long a group has after SIGTERM before SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

/// From now on Ctrl-C, SIGTERM and SIGHUP end every running child before they end us.
pub(crate) fn end_with_us() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        eprintln!("\ninterrupted: ending the children");
        let running = running().clone();
        for leader in &running {
            signal("TERM", *leader);
        }
        let deadline = Instant::now() + GRACE;
        while running.iter().any(|leader| is_alive(*leader)) && Instant::now() < deadline {
            pause(Duration::from_millis(50));
        }
        for leader in &running {
            signal("KILL", *leader);
        }
        std::process::exit(130);
    })
    .context("installing the handler of Ctrl-C")
}

/// True once the children are being ended: what they do then says nothing.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A child that is ended, with all its descendants, when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    what: String,
}

impl Running {
    /// Starts `command` as the leader of a new group, with nothing on its stdin.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        anyhow::ensure!(!is_interrupted(), "interrupted");
        let what = shown(command);
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting `{what}`"))?;
        running().push(child.id());
        Ok(Self { child, what })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait().with_context(|| format!("waiting for `{}`", self.what))?;
        Ok(status)
    }

    /// True when it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let leader = self.child.id();
        if !self.has_ended() {
            signal("TERM", leader);
            let deadline = Instant::now() + GRACE;
            while !self.has_ended() && Instant::now() < deadline {
                pause(Duration::from_millis(20));
            }
        }
        if is_alive(leader) {
            signal("KILL", leader); // the group: descendants may have outlived the leader
        }
        let _ = self.child.kill(); // should there be no shell: else the next line never ends
        let _ = self.child.wait();
        running().retain(|other| *other != leader);
    }
}

/// Runs `command` to its end with its output live on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    Running::start(command)?.wait()
}

/// As [`run`], and hands each line of stdout to `look` as well.
pub(crate) fn run_watched(command: &mut Command, mut look: impl FnMut(&str)) -> Result<ExitStatus> {
    run_lines(command, |line| {
        let mut out = std::io::stdout().lock();
        // Whoever closed our stdout does not want to see it; the step goes on.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        look(line);
    })
}

/// Runs `command` to its end and hands each line of stdout to `look` instead of the terminal.
pub(crate) fn run_lines(command: &mut Command, mut look: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut running = Running::start(command.stdout(Stdio::piped()))?;
    let stdout = running.child().stdout.take().context("its stdout was piped")?;
    let mut lines = BufReader::new(stdout);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        look(&String::from_utf8_lossy(&line));
        line.clear();
    }
    running.wait()
}

/// Runs `command` to its end and returns its stdout; stderr is shown only when it fails.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let what = shown(command);
    let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let stderr = running.child().stderr.take().context("its stderr was piped")?;
    let stderr = std::thread::spawn(move || read_all(stderr));
    let stdout = running.child().stdout.take().context("its stdout was piped")?;
    let stdout = read_all(stdout);
    let status = running.wait()?;
    let stderr = stderr.join().unwrap_or_default();
    anyhow::ensure!(status.success(), "`{what}` ended with {status}:\n{stderr}{stdout}");
    Ok(stdout)
}

/// True when `command` can be started and succeeds; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Waits for `duration`: for the outside world only, where no event can be waited for.
#[expect(
    clippy::disallowed_methods,
    reason = "polling another process; there is no clock to advance"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// The command as one would type it, without its environment.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn read_all(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes); // what came before an error is still worth showing
    String::from_utf8_lossy(&bytes).into_owned()
}

fn running() -> std::sync::MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_alive(leader: u32) -> bool {
    signal("0", leader)
}

/// By the shell's builtin: std can signal no group, and `kill` itself may not be installed. Written
/// with `-s`, for dash takes no `--` after the short form.
fn signal(name: &str, leader: u32) -> bool {
    succeeds(Command::new("sh").args(["-c", &format!("kill -s {name} -- -{leader}")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grandchildren_end_too() {
        let mut sh = Command::new("sh");
        let mut running =
            Running::start(sh.args(["-c", "sleep 60 & echo $!; wait"]).stdout(Stdio::piped()))
                .unwrap();
        let mut line = String::new();
        let stdout = running.child().stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let leader = running.id();
        assert!(is_alive(leader));
        let began = Instant::now();
        drop(running);
        while is_alive(leader) && began.elapsed() < GRACE {
            pause(Duration::from_millis(10)); // until init has reaped it
        }
        assert!(!is_alive(leader), "the sleep of process {line} outlived its group's leader");
        assert!(began.elapsed() < GRACE, "it ended by SIGKILL only");
    }

    #[test]
    fn lines_are_seen_and_failures_are_told() {
        let mut seen = Vec::new();
        let mut sh = Command::new("sh");
        let sh = sh.args(["-c", "echo a; echo b; exit 3"]);
        let status = run_watched(sh, |line| seen.push(line.to_owned())).unwrap();
        assert_eq!((status.code(), seen), (Some(3), vec!["a\n".to_owned(), "b\n".to_owned()]));
        let error = output_of(Command::new("sh").args(["-c", "echo why >&2; exit 1"])).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
    }
}
