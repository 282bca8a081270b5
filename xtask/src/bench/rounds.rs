//! The measurements: each round one server, then the other, then the first again.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Effort;
use super::load::{Load, Measured};
use super::peer::{Peer, Ready, sign_in, sign_up};
use super::process::{memory, settle};
use super::table::{Goal, Row, Table, median};
use crate::child;

/// Starts of a process a round: one alone says little, and they are short.
const STARTS_A_ROUND: u32 = 3;
/// Until a background load has reached every connection.
const HEAD_START: Duration = Duration::from_millis(500);

const GET_SESSION: &str = "/api/auth/get-session";
const SIGN_IN: &str = "/api/auth/sign-in/email";

/// Measures everything and returns the table; ours comes first in each pair.
pub(crate) fn measure(root: &Path, peers: &[Peer; 2], effort: Effort) -> Result<Table> {
    let [ours, theirs] = peers;
    let circumstances = "both servers in turn on this machine, SQLite, 32 connections";
    let mut table = Table::new([ours.name, theirs.name], effort, circumstances);

    // The first start makes the databases, so that the timed ones find them.
    drop([ours.start()?, theirs.start()?]);
    println!("start-up");
    let mut starts = Vec::new();
    for _ in 0..effort.rounds * STARTS_A_ROUND {
        starts.push([ours.start_up()?.as_secs_f64() * 1e3, theirs.start_up()?.as_secs_f64() * 1e3]);
    }
    table.add(Row::less_is_better("start to first answer, ms", &starts, Goal::AtMost(50.0)));

    let ready = [ours.start()?, theirs.start()?];
    let idle = [megabytes(ready[0].idle.rss), megabytes(ready[1].idle.rss)];
    table.add(Row::less_is_better("idle memory (RSS), MB", &[idle], Goal::AtMost(20.0)));
    let idle = [megabytes(ready[0].idle.pss), megabytes(ready[1].idle.pss)];
    table.add(Row::less_is_better("idle memory (PSS), MB", &[idle], Goal::None));

    rates(root, &ready, effort, &mut table)?;
    beside_sign_ins(root, &ready, effort, &mut table)?;

    let after = [memory(ready[0].id())?, memory(ready[1].id())?];
    let after = [megabytes(after[0].rss), megabytes(after[1].rss)];
    table.add(Row::less_is_better("memory after the load (RSS), MB", &[after], Goal::None));
    Ok(table)
}

/// Requests a second of each route, over 32 connections.
fn rates(root: &Path, ready: &[Ready; 2], effort: Effort, table: &mut Table) -> Result<()> {
    let signed_in = |ready: &Ready, path| {
        Load::get(root, ready.address(), path).header("Cookie", &ready.cookie)
    };
    let pairs = in_pairs("ok", ready, effort, |ready, _| {
        Load::get(root, ready.address(), "/api/auth/ok").run(effort.time)
    })?;
    table.add_rates("ok", &pairs, Goal::None);
    let pairs = in_pairs("get-session", ready, effort, |ready, _| {
        signed_in(ready, GET_SESSION).run(effort.time)
    })?;
    table.add_rates("get-session", &pairs, Goal::TimesAsMuch(80.0));
    let pairs = in_pairs("token", ready, effort, |ready, _| {
        signed_in(ready, "/api/auth/token").run(effort.time)
    })?;
    table.add_rates("token", &pairs, Goal::TimesAsMuch(50.0));

    let limit = hashing_limit(root, &ready[0], effort)?;
    table.note(format!(
        "The limit of sign-in and sign-up is cores ÷ the time of one sign-in alone: {limit:.1}/s."
    ));
    let goal = Goal::AtLeast(0.95 * limit);
    let pairs = in_pairs("sign-in", ready, effort, |ready, _| {
        Load::get(root, ready.address(), SIGN_IN).body(&sign_in()).run(effort.time_for_hashing())
    })?;
    table.add_rates("sign-in", &pairs, goal);
    let pairs = in_pairs("sign-up", ready, effort, |ready, round| {
        let body = sign_up(&format!("round{round}"));
        Load::get(root, ready.address(), "/api/auth/sign-up/email")
            .body(&body)
            .run(effort.time_for_hashing())
    })?;
    table.add_rates("sign-up", &pairs, goal);
    Ok(())
}

/// How long somebody else waits for their session while 32 people sign in.
fn beside_sign_ins(
    root: &Path,
    ready: &[Ready; 2],
    effort: Effort,
    table: &mut Table,
) -> Result<()> {
    let time = effort.time_for_hashing();
    let pairs = in_pairs("get-session beside sign-ins", ready, effort, |ready, _| {
        let signing_in = Load::get(root, ready.address(), SIGN_IN).body(&sign_in());
        let others = Load::get(root, ready.address(), GET_SESSION)
            .header("Cookie", &ready.cookie)
            .connections(8);
        std::thread::scope(|scope| {
            let background = scope.spawn(|| signing_in.run_even_if_silent(time + 4 * HEAD_START));
            child::pause(HEAD_START);
            let mut measured = others.run_even_if_silent(time)?;
            let background = background.join().ok().context("the background load panicked")??;
            measured.failed += background.failed;
            Ok(measured)
        })
    })?;
    table.count_failures(&pairs);
    let p99: Vec<[f64; 2]> = pairs.iter().map(|pair| [pair[0].p99, pair[1].p99]).collect();
    let what = "get-session while 32 sign in, p99 in ms";
    table.add(Row::less_is_better(what, &p99, Goal::AtMost(20.0)));
    Ok(())
}

/// What all cores could do if nothing but hashing took time: one sign-in after the other is one
/// hash each, and the little besides makes the bound only lower.
fn hashing_limit(root: &Path, ours: &Ready, effort: Effort) -> Result<f64> {
    let alone = Load::get(root, ours.address(), SIGN_IN).body(&sign_in()).connections(1);
    let times = (0..effort.rounds).map(|_| Ok(alone.run(effort.time)?.p50));
    let one = median(&times.collect::<Result<Vec<f64>>>()?);
    let cores = std::thread::available_parallelism().context("counting the cores")?.get();
    let cores = u32::try_from(cores).context("so many cores")?;
    Ok(f64::from(cores) * 1e3 / one)
}

/// Measures both servers in turn, each after the other has come to rest.
pub(crate) fn in_pairs(
    what: &str,
    ready: &[Ready; 2],
    effort: Effort,
    measure: impl Fn(&Ready, u32) -> Result<Measured>,
) -> Result<Vec<[Measured; 2]>> {
    let mut pairs = Vec::new();
    let rested = |ready: &Ready, round| {
        let measured = measure(ready, round).with_context(|| format!("measuring {what}"))?;
        settle(ready.id())?;
        anyhow::Ok(measured)
    };
    for round in 1..=effort.rounds {
        let [ours, theirs] = ready;
        let pair = [rested(ours, round)?, rested(theirs, round)?];
        let [ours, theirs] = pair;
        println!("{what}, round {round}: {:.0}/s beside {:.0}/s", ours.rate, theirs.rate);
        pairs.push(pair);
    }
    Ok(pairs)
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes of memory are far below 2^52")]
pub(crate) fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}
