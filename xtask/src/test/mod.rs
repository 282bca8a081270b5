//! `cargo xtask test`: each step in turn, then what passed, what failed and how long it took.

mod count;
mod smoke;
mod steps;
mod todo;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum as _;

pub(crate) use self::steps::{Step, cargo, free_of_cargo};
use crate::workspace;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask test                     everything, as CI does
  cargo xtask test --only fmt,clippy   some steps, in their usual order
  cargo xtask test --only conformance  and what it depends on: the release build

The last line is `N passed, N failed`; the exit code is 0 only when nothing failed.";

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these steps, and those they depend on.
    #[arg(long, value_name = "STEP", value_enum, value_delimiter = ',')]
    only: Vec<Step>,
}

impl Args {
    /// As if `--only STEP` had been typed.
    pub(crate) fn only(step: Step) -> Self {
        Self { only: vec![step] }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ran; a step without tests of its own counts as one.
    Ran { passed: u64, failed: u64, note: String },
    /// It did not run, and that is no failure.
    NotRun(String),
}

impl Outcome {
    /// A step that either holds or not.
    pub(crate) fn of(holds: bool) -> Self {
        let (passed, failed) = if holds { (1, 0) } else { (0, 1) };
        Self::Ran { passed, failed, note: String::new() }
    }

    /// A step that failed, and why.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Ran { passed: 0, failed: 1, note: why.into() }
    }

    /// Both in one step.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Ran { passed, failed, note },
                Self::Ran { passed: more_passed, failed: more_failed, note: other },
            ) => Self::Ran {
                passed: passed + more_passed,
                failed: failed + more_failed,
                note: if note.is_empty() { other } else { note },
            },
            (Self::NotRun(why), _) | (_, Self::NotRun(why)) => Self::failed(why),
        }
    }

    fn has_failed(&self) -> bool {
        matches!(self, Self::Ran { failed, .. } if *failed > 0)
    }
}

/// One line of the closing table.
#[derive(Debug)]
struct Done {
    step: Step,
    outcome: Outcome,
    took: Duration,
}

/// Runs the steps, goes on after a failed one, and says in the end what failed.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let root = workspace::root()?;
    let started = Instant::now();
    let mut done: Vec<Done> = Vec::new();
    for step in planned(&args.only) {
        let failed = |needed: &Step| {
            done.iter().any(|done| done.step == *needed && done.outcome.has_failed())
        };
        let began = Instant::now();
        println!("\n=== {} === {}", name(step), step.what());
        let outcome = if let Some(needed) = step.needs().iter().find(|needed| failed(needed)) {
            Outcome::failed(format!("it needs `{}`", name(*needed)))
        } else {
            step.run(&root).unwrap_or_else(|error| Outcome::failed(format!("{error:#}")))
        };
        let took = began.elapsed();
        println!("=== {} === {} in {}", name(step), verdict(&outcome), seconds(took));
        done.push(Done { step, outcome, took });
    }
    Ok(close(&done, started.elapsed()))
}

/// The chosen steps and all they need, in their usual order.
fn planned(only: &[Step]) -> Vec<Step> {
    let is_planned = |step: &Step| {
        only.is_empty() && step.is_part_of_all()
            || only.iter().any(|chosen| chosen == step || chosen.needs().contains(step))
    };
    Step::value_variants().iter().copied().filter(is_planned).collect()
}

/// Prints the table and the line of counts.
fn close(done: &[Done], took: Duration) -> ExitCode {
    println!("\n{:<12} {:>7} {:>7} {:>9}", "step", "passed", "failed", "time");
    let (mut all_passed, mut all_failed) = (0, 0);
    for Done { step, outcome, took } in done {
        let (counts, note) = match outcome {
            Outcome::Ran { passed, failed, note } => {
                all_passed += passed;
                all_failed += failed;
                (format!("{passed:>7} {failed:>7}"), note)
            }
            Outcome::NotRun(why) => (format!("{:>7} {:>7}", "-", "-"), why),
        };
        let line = format!("{:<12} {counts} {:>9}  {note}", name(*step), seconds(*took));
        println!("{}", line.trim_end());
    }
    println!("{:<12} {:>7} {:>7} {:>9}\n", "all", "", "", seconds(took));
    println!("{all_passed} passed, {all_failed} failed");
    if all_failed == 0 && all_passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn verdict(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ran { note, .. } if outcome.has_failed() && note.is_empty() => "FAILED".to_owned(),
        Outcome::Ran { note, .. } if outcome.has_failed() => format!("FAILED ({note})"),
        Outcome::Ran { .. } => "passed".to_owned(),
        Outcome::NotRun(why) => format!("not run ({why})"),
    }
}

fn name(step: Step) -> String {
    step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_brings_what_it_needs_and_keeps_the_order() {
        let plan = planned(&[Step::Conformance, Step::Fmt]);
        assert_eq!(plan, [Step::Fmt, Step::Release, Step::Conformance]);
    }

    #[test]
    fn everything_holds_each_step_but_those_run_within_another() {
        let plan = planned(&[]);
        assert!(plan.contains(&Step::Test) && !plan.contains(&Step::House));
    }

    #[test]
    fn nothing_run_is_not_a_success() {
        let nothing = [Done {
            step: Step::Deny,
            outcome: Outcome::NotRun("no cargo-deny".to_owned()),
            took: Duration::ZERO,
        }];
        assert_eq!(close(&nothing, Duration::ZERO), ExitCode::FAILURE);
    }
}
