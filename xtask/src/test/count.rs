//! Counts tests from what the runners print: there is no other stable interface to them.

/// What the lines seen so far add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Ignored or skipped: shown, so that nobody mistakes them for passed.
    pub(crate) skipped: u64,
}

impl Tally {
    /// Reads a line of `cargo test`: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn read_cargo(&mut self, line: &str) {
        let line = without_colours(line);
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let (Some(number), Some(word)) = (words.next(), words.next()) else { continue };
            self.add(number, word);
        }
    }

    /// Reads a line of `npm test`: Node's runner says `# pass 3` or `ℹ pass 3`, a runner of one's
    /// own `3 passed, 0 failed`.
    pub(crate) fn read_node(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        let of_node = ["# ", "ℹ "].iter().find_map(|mark| line.strip_prefix(mark));
        if let Some((word, number)) = of_node.and_then(|line| line.split_once(' ')) {
            self.add(number, word);
            return;
        }
        let own: Vec<(&str, &str)> =
            line.split(", ").filter_map(|part| part.split_once(' ')).collect();
        if let [(_, "passed"), (_, "failed"), ..] = own.as_slice() {
            for (number, word) in own {
                self.add(number, word);
            }
        }
    }

    /// Reads the closing line of pytest: `=== 3 passed, 1 failed, 2 skipped in 0.12s ===`, with or
    /// without the frame.
    pub(crate) fn read_pytest(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim().trim_matches('=').trim();
        let Some((counts, time)) = line.rsplit_once(" in ") else { return };
        if !time.starts_with(|first: char| first.is_ascii_digit()) || !time.contains('s') {
            return;
        }
        let counts: Option<Vec<(&str, &str)>> =
            counts.split(", ").map(|count| count.split_once(' ')).collect();
        for (number, word) in counts.into_iter().flatten() {
            self.add(number, word);
        }
    }

    fn add(&mut self, number: &str, word: &str) {
        let Ok(number) = number.parse::<u64>() else { return };
        match word {
            "pass" | "passed" => self.passed += number,
            "fail" | "failed" | "cancelled" | "error" | "errors" | "xpassed" => {
                self.failed += number;
            }
            "ignored" | "skipped" | "todo" | "xfailed" => self.skipped += number,
            _ => {}
        }
    }
}

/// Drops the escape sequences of colours: a runner may be told to print them into a pipe.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, text)| text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(read: fn(&mut Tally, &str), lines: &[&str]) -> (u64, u64, u64) {
        let mut tally = Tally::default();
        for line in lines {
            read(&mut tally, line);
        }
        (tally.passed, tally.failed, tally.skipped)
    }

    #[test]
    fn cargos_results_are_summed() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s\n",
            "test a::b ... ok\n",
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out\n",
        ];
        assert_eq!(tally(Tally::read_cargo, &lines), (15, 2, 1));
    }

    #[test]
    fn nodes_results_are_summed_in_both_spellings() {
        let lines = ["ℹ tests 5\n", "ℹ pass 4\n", "ℹ fail 1\n", "ℹ skipped 2\n", "# pass 7\n"];
        assert_eq!(tally(Tally::read_node, &lines), (11, 1, 2));
    }

    #[test]
    fn a_runner_of_ones_own_is_understood() {
        let lines = ["10 passed, 2 failed\n", "3 passed, 0 failed, 4 skipped\n", "a, b\n"];
        assert_eq!(tally(Tally::read_node, &lines), (13, 2, 4));
    }

    #[test]
    fn pytests_closing_line_is_read_with_and_without_its_frame() {
        let lines = [
            "collected 5 items\n",
            "tests/test_a.py ..F                                     [100%]\n",
            "1 failed, 3 passed in 1.20s\n",
            "\u{1b}[31m=== 2 passed, 1 skipped, 4 warnings, 2 errors in 61.02s (0:01:01) ===\u{1b}[0m\n",
            "E       3 passed in a row\n",
        ];
        assert_eq!(tally(Tally::read_pytest, &lines), (5, 3, 1));
    }

    #[test]
    fn other_lines_count_nothing() {
        let lines = ["ok 1 - 3 passed, 1 failed as expected\n", "# Subtest: pass 3\n", "\n"];
        assert_eq!(tally(Tally::read_node, &lines), (0, 0, 0));
        assert_eq!(tally(Tally::read_cargo, &["3 passed; 1 failed\n"]), (0, 0, 0));
    }
}
