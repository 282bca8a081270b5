//! `FastAPI` under uvicorn, guarded in several ways, beside what costs least: `bench/python/load.py`
//! measures, this makes the table.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Effort;
use super::table::{Grid, number};
use crate::{child, needs, python};

/// Of what each is measured beside, and a goal of docs/design.md.
const GOAL: f64 = 0.95;
const WITH_GOAL: [&str; 2] = ["middleware", "verify_jwt"];

/// Builds and installs what is needed, and measures.
pub(crate) fn measure(root: &Path, effort: Effort) -> Result<Grid> {
    needs::tools(needs::FOR_BENCH)?;
    let env = environment(root)?;
    let mut command = env.command("python");
    command.arg(root.join("bench").join("python").join("load.py")).arg("--json");
    command.args(["--rounds", &effort.rounds.to_string()]);
    command.args(["--seconds", &effort.time.as_secs().max(1).to_string()]);
    println!("FastAPI under uvicorn, {} rounds", effort.rounds);
    let output = child::output_of(&mut command)?;
    let headings = ["FastAPI", "requests a second", "of", "ratio", "goal", "reached"];
    let mut lines = vec![headings.map(str::to_owned).to_vec()];
    for line in output.lines() {
        let row: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        lines.push(cells(&row).with_context(|| line.to_owned())?);
    }
    let remarks = vec![format!(
        "Medians of {} rounds of {:?}, one worker, 32 connections, an EdDSA token; the ratio is taken \
         within each round, and of the server's own computing: the load generator shares its two \
         cores.",
        effort.rounds, effort.time
    )];
    Ok(Grid { lines, remarks })
}

/// The environment of the benchmarks, with the wheel that ships.
pub(crate) fn environment(root: &Path) -> Result<python::Env> {
    let wheel = python::wheel(root, "dist")?;
    let requirements = root.join(python::PACKAGE).join("requirements").join("test.txt");
    python::env(root, "bench", &requirements, Some(&wheel))
}

fn cells(row: &Value) -> Option<Vec<String>> {
    let case = row.get("case")?.as_str()?;
    let ratio = row.get("ratio_per_processor_second")?.as_f64()?;
    let has_goal = WITH_GOAL.contains(&case);
    let goal = if has_goal { format!("≥ {GOAL}") } else { String::new() };
    let reached = match (has_goal, ratio >= GOAL) {
        (false, _) => "",
        (true, true) => "yes",
        (true, false) => "NO",
    };
    let per_second = number(row.get("per_second")?.as_f64()?);
    let beside = row.get("beside")?.as_str()?.to_owned();
    Some(vec![case.to_owned(), per_second, beside, number(ratio), goal, reached.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_its_goal_is_reached() {
        let row = |case: &str, ratio: f64| {
            serde_json::json!({ "case": case, "per_second": 3000, "beside": "nothing",
                "ratio": 0.5, "ratio_per_processor_second": ratio })
        };
        assert_eq!(cells(&row("middleware", 0.96)).unwrap()[3..], ["0.96", "≥ 0.95", "yes"]);
        assert_eq!(cells(&row("verify_jwt", 0.90)).unwrap()[5], "NO");
        assert_eq!(cells(&row("PyJWT", 0.5)).unwrap()[4..], ["", ""]);
        assert_eq!(cells(&serde_json::json!({ "case": "middleware" })), None);
    }
}
