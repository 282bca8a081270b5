//! How both servers fare as their users grow: the same database, more rows.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Effort;
use super::load::Load;
use super::peer::{Peer, Ready, sign_in};
use super::rounds::{in_pairs, megabytes};
use super::table::{Goal, Row, Table, median};
use crate::bench::process::memory;
use crate::child;

/// Users, each with an account and a session.
const SIZES: [u32; 4] = [1, 1_000, 100_000, 1_000_000];
/// The size that others are compared with.
const FEW: u32 = 1_000;

/// Measures both at each size; ours comes first in each pair. Each request is another user's.
pub(crate) fn measure(root: &Path, peers: &[Peer; 2], effort: Effort) -> Result<Table> {
    let [ours, theirs] = peers;
    let circumstances = "both servers in turn on this machine, on copies of one SQLite database, \
                         32 connections, up to 1 000 users' sessions in turn";
    let mut table = Table::new([ours.name, theirs.name], effort, circumstances);
    // The first start makes the tables.
    drop(ours.start()?);
    let mut few_p50 = None;
    for size in SIZES {
        println!("{size} users");
        let tokens = seed(root, ours, size)?;
        ours.copy_database_to(theirs)?;
        let ready = [ours.start()?, theirs.start()?];
        for (what, path, goal) in [
            ("get-session", "/api/auth/get-session", Goal::TimesAsMuch(80.0)),
            ("token", "/api/auth/token", Goal::TimesAsMuch(50.0)),
        ] {
            let what = format!("{what}, {size} users");
            let pairs = in_pairs(&what, &ready, effort, |ready: &Ready, _| {
                Load::get(root, ready.address(), path).tokens(&tokens).run(effort.time)
            })?;
            table.add_rates(&what, &pairs, goal);
            if path.ends_with("get-session") {
                let p50 = median(&pairs.iter().map(|[ours, _]| ours.p50).collect::<Vec<_>>());
                few_p50 = if size == FEW { Some(p50) } else { few_p50 };
                if let Some(few) = few_p50.filter(|_| size > FEW) {
                    let times = p50 / few;
                    table.note(format!(
                        "Our p50 of get-session with {size} users is {times:.2} times that with \
                         {FEW} (goal: 1.2 at most)."
                    ));
                }
            }
        }
        let what = format!("sign-in, {size} users");
        let pairs = in_pairs(&what, &ready, effort, |ready: &Ready, _| {
            Load::get(root, ready.address(), "/api/auth/sign-in/email")
                .body(&sign_in())
                .run(effort.time_for_hashing())
        })?;
        table.add_rates(&what, &pairs, Goal::None);
        let after = [memory(ready[0].id())?, memory(ready[1].id())?];
        let after = [megabytes(after[0].rss), megabytes(after[1].rss)];
        let what = format!("memory after it (RSS), {size} users, MB");
        table.add(Row::less_is_better(&what, &[after], Goal::None));
    }
    Ok(table)
}

/// Fills our database up to `users`; returns a file of session tokens.
fn seed(root: &Path, ours: &Peer, users: u32) -> Result<std::path::PathBuf> {
    let tokens = ours.database().with_extension("tokens");
    let script = root.join("conformance").join("reference").join("seed.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(ours.database()).arg(users.to_string()).arg(&tokens);
    ensure!(child::run(&mut command)?.success(), "the database could not be filled");
    let count = std::fs::read_to_string(&tokens).context("reading tokens")?.lines().count();
    ensure!(count > 0, "the database holds no session");
    Ok(tokens)
}
