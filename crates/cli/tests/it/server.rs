//! A server of one's own.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::database::{Database, Engine, FreshPostgres, SparePostgres, shared_postgres};
use crate::process::{Finished, Process, gatewright};

/// The secret that servers have unless a test says otherwise.
pub(crate) const SECRET: &str = "a-secret-for-tests-of-48-characters-and-no-more.";

/// The file of a SQLite database, in the server's directory.
const DATABASE: &str = "it.db";

/// How a server is started.
#[derive(Clone)]
pub(crate) struct Options {
    directory: Arc<TempDir>,
    /// `None`: a SQLite file in the directory.
    postgres: Option<Arc<FreshPostgres>>,
    variables: Vec<(String, String)>,
    args: Vec<String>,
    /// What stands before the binary.
    below: Vec<OsString>,
}

impl Default for Options {
    /// With [`SECRET`], and without rate limits and lockout: a test asks more often than a person.
    fn default() -> Self {
        Self::bare()
            .variable("BETTER_AUTH_SECRET", SECRET)
            .variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "false")
            .variable("GATEWRIGHT__LOCKOUT__ENABLED", "false")
    }
}

impl Options {
    /// As a user starts it who has configured nothing, in an empty directory.
    pub(crate) fn bare() -> Self {
        Self {
            directory: Arc::new(tempfile::tempdir().expect("a temporary directory")),
            postgres: None,
            variables: Vec::new(),
            args: Vec::new(),
            below: Vec::new(),
        }
    }

    /// With an empty database of this engine.
    pub(crate) fn on(engine: Engine) -> Self {
        Self::default().using(engine)
    }

    /// The same with an empty database of this engine.
    pub(crate) fn using(self, engine: Engine) -> Self {
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Arc::new(FreshPostgres::make_in(&shared_postgres()))),
        };
        Self { postgres, ..self }
    }

    /// The same with an empty database in a server that the test may stop.
    pub(crate) fn on_spare(self, spare: &SparePostgres) -> Self {
        Self { postgres: Some(Arc::new(FreshPostgres::make_in(spare.url()))), ..self }
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// The variables that it gets.
    pub(crate) fn given_variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Puts a file into the directory.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).expect("the directory can be written to");
        self
    }

    /// With one core of the machine, so that how much it does at once is known.
    pub(crate) fn on_one_core(self) -> Self {
        let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let first = allowed.and_then(|list| list.trim().split([',', '-']).next());
        self.below(["taskset", "-c", first.expect("a core that may be used")])
    }

    /// Where its shell lets it open few files, unless it asks for more.
    pub(crate) fn with_few_files(self) -> Self {
        self.below(["sh", "-c", r#"ulimit -S -n 256; exec "$@""#, "sh"])
    }

    /// In a directory on a disk of its own, which nobody else sees; see [`Server::directory_inside`].
    pub(crate) fn on_small_disk(self, megabytes: u8) -> Self {
        let mount =
            format!(r#"mount -t tmpfs -o size={megabytes}m tmpfs "$0" && cd "$0" && exec "$@""#);
        let directory = self.path("").into_os_string();
        let mut options = self.below(["unshare", "--map-root-user", "--mount", "sh", "-c", &mount]);
        options.below.push(directory);
        options
    }

    fn below<const N: usize>(self, command: [&str; N]) -> Self {
        Self { below: command.map(OsString::from).to_vec(), ..self }
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The file of the database, which is one of SQLite.
    pub(crate) fn database(&self) -> PathBuf {
        self.path(DATABASE)
    }

    /// The database, to look into and to change behind the server's back.
    pub(crate) fn rows(&self) -> Database {
        match &self.postgres {
            None => Database::Sqlite(self.database()),
            Some(postgres) => Database::Postgres(postgres.url()),
        }
    }

    fn command(&self) -> Command {
        let database = match self.postgres {
            // As most people write it: below the working directory.
            None => format!("sqlite:{DATABASE}"),
            Some(_) => self.rows().url(),
        };
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
        let args: Vec<&str> =
            fixed.into_iter().chain(self.args.iter().map(String::as_str)).collect();
        let command = gatewright(self.directory.path(), &args, &self.variables);
        if self.below.is_empty() { command } else { below(&self.below, &command) }
    }
}

/// The same command as the last arguments of another.
fn below(before: &[OsString], command: &Command) -> Command {
    let [program, args @ ..] = before else { panic!("a program") };
    let mut outer = Command::new(program);
    outer.args(args).arg(command.get_program()).args(command.get_args()).env_clear();
    // Its own way to be found; the server needs none.
    outer.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin")));
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = command.get_current_dir() {
        outer.current_dir(directory);
    }
    outer
}

/// A server that may not listen yet.
pub(crate) struct Starting {
    process: Process,
    options: Options,
}

/// A server that listens.
pub(crate) struct Server {
    process: Process,
    options: Options,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    pub(super) http: reqwest::Client,
}

impl Starting {
    pub(crate) fn new(options: &Options) -> Self {
        Self { process: Process::spawn(options.command()), options: options.clone() }
    }

    /// Whether it gives up while it is watched.
    pub(crate) fn gives_up_within(&self, limit: Duration) -> bool {
        self.process.ends_within(limit)
    }

    /// Waits until it has given up.
    pub(crate) fn refused(self) -> Finished {
        self.process.finish()
    }

    /// Waits until it listens.
    #[track_caller]
    pub(crate) fn listening(self) -> Server {
        let line = self.process.wait_for_line("line that says `listening`", |line| {
            json(line).is_some_and(|line| line["message"] == "listening")
        });
        let line = json(&line).unwrap_or_default();
        let address = line["address"].as_str().and_then(|address| address.parse().ok());
        let metrics = line["metrics"].as_str().and_then(|address| address.parse().ok());
        Server {
            process: self.process,
            options: self.options,
            address: address.unwrap_or_else(|| panic!("no address in {line}")),
            metrics,
            http: crate::client::http(),
        }
    }
}

impl Server {
    /// Starts one, and waits until it listens.
    #[track_caller]
    pub(crate) fn start(options: &Options) -> Self {
        Starting::new(options).listening()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it shows its figures, if it does.
    pub(crate) fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Its own origin, as browsers know it.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// The address of a path outside of the wire.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The directory in which it was started.
    pub(crate) fn directory(&self) -> &Path {
        self.options.directory.path()
    }

    /// The directory as the server sees it, where it has a disk of its own.
    pub(crate) fn directory_inside(&self) -> PathBuf {
        let directory = self.directory().strip_prefix("/").expect("a path from the root");
        PathBuf::from(format!("/proc/{}/root", self.process.id())).join(directory)
    }

    /// The most memory that it has had, in KiB.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("a Linux machine");
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
        most.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Its database.
    pub(crate) fn rows(&self) -> Database {
        self.options.rows()
    }

    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits until the log has a line with this message.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, start_of_message: &str) {
        self.process.wait_for_line(start_of_message, |line| {
            json(line).is_some_and(|line| {
                line["message"].as_str().is_some_and(|text| text.starts_with(start_of_message))
            })
        });
    }

    /// Waits for the end, which somebody else has brought about.
    #[track_caller]
    pub(crate) fn finish(self) -> Finished {
        self.process.finish()
    }

    /// Ends it in good order, and gives what it has logged.
    #[track_caller]
    pub(crate) fn stop(self) -> Log {
        self.process.signal("TERM");
        let finished = self.process.finish();
        assert_eq!(finished.code(), Some(0), "after SIGTERM; it said:\n{}", finished.stderr);
        assert_eq!(finished.stdout, "", "a server says nothing on stdout");
        Log::of(&finished.stderr)
    }

    /// After whatever was done to it: it is ready, has not panicked, and failed at no request.
    #[track_caller]
    pub(crate) fn assert_unharmed(self) {
        let ready = crate::raw::get(self.address, "/health/ready");
        assert_eq!(ready.status, 200, "the server is not ready any more");
        self.stop().assert_no_failure();
    }
}

/// What a server has logged: one JSON object a line.
pub(crate) struct Log {
    pub(crate) text: String,
    pub(crate) lines: Vec<Value>,
}

impl Log {
    #[track_caller]
    fn of(stderr: &str) -> Self {
        let parsed = |line: &str| json(line).unwrap_or_else(|| panic!("not JSON: {line}"));
        Self { text: stderr.to_owned(), lines: stderr.lines().map(parsed).collect() }
    }

    /// The lines that tell of a request.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(|line| line["message"] == "request")
    }

    /// No panic, no error, and no answer of the 5xx.
    #[track_caller]
    pub(crate) fn assert_no_failure(&self) {
        assert!(!self.text.contains("panic"), "a panic in the log:\n{}", self.text);
        let failed = |line: &&Value| {
            line["level"] == "ERROR" || line["status"].as_u64().is_some_and(|status| status >= 500)
        };
        let failed: Vec<String> = self.lines.iter().filter(failed).map(Value::to_string).collect();
        crate::hold("No request may fail inside the server", &failed);
    }
}

fn json(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}
