//! `cargo xtask bench`: ours beside the real Better Auth, and a service with our guard beside one
//! without, in pairs, in one run on one machine.
//!
//! Absolute figures say little on a shared machine, so each round measures one and then the other,
//! and what counts is the ratio within a round. The goals are those of docs/design.md.

mod fastapi;
mod growth;
mod guard;
mod load;
mod peer;
mod process;
mod rounds;
mod table;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use self::peer::Peer;
use self::table::{Grid, Table};
use crate::test::cargo;
use crate::workspace::{self, Scratch};
use crate::{child, needs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask bench --quick                a first impression in two minutes
  cargo xtask bench                        three rounds, in about ten minutes
  cargo xtask bench -o bench/RESULTS.md    and writes the table down
  cargo xtask bench --only tokens          what a token costs, beside other libraries
  cargo xtask bench --only fastapi         FastAPI with and without our dependencies
  cargo xtask bench --only guard           an axum service with and without the guard
  cargo xtask bench --only growth          the server with one to a million users
  cargo xtask bench --rounds 5 --seconds 10

Both servers listen on loopback, on databases of their own below target/.";

/// The load average above which others' work shows in the figures.
const QUIET_LOAD: f64 = 0.5;

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One round of two seconds each (ten where passwords are hashed).
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    quick: bool,
    /// How often each pair is measured.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// How long each measurement takes, in seconds (four times as long where passwords are hashed).
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Only this part.
    #[arg(long, value_name = "PART", value_enum)]
    only: Option<Part>,
    /// Writes the table as Markdown.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What can be measured apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// `FastAPI` under uvicorn with our dependencies, beside empty ones and `PyJWT`.
    Fastapi,
    /// An axum service with our guard beside the same without it.
    Guard,
    /// Our server beside the real Better Auth, with 1, 1 000, 100 000 and 1 000 000 users.
    Growth,
    /// Our server beside the real Better Auth.
    Server,
    /// Verifying and signing, beside the primitives and other libraries in Rust, Node and Python.
    Tokens,
}

/// How long and how often to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: u32,
    pub(crate) time: Duration,
}

impl Effort {
    /// For routes that hash a password: Better Auth works on all 32 at once, so that its first
    /// answers take seconds, and a short window would cut off most of its work.
    pub(crate) fn time_for_hashing(self) -> Duration {
        (4 * self.time).max(Duration::from_secs(10))
    }
}

impl Args {
    fn effort(&self) -> Effort {
        if self.quick {
            return Effort { rounds: 1, time: Duration::from_secs(2) };
        }
        Effort { rounds: self.rounds, time: Duration::from_secs(self.seconds) }
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

/// Measures; an error or a wrong answer fails, a missed goal does not: machines differ.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let root = workspace::root()?;
    let busy = process::load_average(); // before the builds, which are ours
    let mut grids = Vec::new();
    if args.wants(Part::Tokens) {
        grids.extend(tokens::measure(&root, args.effort())?.grids());
    }
    if args.wants(Part::Fastapi) {
        grids.push(fastapi::measure(&root, args.effort())?);
    }
    let mut tables = Vec::new();
    if args.wants(Part::Guard) {
        tables.push(guard::measure(&root, args.effort())?);
    }
    if args.wants(Part::Server) {
        tables.push(servers(&root, args.effort(), rounds::measure)?);
    }
    if args.wants(Part::Growth) {
        tables.push(servers(&root, args.effort(), growth::measure)?);
    }
    grids.extend(tables.iter().map(Table::grid));
    if let (Some(busy), Some(last)) = (busy.filter(|busy| *busy > QUIET_LOAD), grids.last_mut()) {
        last.remarks.push(format!(
            "The machine was NOT idle: its load average was {busy} before the run. Absolute figures \
             and latencies are worse than they would be."
        ));
    }
    report(&grids, args.output.as_deref())?;
    let is_sound = tables.iter().all(Table::is_sound);
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the tables, and writes them down if asked to.
fn report(grids: &[Grid], output: Option<&Path>) -> Result<()> {
    for grid in grids {
        println!("\n{}", grid.as_text());
    }
    let Some(file) = output else { return Ok(()) };
    let grids: Vec<String> = grids.iter().map(Grid::as_markdown).collect();
    let head = "# Measured side by side\n\nMade by `cargo xtask bench`.\n\n";
    std::fs::write(file, format!("{head}{}", grids.join("\n")))
        .with_context(|| format!("writing {}", file.display()))?;
    println!("written to {}", file.display());
    Ok(())
}

/// What ships, and the real Better Auth, measured side by side.
fn servers(
    root: &Path,
    effort: Effort,
    measure: fn(&Path, &[Peer; 2], Effort) -> Result<Table>,
) -> Result<Table> {
    needs::tools(needs::FOR_BENCH)?;
    needs::npm_packages(&root.join("conformance"))?;
    let build = ["build", "--locked", "--profile", "dist", "-p", "gatewright-cli"];
    println!("building what ships: cargo {}", build.join(" "));
    ensure!(child::run(&mut cargo(root, &build))?.success(), "the build failed");

    let scratch = Scratch::new(root, "bench")?;
    let ours = Peer::ours(root, scratch.path())?;
    let theirs = Peer::theirs(root, scratch.path())?;
    measure(root, &[ours, theirs], effort)
}
