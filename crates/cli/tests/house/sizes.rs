//! How long a file may be. A long file is where the next thing gets added without a thought.

use crate::{hold, tree};

/// Lines of a source file, without its tests.
const MAX_LINES: usize = 400;
/// Lines of any source file, with its tests.
const MAX_LINES_WITH_TESTS: usize = 600;

/// Files that may be longer, each with the reason.
const LONGER_ALLOWED: &[(&str, &str)] = &[];

const SOURCES: &[&str] = &["js", "mjs", "py", "rs", "ts", "tsx"];

#[test]
fn no_source_file_is_too_long() {
    let mut complaints = Vec::new();
    let files = ["crates", "examples", "xtask"].into_iter().flat_map(tree::files);
    for file in files.filter(|file| file.is_one_of(SOURCES)) {
        if LONGER_ALLOWED.iter().any(|(path, _)| *path == file.path) {
            continue;
        }
        let (all, code) = (file.text.lines().count(), lines_without_tests(&file.text));
        let (lines, max, what) = if all > MAX_LINES_WITH_TESTS {
            (all, MAX_LINES_WITH_TESTS, "lines")
        } else if code > MAX_LINES && !is_test(&file.path) {
            (code, MAX_LINES, "lines without tests")
        } else {
            continue;
        };
        complaints.push(format!(
            "{}: {lines} {what}, {max} are allowed; split it by what its parts are about, or move \
             its tests to a file of their own",
            file.path
        ));
    }
    hold("Files stay short", &complaints);
}

fn is_test(path: &str) -> bool {
    let tests = ["/tests/", "/benches/", "/tests.rs", "/test_"];
    tests.iter().any(|part| path.contains(part))
}

/// Counts the lines outside `#[cfg(test)] mod …`. A formatted module at the top level ends at the
/// first line that is a closing brace alone.
fn lines_without_tests(text: &str) -> usize {
    let mut lines = text.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        count += 1;
        if line == "#[cfg(test)]" && lines.clone().next().is_some_and(opens_a_module) {
            count -= 1;
            lines.by_ref().find(|line| *line == "}");
        }
    }
    count
}

fn opens_a_module(line: &str) -> bool {
    line.starts_with("mod ") && line.ends_with('{')
}

#[test]
fn tests_at_the_end_are_not_counted() {
    let text = "fn a() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\n";
    assert_eq!(lines_without_tests(text), 3);
    assert_eq!(lines_without_tests("#[cfg(test)]\nmod tests;\nfn a() {}\n"), 3);
}
