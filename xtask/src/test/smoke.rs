//! The README's first command, as a newcomer types it, and the first things they would try.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{Outcome, steps};
use crate::http::Request;
use crate::served::Served;
use crate::workspace::Scratch;

/// It was built by the step before: what remains is cargo's look at the files.
const PATIENCE: Duration = Duration::from_mins(1);

/// `cargo run --release -- serve` in an empty folder: no configuration, no secret, no database.
pub(crate) fn run(root: &Path) -> Result<Outcome> {
    let scratch = Scratch::new(root, "smoke")?;
    let manifest = root.join("Cargo.toml");
    let manifest = manifest.to_str().context("the workspace's path is not UTF-8")?;
    let words = ["run", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--"];
    let serve = [&words, ["serve", "--listen", "127.0.0.1:0"].as_slice()].concat();
    let mut command = steps::cargo(root, &serve);
    let served = Served::start(newcomers(&mut command).current_dir(scratch.path()), PATIENCE)?;
    println!("it listens on {}", served.address());
    first_steps(&served)?;
    ensure!(
        scratch.path().join("gatewright.db").is_file(),
        "the default database is gatewright.db in the current folder, and it is not there"
    );
    println!("signed up, got a session, a token and the key that verifies it");
    Ok(Outcome::of(true))
}

/// Sign up, read the session, exchange it for a token, find the token's key.
fn first_steps(served: &Served) -> Result<()> {
    let at = served.address();
    Request::get(at, "/health/ready").send_ok()?;
    let user = json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse"});
    let cookies = Request::post(at, "/api/auth/sign-up/email", &user).send_ok()?.cookies();
    let session =
        Request::get(at, "/api/auth/get-session").header("cookie", &cookies).send_ok()?.json()?;
    ensure!(
        session.pointer("/user/email") == Some(&json!("ada@example.com")),
        "get-session does not show the user who signed up: {session}"
    );
    let token = Request::get(at, "/api/auth/token").header("cookie", &cookies).send_ok()?.json()?;
    let token = token.get("token").and_then(Value::as_str).context("no token")?;
    ensure!(token.split('.').count() == 3, "the token is not a compact JWS");
    let keys = Request::get(at, "/api/auth/jwks").send_ok()?.json()?;
    let keys = keys.get("keys").and_then(Value::as_array).context("no keys")?;
    ensure!(!keys.is_empty(), "the key set is empty");
    Ok(())
}

/// Without the variables that a developer's shell may hold: a newcomer has none of them.
fn newcomers(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            ["BETTER_AUTH_", "GATEWRIGHT_", "DATABASE_URL"].iter().any(|own| name.starts_with(own))
        });
        if ours {
            command.env_remove(name);
        }
    }
    command
}
