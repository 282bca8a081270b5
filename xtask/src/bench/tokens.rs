//! What a token costs, in Rust, Node and Python: programs that print a line for each measurement,
//! run in turn, once a round.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::table::{Grid, median, number};
use super::{Effort, fastapi};
use crate::test::free_of_cargo;
use crate::{child, needs, workspace};

/// Ours, without and with reading all claims into a struct.
const OURS: &str = "gatewright";
const OURS_READ: &str = "gatewright, ten claims read";
const LIMIT: &str = "the practical limit";
const PRIMITIVE: &str = "the primitive";

/// What was measured, who, and the nanoseconds of each round.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, Vec<(String, Vec<f64>)>>);

/// A goal of docs/design.md.
struct Goal {
    what: &'static str,
    text: &'static str,
    reached: fn(&Figures, &str) -> Option<(String, bool)>,
}

const GOALS: &[Goal] = &[
    Goal {
        what: "HS256 verify",
        text: "at most 1.1 × the practical limit",
        reached: |figures, what| figures.at_most(what, OURS, LIMIT, 1.1),
    },
    Goal {
        what: "HS256 verify",
        text: "2.5 × faster than jsonwebtoken",
        reached: |figures, what| figures.faster(what, OURS, "jsonwebtoken", 2.5),
    },
    Goal {
        what: "HS256 verify",
        text: "the same with all claims read",
        reached: |figures, what| figures.faster(what, OURS_READ, "jsonwebtoken", 2.5),
    },
    Goal { what: "EdDSA verify", text: NEAR, reached: Figures::near_primitive },
    Goal { what: "ES256 verify", text: NEAR, reached: Figures::near_primitive },
    Goal { what: "RS256 verify", text: NEAR, reached: Figures::near_primitive },
    Goal { what: "EdDSA sign", text: NEAR, reached: Figures::near_primitive },
    Goal { what: "HS256 verify, seen before", text: SEEN, reached: Figures::seen },
    Goal { what: "EdDSA verify, seen before", text: SEEN, reached: Figures::seen },
    Goal { what: "ES256 verify, seen before", text: SEEN, reached: Figures::seen },
    Goal { what: "RS256 verify, seen before", text: SEEN, reached: Figures::seen },
    Goal {
        what: "HS256 verify in Python",
        text: "20 × faster than PyJWT",
        reached: |figures, what| figures.faster(what, OURS, "PyJWT", 20.0),
    },
    Goal {
        what: "EdDSA verify in Python",
        text: "4 × faster than PyJWT",
        reached: |figures, what| figures.faster(what, OURS, "PyJWT", 4.0),
    },
    Goal {
        what: "EdDSA verify in Python",
        text: "50 × for a token seen before",
        reached: |figures, what| figures.faster(what, "gatewright, seen before", "PyJWT", 50.0),
    },
];
const NEAR: &str = "at most 1.3 µs more than the primitive";
const SEEN: &str = "at most 0.35 µs";

/// Builds and installs what is needed, and measures.
pub(crate) fn measure(root: &Path, effort: Effort) -> Result<Figures> {
    let rust = build(root)?;
    let node = root.join("bench").join("node");
    needs::npm_packages(&node)?;
    let env = fastapi::environment(root)?;

    let millis = (effort.time / 10).as_millis().to_string();
    let mut figures = Figures::default();
    for round in 1..=effort.rounds {
        println!("round {round} of {}", effort.rounds);
        figures.read(Command::new(&rust).arg(&millis), line_of_ours)?;
        let mut command = Command::new("node");
        figures.read(command.arg("tokens.mjs").arg(&millis).current_dir(&node), line_of_ours)?;
        let mut command = env.command("python");
        command.arg(root.join("bench").join("python").join("verify.py"));
        figures.read(command.args(["--json", "--rounds", "1"]), line_of_python)?;
    }
    Ok(figures)
}

fn build(root: &Path) -> Result<std::path::PathBuf> {
    let target = workspace::target(root).join("bench-rust");
    let manifest = root.join("bench").join("rust").join("Cargo.toml");
    let mut command = Command::new("cargo");
    free_of_cargo(&mut command);
    command.args(["build", "--release", "--locked", "--manifest-path"]).arg(&manifest);
    command.arg("--target-dir").arg(&target).current_dir(root);
    ensure!(child::run(&mut command)?.success(), "`{}` failed", child::shown(&command));
    Ok(target.join("release").join("gatewright-bench"))
}

fn line_of_ours(line: &Value) -> Option<(String, String, f64)> {
    let text = |name: &str| line.get(name)?.as_str().map(str::to_owned);
    Some((text("what")?, text("who")?, line.get("ns")?.as_f64()?))
}

fn line_of_python(line: &Value) -> Option<(String, String, f64)> {
    let text = |name: &str| line.get(name)?.as_str();
    let what = format!("{} verify in Python", text("algorithm")?);
    Some((what, text("verifier")?.to_owned(), line.get("microseconds")?.as_f64()? * 1e3))
}

impl Figures {
    /// Runs a program and takes in its lines.
    fn read(
        &mut self,
        command: &mut Command,
        parse: fn(&Value) -> Option<(String, String, f64)>,
    ) -> Result<()> {
        let output = child::output_of(command)?;
        for line in output.lines() {
            let value = serde_json::from_str(line).with_context(|| line.to_owned())?;
            let (what, who, ns) = parse(&value).with_context(|| line.to_owned())?;
            let all = self.0.entry(what).or_default();
            match all.iter_mut().find(|(name, _)| *name == who) {
                Some((_, rounds)) => rounds.push(ns),
                None => all.push((who, vec![ns])),
            }
        }
        Ok(())
    }

    fn rounds(&self, what: &str, who: &str) -> Option<&[f64]> {
        let all = self.0.get(what)?;
        all.iter().find(|(name, _)| name == who).map(|(_, rounds)| rounds.as_slice())
    }

    /// The ratio within each round, and of those the median.
    fn ratio(&self, what: &str, over: &str, under: &str) -> Option<f64> {
        let (over, under) = (self.rounds(what, over)?, self.rounds(what, under)?);
        let ratios: Vec<f64> = over.iter().zip(under).map(|(over, under)| over / under).collect();
        Some(median(&ratios))
    }

    fn at_most(&self, what: &str, ours: &str, limit: &str, times: f64) -> Option<(String, bool)> {
        let ratio = self.ratio(what, ours, limit)?;
        Some((format!("{} ×", number(ratio)), ratio <= times))
    }

    fn faster(&self, what: &str, ours: &str, theirs: &str, times: f64) -> Option<(String, bool)> {
        let ratio = self.ratio(what, theirs, ours)?;
        Some((format!("{} ×", number(ratio)), ratio >= times))
    }

    fn near_primitive(&self, what: &str) -> Option<(String, bool)> {
        let (ours, primitive) = (self.rounds(what, OURS)?, self.rounds(what, PRIMITIVE)?);
        let more: Vec<f64> = ours.iter().zip(primitive).map(|(a, b)| a - b).collect();
        let more = median(&more) / 1e3;
        Some((format!("{} µs more", number(more)), more <= 1.3))
    }

    fn seen(&self, what: &str) -> Option<(String, bool)> {
        let micros = median(self.rounds(what, OURS)?) / 1e3;
        Some((format!("{} µs", number(micros)), micros <= 0.35))
    }

    /// Two tables: all that was measured, and what became of the goals.
    pub(crate) fn grids(&self) -> [Grid; 2] {
        let mut measured = vec![row(["what", "who", "time", "beside ours"])];
        for (what, all) in &self.0 {
            for (who, rounds) in all {
                let micros = median(rounds) / 1e3;
                let ratio = self.ratio(what, who, OURS).filter(|_| who != OURS);
                let ratio = ratio.map(|ratio| format!("{} ×", number(ratio))).unwrap_or_default();
                measured.push(row([what, who, &format!("{} µs", number(micros)), &ratio]));
            }
        }
        let mut goals = vec![row(["what", "goal", "measured", "reached"])];
        for goal in GOALS {
            let Some((found, is_reached)) = (goal.reached)(self, goal.what) else { continue };
            let reached = if is_reached { "yes" } else { "NO" };
            goals.push(row([goal.what, goal.text, &found, reached]));
        }
        let remarks = vec![
            "Medians of all rounds, in each of which all took short turns; of those the best counts. \
             The ratio is taken within each round."
                .to_owned(),
        ];
        [Grid { lines: measured, remarks }, Grid { lines: goals, remarks: Vec::new() }]
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(lines: &[(&str, &str, &[f64])]) -> Figures {
        let mut figures = Figures::default();
        for (what, who, rounds) in lines {
            let all = figures.0.entry((*what).to_owned()).or_default();
            all.push(((*who).to_owned(), rounds.to_vec()));
        }
        figures
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine was three times slower in the second round; that changes nothing.
        let figures = figures(&[
            ("HS256 verify", OURS, &[1_000.0, 3_000.0]),
            ("HS256 verify", LIMIT, &[1_000.0, 3_000.0]),
            ("HS256 verify", "jsonwebtoken", &[2_000.0, 6_000.0]),
        ]);
        let [measured, goals] = figures.grids().map(|grid| grid.lines);
        assert_eq!(measured[3], ["HS256 verify", "jsonwebtoken", "4.00 µs", "2.00 ×"]);
        assert_eq!(goals[1][2..], ["1.00 ×", "yes"]);
        assert_eq!(goals[2][2..], ["2.00 ×", "NO"]);
        assert_eq!(goals.len(), 3, "a goal without its figures is left out");
    }

    #[test]
    fn lines_of_all_programs_are_understood() {
        let line = serde_json::json!({ "what": "a", "who": "b", "ns": 1.5 });
        assert_eq!(line_of_ours(&line), Some(("a".to_owned(), "b".to_owned(), 1.5)));
        let line = serde_json::json!({ "algorithm": "a", "verifier": "b", "microseconds": 2.0 });
        let expected = ("a verify in Python".to_owned(), "b".to_owned(), 2_000.0);
        assert_eq!(line_of_python(&line), Some(expected));
        assert_eq!(line_of_ours(&line), None);
    }
}
