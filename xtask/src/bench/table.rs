//! The result: what was measured, beside what we aim for (docs/design.md).

use super::Effort;
use super::load::Measured;

/// What a row is to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    None,
    /// Our value itself.
    AtLeast(f64),
    /// Our value itself.
    AtMost(f64),
    /// The ratio of ours to theirs.
    TimesAsMuch(f64),
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    values: [String; 2],
    /// Per pair, larger is better for us.
    ratios: Vec<f64>,
    goal: String,
    reached: Option<bool>,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Table {
    names: [&'static str; 2],
    effort: Effort,
    circumstances: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
    failed: u64,
}

const HEADINGS: [&str; 6] = ["what", "", "", "ratio (least to most)", "goal", "reached"];

impl Row {
    /// A quantity to be small: time or memory.
    pub(crate) fn less_is_better(what: &str, pairs: &[[f64; 2]], goal: Goal) -> Self {
        let ratios = pairs.iter().map(|[ours, theirs]| theirs / ours).collect();
        let medians = medians(pairs);
        Self::new(what, medians, medians.map(number), ratios, goal)
    }

    fn new(
        what: &str,
        [ours, _]: [f64; 2],
        values: [String; 2],
        ratios: Vec<f64>,
        goal: Goal,
    ) -> Self {
        let ratio = median(&ratios);
        let (goal, reached) = match goal {
            Goal::None => (String::new(), None),
            Goal::AtLeast(least) => (format!("≥ {}", number(least)), Some(ours >= least)),
            Goal::AtMost(most) => (format!("≤ {}", number(most)), Some(ours <= most)),
            Goal::TimesAsMuch(times) => (format!("≥ {} ×", number(times)), Some(ratio >= times)),
        };
        Self { what: what.to_owned(), values, ratios, goal, reached }
    }

    fn cells(&self) -> [String; 6] {
        let [ours, theirs] = self.values.clone();
        let reached = match self.reached {
            None => "",
            Some(true) => "yes",
            Some(false) => "NO",
        };
        let ratio = format!("{} ×", number(median(&self.ratios)));
        let least = self.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.ratios.iter().copied().fold(0.0, f64::max);
        let ratio = match self.ratios.len() {
            1 => ratio,
            _ => format!("{ratio} ({} to {})", number(least), number(most)),
        };
        [self.what.clone(), ours, theirs, ratio, self.goal.clone(), reached.to_owned()]
    }
}

impl Table {
    /// An empty one, for ours and theirs; `circumstances` is what holds for all rows.
    pub(crate) fn new(
        names: [&'static str; 2],
        effort: Effort,
        circumstances: &'static str,
    ) -> Self {
        Self { names, effort, circumstances, rows: Vec::new(), notes: Vec::new(), failed: 0 }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Adds the requests a second of one route.
    pub(crate) fn add_rates(&mut self, what: &str, pairs: &[[Measured; 2]], goal: Goal) {
        self.count_failures(pairs);
        let rates: Vec<[f64; 2]> = pairs.iter().map(|pair| pair.map(|one| one.rate)).collect();
        let p50: Vec<[f64; 2]> = pairs.iter().map(|pair| pair.map(|one| one.p50)).collect();
        let p99: Vec<[f64; 2]> = pairs.iter().map(|pair| pair.map(|one| one.p99)).collect();
        let ([our_rate, their_rate], [our_p50, their_p50]) = (medians(&rates), medians(&p50));
        let [our_p99, their_p99] = medians(&p99);
        let shown = |rate, p50, p99| {
            format!("{}/s, p50 {} p99 {} ms", number(rate), number(p50), number(p99))
        };
        let values = [shown(our_rate, our_p50, our_p99), shown(their_rate, their_p50, their_p99)];
        let ratios = rates.iter().map(|[ours, theirs]| ours / theirs).collect();
        self.add(Row::new(what, [our_rate, their_rate], values, ratios, goal));
    }

    /// Remembers requests that failed: figures with failures among them mean nothing.
    pub(crate) fn count_failures(&mut self, pairs: &[[Measured; 2]]) {
        self.failed += pairs.iter().flatten().map(|one| one.failed).sum::<u64>();
    }

    /// Adds a sentence below the table.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// True when every request was answered as it should be.
    pub(crate) fn is_sound(&self) -> bool {
        self.failed == 0
    }

    /// As it is printed and written down.
    pub(crate) fn grid(&self) -> Grid {
        let lines = self.lines().into_iter().map(|line| line.to_vec()).collect();
        Grid { lines, remarks: self.remarks() }
    }

    fn lines(&self) -> Vec<[String; 6]> {
        let mut headings = HEADINGS.map(str::to_owned);
        let [_, ours, theirs, ..] = &mut headings;
        [*ours, *theirs] = self.names.map(str::to_owned);
        std::iter::once(headings).chain(self.rows.iter().map(Row::cells)).collect()
    }

    fn remarks(&self) -> Vec<String> {
        let (Effort { rounds, time }, circumstances) = (self.effort, self.circumstances);
        let mut remarks = vec![format!(
            "Medians of {rounds} rounds of {time:?}, {circumstances}; the ratio is taken within \
             each round."
        )];
        remarks.extend(self.notes.iter().cloned());
        if self.failed > 0 {
            remarks.push(format!(
                "{} requests FAILED: the figures above mean nothing until that is mended.",
                self.failed
            ));
        }
        remarks
    }
}

/// Cells under headings, and sentences below them.
#[derive(Debug)]
pub(crate) struct Grid {
    /// The first has the headings.
    pub(crate) lines: Vec<Vec<String>>,
    pub(crate) remarks: Vec<String>,
}

impl Grid {
    /// For a terminal.
    pub(crate) fn as_text(&self) -> String {
        let columns = self.lines.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.lines.iter().filter_map(|line| line.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let padded = |line: &Vec<String>| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  "));
            cells.collect::<String>().trim_end().to_owned()
        };
        let lines: Vec<String> = self.lines.iter().map(padded).collect();
        [lines.join("\n"), self.remarks.join("\n")].join("\n\n").trim_end().to_owned()
    }

    /// For a document.
    pub(crate) fn as_markdown(&self) -> String {
        let mut text = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            text.extend(["| ", &line.join(" | "), " |\n"]);
            if index == 0 {
                text.extend(["|", &"---|".repeat(line.len()), "\n"]);
            }
        }
        if !self.remarks.is_empty() {
            text.extend(["\n- ", &self.remarks.join("\n- "), "\n"]);
        }
        text
    }
}

/// The middle value; the mean of the two middle ones of an even number.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
    }
}

fn medians(pairs: &[[f64; 2]]) -> [f64; 2] {
    let side = |pick: fn(&[f64; 2]) -> f64| median(&pairs.iter().map(pick).collect::<Vec<_>>());
    [side(|[ours, _]| *ours), side(|[_, theirs]| *theirs)]
}

/// Three significant digits, and no more zeros than needed.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const EFFORT: Effort = Effort { rounds: 3, time: Duration::from_secs(5) };

    fn measured(rate: f64, failed: u64) -> Measured {
        Measured { rate, p50: 1.0, p99: 2.0, failed }
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn ratios_are_taken_pair_by_pair() {
        let mut table = Table::new(["ours", "theirs"], EFFORT, "in turn");
        // The medians' ratio would be 20; within the rounds it was 10, 10 and 40.
        let pairs = [[100.0, 10.0], [200.0, 20.0], [400.0, 10.0]];
        let pairs = pairs.map(|pair| pair.map(|rate| measured(rate, 0)));
        table.add_rates("token", &pairs, Goal::TimesAsMuch(12.0));
        let text = table.grid().as_text();
        assert!(text.contains("10.0 × (10.0 to 40.0)"), "{text}");
        assert!(text.contains("NO") && table.is_sound(), "{text}");
    }

    #[test]
    fn failed_requests_spoil_the_table() {
        let mut table = Table::new(["ours", "theirs"], EFFORT, "in turn");
        table.add_rates("ok", &[[measured(9.0, 0), measured(3.0, 2)]], Goal::None);
        assert!(!table.is_sound());
        assert!(table.grid().as_markdown().contains("2 requests FAILED"));
    }

    #[test]
    fn small_is_good_for_time() {
        let row = Row::less_is_better("start", &[[40.0, 800.0]], Goal::AtMost(50.0));
        assert_eq!(row.cells(), ["start", "40.0", "800", "20.0 ×", "≤ 50.0", "yes"]);
    }
}
