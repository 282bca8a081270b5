//! What the guard costs a service: the same handler behind it and without it, in one process.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::Effort;
use super::load::{Load, Measured};
use super::process::settle;
use super::table::{Goal, Table};
use crate::http::Request;
use crate::served::Served;
use crate::test::cargo;
use crate::workspace::{self, Scratch};
use crate::{child, needs};

const BUILD: &[&str] = &[
    "build",
    "--locked",
    "--profile",
    "dist",
    "-p",
    "gatewright-guard",
    "--example",
    "axum_bench",
];

/// Five times as many as the guard remembers: a token that comes again was forgotten meanwhile.
const TOKENS: u32 = 20_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures all pairs and returns the table; the guarded route comes first in each.
pub(crate) fn measure(root: &Path, effort: Effort) -> Result<Table> {
    needs::tools(needs::FOR_BENCH)?;
    println!("building what is measured: cargo {}", BUILD.join(" "));
    ensure!(child::run(&mut cargo(root, BUILD))?.success(), "the build failed");

    let scratch = Scratch::new(root, "bench-guard")?;
    let tokens = scratch.path().join("tokens");
    let program = workspace::target(root).join("dist").join("examples").join("axum_bench");
    let mut command = Command::new(program);
    let served = Served::start(command.arg(&tokens).arg(TOKENS.to_string()), PATIENCE)?;
    let at = served.address();
    let text = std::fs::read_to_string(&tokens).context("reading the tokens")?;
    let first = text.lines().next().context("no token was made")?;
    let bearer = format!("Bearer {first}");
    for path in ["/guarded", "/uncached"] {
        Request::get(at, path).header("authorization", &bearer).send_ok()?;
        let refused = Request::get(at, path).send()?;
        ensure!(refused.status == 401, "{path} without a token: {}", refused.status);
    }

    let same = |path| Load::get(root, at, path).header("Authorization", &bearer);
    let each = |path| Load::get(root, at, path).tokens(&tokens);
    let circumstances = "both routes of one axum service in turn on this machine, 32 connections";
    let mut table = Table::new(["guarded", "open"], effort, circumstances);
    for (what, guarded, open, goal) in [
        ("a token seen before", same("/guarded"), same("/open"), Goal::TimesAsMuch(0.95)),
        ("a new HS256 token each time", each("/guarded"), each("/open"), Goal::TimesAsMuch(0.85)),
        ("the same, nothing remembered", same("/uncached"), same("/open"), Goal::None),
    ] {
        let pairs = in_pairs(what, [&guarded, &open], served.id(), effort)?;
        table.add_rates(what, &pairs, goal);
    }
    table.note(format!(
        "New tokens are {TOKENS} in turn, five times as many as the guard remembers; the open route \
         gets the same requests."
    ));
    Ok(table)
}

/// Measures both routes in turn; which comes first changes with the round.
fn in_pairs(
    what: &str,
    loads: [&Load; 2],
    process: u32,
    effort: Effort,
) -> Result<Vec<[Measured; 2]>> {
    let rested = |load: &Load| {
        let measured = load.run(effort.time).with_context(|| format!("measuring {what}"))?;
        settle(process)?;
        anyhow::Ok(measured)
    };
    let mut pairs = Vec::new();
    for round in 1..=effort.rounds {
        let [guarded, open] = loads;
        let (guarded, open) = if round % 2 == 1 {
            let guarded = rested(guarded)?;
            (guarded, rested(open)?)
        } else {
            let open = rested(open)?;
            (rested(guarded)?, open)
        };
        println!("{what}, round {round}: {:.0}/s beside {:.0}/s", guarded.rate, open.rate);
        pairs.push([guarded, open]);
    }
    Ok(pairs)
}
