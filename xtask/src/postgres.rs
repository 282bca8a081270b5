//! A `PostgreSQL` to throw away: started on a free port of the loopback, gone with us.
//!
//! It is the real server, made for tests: nothing is synced to the disk, for nothing is kept longer
//! than the machine runs. Each test makes a database of its own in it. Not for measurements, where syncing counts.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::unix::{
        fs::{DirBuilderExt as _, OpenOptionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    child::{self, Running},
    needs, served,
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask postgres                                     until Ctrl-C; it prints what to export
  cargo xtask postgres cargo test -p gatewright-server     as long as the command runs
  cargo xtask postgres sh -c 'psql \"$GATEWRIGHT_TEST_POSTGRES\"'";

/// The variable that tells tests where it is: the URL of a superuser, who may create databases.
pub(crate) const VARIABLE: &str = "GATEWRIGHT_TEST_POSTGRES";

/// The same of another server, which a test may stop and start again, by signals to its keeper,
/// whose process id stands before the URL.
const SPARE: &str = "GATEWRIGHT_TEST_POSTGRES_SPARE";

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Runs this with the URL in `GATEWRIGHT_TEST_POSTGRES`, and ends with its exit code.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs a command beside it, or waits beside it until someone has had enough.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut postgres = Postgres::start()?;
    let spare = Postgres::start()?;
    let Some((program, arguments)) = args.command.split_first() else {
        for (name, value) in variables(&postgres, &spare) {
            println!("export {name}='{value}'");
        }
        while child::is_interrupted() || !postgres.running.has_ended() {
            child::pause(Duration::from_millis(200));
        }
        bail!("it ended by itself; its log:\n{}", postgres.home.log());
    };
    let variables = variables(&postgres, &spare);
    let status = child::run(Command::new(program).args(arguments).envs(variables))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// What tells tests of a server that they share, and of one that they may stop.
pub(crate) fn variables(shared: &Postgres, spare: &Postgres) -> [(&'static str, String); 2] {
    [(VARIABLE, shared.url()), (SPARE, format!("{} {}", spare.running.id(), spare.url()))]
}

/// A running server, stopped and removed when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Postgres {
    // In this order: the server ends before its folder goes.
    running: Running,
    home: Home,
    port: u16,
    password: String,
}

/// Another process may take the free port before the server does.
const TRIES: u32 = 3;

/// Making a cluster takes a second, starting it less; a busy machine is slower.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts the server, ends it without delay when it is told to end, and removes its folder even
/// where nobody is left to do so: after Ctrl-C no destructor of ours runs. By other signals it lets
/// the server crash (USR1) or shut down (USR2), and starts it again (ALRM).
const KEEPER: &str = r#"
home=$1; shift
trap 'over=yes; kill -s QUIT "$server"' TERM INT HUP
trap 'pause=yes; again=; kill -s QUIT "$server"' USR1
trap 'pause=yes; again=; kill -s INT "$server"' USR2
trap 'again=yes' ALRM
while
    "$@" >>"$home/log" 2>&1 &
    server=$!
    while kill -s 0 "$server" 2>/dev/null; do wait "$server"; done
    [ "$pause" ]
do
    while [ -z "$again$over" ]; do sleep 0.02; done
    [ -z "$over" ] || break
    pause=
done
case $home in */gatewright-postgres-*) rm -rf "$home" ;; esac
"#;

impl Postgres {
    /// Finds or installs it, makes an empty cluster and waits until that can be connected to.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs()?;
        let owner = Owner::who()?;
        for _ in 1..TRIES {
            if let Ok(started) = Self::try_start(&programs, owner.as_ref()) {
                return Ok(started);
            }
        }
        Self::try_start(&programs, owner.as_ref())
    }

    /// Where a superuser reaches it: `postgres://postgres:PASSWORD@127.0.0.1:PORT/postgres`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    fn try_start(programs: &Path, owner: Option<&Owner>) -> Result<Self> {
        let home = Home::make(owner)?;
        let password = random_hex()?;
        make_cluster(programs, &home, owner, &password)?;
        let port = served::free_port()?;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&home.0);
        keeper.arg(programs.join("postgres")).arg("-D").arg(home.data());
        keeper.args(settings(&home, port).iter().flat_map(|setting| ["-c", setting]));
        let running = Running::start(home.is_home_of(&mut keeper, owner).stdout(Stdio::null()))?;
        let mut started = Self { running, home, port, password };
        started.wait_until_ready()?;
        Ok(started)
    }

    /// Its pid file says so in its eighth line, which is where `pg_ctl --wait` looks too.
    fn wait_until_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        let status = self.home.data().join("postmaster.pid");
        loop {
            let told = std::fs::read_to_string(&status).unwrap_or_default();
            if told.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            let log = || self.home.log();
            ensure!(began.elapsed() < PATIENCE, "PostgreSQL is not ready; its log:\n{}", log());
            ensure!(!self.running.has_ended(), "PostgreSQL ended; its log:\n{}", self.home.log());
            child::pause(Duration::from_millis(20));
        }
    }
}

/// What differs from the defaults of a new cluster.
fn settings(home: &Home, port: u16) -> Vec<String> {
    let fixed = [
        "listen_addresses=127.0.0.1",
        "max_connections=500", // many servers with a pool each
        "fsync=off",
        "full_page_writes=off",
        "jit=off",
        // Far from UTC, and not by whole hours: what leans on the server's own zone shows.
        "timezone=Asia/Kathmandu",
    ];
    let mut settings: Vec<String> = fixed.iter().map(|&setting| setting.to_owned()).collect();
    settings.push(format!("port={port}"));
    settings.push(format!("unix_socket_directories={}", home.0.display()));
    settings
}

/// A cluster whose superuser has a password, for others on the machine can reach the port too.
fn make_cluster(programs: &Path, home: &Home, owner: Option<&Owner>, password: &str) -> Result<()> {
    let secret = home.0.join("password");
    let file = File::options().write(true).create_new(true).mode(0o600).open(&secret);
    let mut file = file.with_context(|| secret.display().to_string())?;
    file.write_all(password.as_bytes()).with_context(|| secret.display().to_string())?;
    if let Some(owner) = owner {
        owner.take(&secret)?;
    }
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.args(["--username=postgres", "--auth=scram-sha-256", "--no-locale", "--encoding=UTF8"]);
    initdb.args(["--no-sync", "--no-instructions"]).arg("--pwfile").arg(&secret);
    child::output_of(home.is_home_of(initdb.arg("--pgdata").arg(home.data()), owner))?;
    Ok(())
}

/// A new folder in the system's own for temporary files: the server's user can reach it there, and
/// the name of the socket in it stays short.
#[derive(Debug)]
struct Home(PathBuf);

impl Home {
    fn make(owner: Option<&Owner>) -> Result<Self> {
        let mut name = random_hex()?;
        name.truncate(12);
        let dir = std::env::temp_dir().join(format!("gatewright-postgres-{name}"));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .with_context(|| format!("making {}", dir.display()))?;
        let home = Self(dir);
        if let Some(owner) = owner {
            owner.take(&home.0)?;
        }
        Ok(home)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.0.join("log")).unwrap_or_default()
    }

    /// The command runs here, as the one who owns it.
    fn is_home_of<'a>(&self, command: &'a mut Command, owner: Option<&Owner>) -> &'a mut Command {
        command.current_dir(&self.0).env("LC_ALL", "C");
        if let Some(Owner { user, group }) = owner {
            command.uid(*user).gid(*group);
        }
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // The keeper was here before us, unless it was killed or never started.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whom the server runs as where we are root, as whom it refuses to run.
#[derive(Debug)]
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// Nobody in particular unless we are root.
    fn who() -> Result<Option<Self>> {
        if !needs::is_root() {
            return Ok(None);
        }
        let id = |which: &str, name: &str| -> Result<u32> {
            let id = child::output_of(Command::new("id").args([which, name]))?;
            id.trim().parse().with_context(|| format!("`id {which} {name}` printed {id}"))
        };
        // Debian's package brings the first, every Linux has the second.
        let found = ["postgres", "nobody"].iter().find_map(|name| {
            Some(Self { user: id("-u", name).ok()?, group: id("-g", name).ok()? })
        });
        let found = found.context("PostgreSQL refuses to run as root, and there is no `nobody`")?;
        Ok(Some(found))
    }

    fn take(&self, path: &Path) -> Result<()> {
        std::os::unix::fs::chown(path, Some(self.user), Some(self.group))
            .with_context(|| format!("giving {} away", path.display()))
    }
}

/// The folder of `initdb` and `postgres`: on the PATH, or where Debian keeps them beside it.
fn programs() -> Result<PathBuf> {
    if let Some(found) = on_the_path().or_else(|| newest_in(Path::new("/usr/lib/postgresql"))) {
        return Ok(found);
    }
    needs::install(&["postgresql"])?;
    newest_in(Path::new("/usr/lib/postgresql"))
        .context("Debian's package `postgresql` is installed and brought no `initdb`")
}

fn on_the_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|dir| has_programs(dir))
}

/// Debian names the folders by the major version.
fn newest_in(versions: &Path) -> Option<PathBuf> {
    let found = std::fs::read_dir(versions).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let dir = entry.path().join("bin");
        has_programs(&dir).then_some((version, dir))
    });
    found.max().map(|(_, dir)| dir)
}

fn has_programs(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| dir.join(program).is_file())
}

fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 16];
    let mut source = File::open("/dev/urandom").context("/dev/urandom")?;
    source.read_exact(&mut bytes).context("/dev/urandom")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    /// Its protocol's first question, whether it speaks TLS, has an answer of one letter.
    fn answer_at(port: u16) -> std::io::Result<u8> {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
        let mut answer = [0];
        connection.read_exact(&mut answer)?;
        Ok(answer[0])
    }

    #[test]
    fn it_answers_on_its_port_and_leaves_nothing_behind() {
        let postgres = Postgres::start().unwrap();
        assert_eq!(answer_at(postgres.port).unwrap(), b'N');
        let (home, port) = (postgres.home.0.clone(), postgres.port);
        let socket = home.join(format!(".s.PGSQL.{port}"));
        assert!(socket.exists());
        drop(postgres);
        assert!(!home.exists(), "{} is still there", home.display());
        assert!(answer_at(port).is_err(), "it still listens");
    }

    #[test]
    fn its_keeper_removes_it_when_only_a_signal_ends_it() {
        let postgres = Postgres::start().unwrap();
        let home = postgres.home.0.clone();
        let leader = postgres.running.id();
        assert!(child::succeeds(Command::new("sh").args(["-c", &format!("kill {leader}")])));
        let began = Instant::now();
        while home.exists() && began.elapsed() < PATIENCE {
            child::pause(Duration::from_millis(10));
        }
        assert!(!home.exists(), "{} is still there", home.display());
    }

    #[test]
    fn it_can_be_stopped_and_started_again() {
        let postgres = Postgres::start().unwrap();
        let keeper = postgres.running.id();
        let signal = |name: &str| {
            let kill = format!("kill -s {name} {keeper}");
            assert!(child::succeeds(Command::new("sh").args(["-c", &kill])));
        };
        let wait_until = |is_up: bool| {
            let began = Instant::now();
            while answer_at(postgres.port).is_ok() != is_up {
                assert!(began.elapsed() < PATIENCE, "{}", postgres.home.log());
                child::pause(Duration::from_millis(10));
            }
        };
        for stop in ["USR1", "USR2"] {
            signal(stop);
            wait_until(false);
            signal("ALRM");
            wait_until(true);
        }
        let home = postgres.home.0.clone();
        signal("USR1");
        drop(postgres);
        assert!(!home.exists(), "{} is still there", home.display());
    }

    #[test]
    fn the_newest_version_is_taken() {
        let versions = tempfile::tempdir().unwrap();
        for (version, program) in [("9", "postgres"), ("16", "postgres"), ("17", "psql")] {
            let bin = versions.path().join(version).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            for program in ["initdb", program] {
                std::fs::write(bin.join(program), "").unwrap();
            }
        }
        let newest = newest_in(versions.path());
        assert_eq!(newest, Some(versions.path().join("16").join("bin")));
    }
}
