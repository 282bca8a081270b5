//! The image, the compose file and the systemd unit, as far as they can be tried without Docker and
//! systemd: what they name exists, and the binary starts with what they give it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::database::{FreshPostgres, shared_postgres};
use crate::desk::Desk;
use crate::process::Process;
use crate::raw;
use crate::server::SECRET;

const DOCKERFILE: &str = include_str!("../../../../packaging/Dockerfile");
const IGNORED: &str = include_str!("../../../../.dockerignore");
const COMPOSE: &str = include_str!("../../../../packaging/compose.yaml");
const UNIT: &str = include_str!("../../../../packaging/gatewright.service");
const CONFIGURATION: &str = include_str!("../../../../packaging/gatewright.toml");

/// Where servers listen as they are packaged; here it is any free port.
const PORT: &str = ":4000";

fn root() -> PathBuf {
    let cli = Path::new(env!("CARGO_MANIFEST_DIR"));
    cli.ancestors().nth(2).expect("crates/cli is two levels below the root").to_path_buf()
}

/// The binary, started with arguments of ours that may listen on every address.
struct Serving {
    process: Process,
    address: SocketAddr,
}

impl Serving {
    #[track_caller]
    fn start(desk: &Desk, args: &[String]) -> Self {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(args.first(), Some(&"serve"));
        let process = desk.start(&args);
        let line = process.wait_for_line("line that says `listening`", |line| {
            line.contains("\"listening\"") && line.contains("\"address\"")
        });
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let address = line["address"].as_str().and_then(|address| address.parse().ok());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("no address in {line}"));
        Self { process, address: (Ipv4Addr::LOCALHOST, address.port()).into() }
    }

    #[track_caller]
    fn assert_answers(&self, path: &str) {
        let answer = raw::get(self.address, path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }

    #[track_caller]
    fn stop(self) {
        self.process.signal("TERM");
        let finished = self.process.finish();
        assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    }
}

/// The Dockerfile's instructions: name and the rest, continued lines as one.
fn instructions() -> Vec<(String, String)> {
    let lines = DOCKERFILE.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
    lines.map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect()
}

/// The last instruction of this name.
fn instruction(name: &str) -> String {
    let found = instructions().into_iter().rfind(|(given, _)| given == name);
    found.unwrap_or_else(|| panic!("packaging/Dockerfile has no {name}")).1
}

/// The instruction's words, which are a JSON list.
fn words(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What is copied from the repository.
fn copied() -> Vec<String> {
    let copies = instructions()
        .into_iter()
        .filter(|(name, rest)| name == "COPY" && !rest.starts_with("--from"));
    copies
        .flat_map(|(_, rest)| {
            let mut words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            words.pop();
            words
        })
        .collect()
}

#[test]
fn what_the_image_is_built_from_is_there_and_enough() {
    let sources = copied();
    assert!(sources.len() > 3, "{sources:?}");
    for source in &sources {
        assert!(root().join(source).exists(), "packaging/Dockerfile copies {source}");
        let let_in = IGNORED.lines().any(|line| line == format!("!{source}"));
        assert!(let_in, ".dockerignore keeps {source} out");
    }
    // Cargo reads each member's manifest, whichever is built.
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml"))
        .expect("Cargo.toml")
        .parse()
        .expect("TOML");
    for member in manifest["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a path");
        let is_there = sources.iter().any(|source| Path::new(member).starts_with(source));
        assert!(is_there, "packaging/Dockerfile copies nothing of {member}");
    }
    let build = instruction("RUN");
    assert!(build.contains("cargo build --locked --profile dist -p gatewright-cli"), "{build}");
    assert!(build.contains("cp target/dist/gatewright /gatewright"), "{build}");
    assert!(manifest["profile"].get("dist").is_some(), "Cargo.toml has no profile dist");
    let toolchain = std::fs::read_to_string(root().join("rust-toolchain.toml")).expect("a file");
    let toolchain: toml::Table = toolchain.parse().expect("TOML");
    let version = toolchain["toolchain"]["channel"].as_str().expect("a version").to_owned();
    let stages: Vec<_> = instructions().into_iter().filter(|(name, _)| name == "FROM").collect();
    assert!(stages[0].1.starts_with(&format!("rust:{version}-")), "{stages:?}");
}

#[test]
fn the_image_has_no_secret_no_root_and_one_place_to_write() {
    for (name, rest) in instructions() {
        if matches!(name.as_str(), "ARG" | "ENV" | "LABEL") {
            let upper = rest.to_ascii_uppercase();
            for word in ["SECRET", "PASSWORD", "TOKEN", "DATABASE_URL"] {
                assert!(!upper.contains(word), "packaging/Dockerfile: {name} {rest}");
            }
        }
    }
    let user = instruction("USER");
    let (uid, _) = user.split_once(':').expect("a user and a group");
    assert!(uid.parse::<u32>().is_ok_and(|uid| uid > 0), "USER {user}");
    let place = instruction("VOLUME");
    assert_eq!(instruction("WORKDIR"), place);
    let owned = format!("--chown={user} /data {place}");
    assert!(DOCKERFILE.contains(&owned), "{place} is not the user's: {owned}");
    assert_eq!(instruction("STOPSIGNAL"), "SIGTERM");
    let listen = instruction("ENV");
    assert!(listen.ends_with(&format!(":{}", instruction("EXPOSE"))), "{listen}");
}

#[test]
fn what_the_image_runs_starts_and_is_healthy() {
    let (name, listen) = instruction("ENV").split_once('=').map(owned).expect("one variable");
    let desk = Desk::new()
        .variable(&name, &listen.replace(PORT, ":0"))
        .variable("BETTER_AUTH_SECRET", SECRET)
        .variable("BETTER_AUTH_URL", "https://auth.example.com");
    let program = words(&instruction("ENTRYPOINT"));
    assert_eq!(program, ["/usr/local/bin/gatewright"]);
    let args = words(&instruction("CMD"));
    let server = Serving::start(&desk, &args);
    server.assert_answers("/api/auth/ok");
    assert!(desk.path("gatewright.db").exists(), "the database is where the volume is");

    // The check has no argument for the address: it reads what `serve` reads.
    let check = instruction("HEALTHCHECK");
    let (_, check) = check.split_once("CMD ").expect("a command");
    let check = words(check);
    assert_eq!(check[0], program[0]);
    let args: Vec<&str> = check[1..].iter().map(String::as_str).collect();
    let healthy = |listen: &str| {
        let variables = [(name.as_str(), listen)];
        crate::process::run(&desk.path(""), &args, &variables)
    };
    let address = format!("0.0.0.0:{}", server.address.port());
    let finished = healthy(&address);
    assert_eq!(
        (finished.code(), finished.stdout.as_str()),
        (Some(0), "ready\n"),
        "{}",
        finished.stderr
    );
    server.stop();
    let finished = healthy(&address);
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    assert!(finished.stderr.starts_with("no answer from 127.0.0.1:"), "{}", finished.stderr);
}

/// The variables of a service in the compose file: the lines below its `environment:`.
fn composed(service: &str) -> BTreeMap<String, String> {
    let block = |text: &str, head: &str, indent: usize| -> String {
        let head = format!("{}{head}:", " ".repeat(indent));
        let deeper = " ".repeat(indent + 2);
        let lines = text.lines().skip_while(|line| *line != head).skip(1);
        let lines = lines.take_while(|line| line.is_empty() || line.starts_with(&deeper));
        lines.collect::<Vec<_>>().join("\n")
    };
    let environment = block(&block(COMPOSE, service, 2), "environment", 4);
    let lines = environment.lines().filter(|line| !line.trim_start().starts_with('#'));
    let variables: BTreeMap<_, _> =
        lines.filter_map(|line| line.trim().split_once(": ")).map(owned).collect();
    assert!(!variables.is_empty(), "packaging/compose.yaml: {service} has no environment");
    variables
}

#[test]
fn what_the_compose_file_runs_starts_on_postgresql() {
    let postgres = FreshPostgres::make_in(&shared_postgres());
    let mut url = reqwest::Url::parse(&postgres.url()).expect("a URL");
    let password = url.password().unwrap_or("unused").to_owned();
    url.set_password(None).expect("a password can be taken out");
    let mut desk = Desk::new().file("auth_secret", SECRET).file("database_password", password);
    let shown = format!("127.0.0.1{PORT}{PORT}\"");
    assert!(COMPOSE.contains(&shown), "the port is shown to this machine alone: {shown}");
    for (name, value) in composed("gatewright") {
        let value = match value.strip_prefix("/run/secrets/") {
            Some(secret) => {
                let file = format!("file: secrets/{secret}");
                assert!(COMPOSE.contains(&file), "packaging/compose.yaml has no {file}");
                desk.path(secret).display().to_string()
            }
            None if name == "DATABASE_URL" => {
                assert!(value.starts_with("postgres://gatewright@database/gatewright?"), "{value}");
                url.to_string()
            }
            None => value,
        };
        desk = desk.variable(&name, &value);
    }
    let database = composed("database");
    assert_eq!(
        (&*database["POSTGRES_USER"], &*database["POSTGRES_DB"]),
        ("gatewright", "gatewright")
    );
    let (name, listen) = instruction("ENV").split_once('=').map(owned).expect("one variable");
    let desk = desk.variable(&name, &listen.replace(PORT, ":0"));
    let server = Serving::start(&desk, &words(&instruction("CMD")));
    server.assert_answers("/api/auth/ok");
    server.assert_answers("/health/ready");
    assert!(!desk.path("gatewright.db").exists(), "it is on PostgreSQL");
    server.stop();
}

/// The values of a key in the unit.
fn unit(key: &str) -> Vec<&'static str> {
    let values = UNIT.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.collect()
}

#[test]
fn what_the_unit_runs_starts() {
    let configuration = CONFIGURATION.replace(PORT, ":0").replace(":9464", ":0");
    let mut desk = Desk::new().file("gatewright.toml", configuration);
    // What systemd puts for %S and %d, and where credentials come from.
    for credential in unit("LoadCredential") {
        let (name, from) = credential.split_once(':').expect("a name and a file");
        assert!(from.starts_with("/etc/gatewright/"), "{credential}");
        desk = desk.file(name, SECRET);
    }
    let here = desk.path("");
    let here = here.to_str().expect("a path").trim_end_matches('/').to_owned();
    assert_eq!(unit("WorkingDirectory"), [format!("%S/{}", unit("StateDirectory")[0])]);
    for setting in unit("Environment") {
        let (name, value) = setting.split_once('=').expect("a name and a value");
        desk = desk.variable(name, &value.replace("%d", &here));
    }
    let line = unit("ExecStart")[0].replace("/etc/gatewright", &here);
    let mut line = line.split(' ').map(str::to_owned);
    assert_eq!(line.next().as_deref(), Some("/usr/local/bin/gatewright"));
    let args: Vec<String> = line.collect();
    let server = Serving::start(&desk, &args);
    server.assert_answers("/api/auth/ok");
    assert!(desk.path("gatewright.db").exists(), "the database is in the state directory");
    assert!(!desk.path(".gatewright").exists(), "no secret was made beside the given one");
    server.stop();
}

#[cfg(target_os = "linux")]
#[test]
fn the_unit_is_one_that_systemd_takes() {
    use std::process::Command;
    // Debian's package systemd has it, and needs no running systemd for this.
    let desk = Desk::new();
    // The binary need not be installed here.
    let here = UNIT.replace("/usr/local/bin/gatewright", env!("CARGO_BIN_EXE_gatewright"));
    desk.write("gatewright.service", here);
    let file = desk.path("gatewright.service");
    let analyze = |args: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        let output = command.args(args).arg(&file).output();
        output.unwrap_or_else(|error| {
            panic!(
                "systemd-analyze: {error}; it is in the package systemd (apt-get install systemd)"
            )
        })
    };
    let verified = analyze(&["verify"]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    let about_it = said.lines().filter(|line| line.contains("gatewright.service"));
    let complaints: Vec<String> = about_it.map(str::to_owned).collect();
    crate::hold("systemd finds nothing wrong in packaging/gatewright.service", &complaints);
    assert!(verified.status.success(), "{said}");
    let security = analyze(&["security", "--offline=yes", "--no-pager", "--threshold=20"]);
    let report = String::from_utf8_lossy(&security.stdout);
    assert!(security.status.success(), "an exposure of more than 2.0:\n{report}");
}

#[test]
fn every_variable_that_a_document_names_is_one() {
    let schema: Value =
        serde_json::from_str(&Desk::new().stdout_of(&["config", "schema"])).expect("JSON");
    let mut complaints = Vec::new();
    let mut count = 0;
    for (path, text) in documents() {
        for name in names(&text, "GATEWRIGHT__") {
            count += 1;
            let key = name.trim_start_matches("GATEWRIGHT__").to_ascii_lowercase();
            let pointer = format!("/properties/{}", key.replace("__", "/properties/"));
            let is_known = schema.pointer(&pointer).is_some();
            // The one variable without a key: a password has no place in the file.
            if !is_known && key != "mail__smtp__password" {
                complaints.push(format!("{path}: {name} sets nothing"));
            }
        }
    }
    assert!(count > 10, "{count}");
    crate::hold("Variables in documents are ours", &complaints);
}

#[test]
fn every_command_that_a_document_shows_is_one() {
    let desk = Desk::new();
    let mut helps: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut complaints = Vec::new();
    for (path, text) in documents() {
        for line in text.lines().filter_map(command_of) {
            let line = line.split(['#', '|', '>']).next().unwrap_or_default();
            let args = line.split_whitespace();
            let is_name = |word: &&str| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
            };
            let mut command: Vec<String> =
                args.clone().take(2).take_while(is_name).map(str::to_owned).collect();
            let mut help = help_of(&desk, &mut helps, &command);
            if help.is_empty() {
                // The second word is an argument.
                command.truncate(1);
                help = help_of(&desk, &mut helps, &command);
            }
            if help.is_empty() {
                complaints.push(format!("{path}: there is no `gatewright {}`", command.join(" ")));
            }
            for flag in args.filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().unwrap_or_default();
                if !help.contains(flag) {
                    complaints.push(format!("{path}: `{}` has no {flag}", command.join(" ")));
                }
            }
        }
    }
    assert!(helps.len() > 8, "{:?}", helps.keys());
    crate::hold("Commands in documents are ours", &complaints);
}

/// What is typed after `gatewright` on a line of a terminal, of a user or of root.
fn command_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("$ gatewright ").or_else(|| line.strip_prefix("# gatewright "))
}

/// What the command says of itself; empty if there is none.
fn help_of(desk: &Desk, helps: &mut BTreeMap<Vec<String>, String>, command: &[String]) -> String {
    let ask = || {
        let args: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let finished = desk.run(&args);
        if finished.code() == Some(0) { finished.stdout } else { String::new() }
    };
    helps.entry(command.to_vec()).or_insert_with(ask).clone()
}

/// What people read, and what they copy: path and text.
fn documents() -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = ["README.md", "SECURITY.md"].map(|name| root().join(name)).into();
    for folder in ["docs", "packaging"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
        files.extend(
            entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()),
        );
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a text");
        (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text)
    };
    files.into_iter().map(read).collect()
}

/// The names in a text that begin like this, `…__SECTION__KEY` of explanations aside.
fn names<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.match_indices(start)
        .map(|(at, _)| {
            let rest = &text[at..];
            &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]
        })
        .collect()
}

fn owned((a, b): (&str, &str)) -> (String, String) {
    (a.to_owned(), b.to_owned())
}
