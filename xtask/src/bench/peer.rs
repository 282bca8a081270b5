//! The two servers that are compared, made ready in the same way.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::process::{self, Memory};
use crate::child::{self, Running};
use crate::http::Request;
use crate::served::{self, Served};
use crate::workspace;

/// Not a secret of anybody's: the servers live for minutes, on loopback.
const SECRET: &str = "only-for-benchmarks-0123456789abcdef";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";
const PATIENCE: Duration = Duration::from_secs(30);

/// How a server is started.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// As the table calls it.
    pub(crate) name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Below it: the database, and whatever else it writes.
    folder: PathBuf,
}

/// A running server with one user who is signed in.
#[derive(Debug)]
pub(crate) struct Ready {
    served: Served,
    /// Memory before anybody signed in.
    pub(crate) idle: Memory,
    /// The Cookie header of the user's session.
    pub(crate) cookie: String,
}

impl Peer {
    /// Our server, as it ships.
    pub(crate) fn ours(root: &Path, scratch: &Path) -> Result<Self> {
        let program = workspace::target(root).join("dist").join("gatewright");
        Self { name: "gatewright", program, arguments: Vec::new(), folder: scratch.join("ours") }
            .with_folder()
    }

    /// The real Better Auth of the conformance tests.
    pub(crate) fn theirs(root: &Path, scratch: &Path) -> Result<Self> {
        let script = root.join("conformance").join("reference").join("server.mjs");
        let (program, arguments) = (PathBuf::from("node"), vec![script.into_os_string()]);
        Self { name: "better-auth", program, arguments, folder: scratch.join("theirs") }
            .with_folder()
    }

    /// Its SQLite file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("auth.db")
    }

    /// Gives `other` a copy of the database; neither may be running.
    pub(crate) fn copy_database_to(&self, other: &Self) -> Result<()> {
        for beside in ["auth.db-wal", "auth.db-shm"] {
            let file = other.folder.join(beside);
            if file.exists() {
                std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
            }
        }
        let copied = std::fs::copy(self.database(), other.database());
        copied.map(drop).context("copying the database")
    }

    fn with_folder(self) -> Result<Self> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("making {}", self.folder.display()))?;
        Ok(self)
    }

    /// Starts it, signs a user up, and sees to it that the answers to be measured are right.
    pub(crate) fn start(&self) -> Result<Ready> {
        let mut command = self.command(served::free_port()?);
        let served = Served::start(&mut command, PATIENCE)
            .with_context(|| format!("starting {}", self.name))?;
        let at = served.address();
        Request::get(at, "/api/auth/ok").send_ok()?;
        process::settle(served.id())?;
        let idle = process::memory(served.id())?;
        let user = json!({"name": "Ada", "email": EMAIL, "password": PASSWORD});
        let signed_up = post(at, "/api/auth/sign-up/email", &user).send()?; // or was there before
        let signed_in = post(at, "/api/auth/sign-in/email", &sign_in()).send_ok();
        let cookie = signed_in.with_context(|| format!("signed up: {signed_up:?}"))?.cookies();
        let ask = |path| Request::get(at, path).header("cookie", &cookie).send_ok()?.json();
        let session = ask("/api/auth/get-session")?;
        ensure!(session.pointer("/user/email") == Some(&json!(EMAIL)), "get-session: {session}");
        let token = ask("/api/auth/token")?;
        ensure!(token.get("token").is_some_and(Value::is_string), "token: {token}");
        Ok(Ready { served, idle, cookie })
    }

    /// From starting the process to its first 200, on the database that is there.
    pub(crate) fn start_up(&self) -> Result<Duration> {
        let port = served::free_port()?;
        let mut command = self.command(port);
        let began = Instant::now();
        let mut running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let ask = Request::get(SocketAddr::from(([127, 0, 0, 1], port)), "/api/auth/ok");
        loop {
            if ask.send().is_ok_and(|answer| answer.status == 200) {
                return Ok(began.elapsed());
            }
            ensure!(!running.has_ended(), "{} ended while it started", self.name);
            ensure!(began.elapsed() < PATIENCE, "{} did not answer in {PATIENCE:?}", self.name);
            child::pause(Duration::from_micros(500));
        }
    }

    /// Its command line and environment; each server reads what it knows of both.
    fn command(&self, port: u16) -> Command {
        let base = format!("http://127.0.0.1:{port}");
        let database = self.database();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("BETTER_AUTH_SECRET", SECRET);
        if self.arguments.is_empty() {
            command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--base-url", &base]);
            command.args(["--database", &format!("sqlite:{}", database.display())]);
            command.env("GATEWRIGHT__RATE_LIMIT__ENABLED", "false");
        } else {
            command.env("PORT", port.to_string()).env("BASE_URL", base);
            command.env("DATABASE", database).env("RATE_LIMIT", "off");
            command.env("NODE_ENV", "production");
        }
        command
    }
}

impl Ready {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.served.id()
    }
}

/// The body that signs the user in.
pub(crate) fn sign_in() -> Value {
    json!({"email": EMAIL, "password": PASSWORD})
}

/// The body that signs somebody new up each time: `{n}` is counted by the load generator.
pub(crate) fn sign_up(run: &str) -> Value {
    json!({"name": "New", "email": format!("{run}-{{n}}@example.com"), "password": PASSWORD})
}

fn post(at: SocketAddr, path: &str, body: &Value) -> Request {
    Request::post(at, path, body).header("origin", format!("http://{at}"))
}
