//! Links lead somewhere, and no file knows the machine it was written on.

use std::path::Path;

use crate::tree::File;
use crate::{hold, tree};

/// The commands that the README promises; `cargo xtask test` runs the first in its `smoke` step.
const PROMISED: [&str; 2] = ["cargo run --release -- serve", "cargo xtask test"];

#[test]
fn local_links_in_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for file in tree::files("") {
        if file.is_one_of(&["md"]) && !is_test_material(&file.path) {
            complaints.extend(broken_links(&file));
        }
    }
    hold("Links between documents lead somewhere", &complaints);
}

#[test]
fn no_file_names_a_path_of_the_writers_machine() {
    // In parts, so that this file does not hold them.
    let paths = ["/wo", "/ro"].iter().zip(["rk/", "ot/"]);
    let paths: Vec<String> = paths.map(|(start, end)| [start, end].concat()).collect();
    let mut complaints = Vec::new();
    for file in tree::files("") {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(path) = paths.iter().find(|path| names_path(line, path)) {
                complaints.push(format!(
                    "{}:{}: `{path}` exists on one machine only; write a relative path",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    hold("No file names a path of the machine it was written on", &complaints);
}

#[test]
fn the_readme_shows_the_commands_that_are_tested() {
    let Ok(readme) = std::fs::read_to_string(tree::root().join("README.md")) else { return };
    let missing = PROMISED.iter().filter(|command| !readme.contains(**command));
    let complaints: Vec<String> = missing
        .map(|command| {
            format!("README.md: `{command}` is missing; change it here and in xtask together")
        })
        .collect();
    hold("The README's commands are those that are tested", &complaints);
}

#[test]
fn the_readme_leads_to_every_guide() {
    let readme = std::fs::read_to_string(tree::root().join("README.md")).expect("README.md");
    let complaints: Vec<String> = tree::files("docs")
        .into_iter()
        .filter(|file| file.is_one_of(&["md"]) && file.path.matches('/').count() == 1)
        .filter(|file| !readme.contains(&format!("]({})", file.path)))
        .map(|file| format!("README.md: nothing leads to {}", file.path))
        .collect();
    hold("The README leads to every guide", &complaints);
}

/// Markdown as input of a test may be broken on purpose.
fn is_test_material(path: &str) -> bool {
    path.contains("/tests/") || path.contains("/fixtures/")
}

/// True when `path` starts a path in `line`: not inside a URL or a longer path.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}>*~".contains(c))
    })
}

fn broken_links(file: &File) -> Vec<String> {
    let root = tree::root();
    let folder = Path::new(&file.path).parent().expect("a file has a folder");
    let mut complaints = Vec::new();
    for (line, target) in links(&file.text) {
        let (path, heading) = target.split_once('#').unwrap_or((target.as_str(), ""));
        let linked = match (path, path.strip_prefix('/')) {
            ("", _) => root.join(&file.path),
            (_, Some(from_root)) => root.join(from_root),
            _ => root.join(folder).join(path),
        };
        if !linked.exists() {
            complaints
                .push(format!("{}:{line}: `{target}` does not exist; mend the link", file.path));
        } else if linked.extension().is_some_and(|ending| ending == "md") && !heading.is_empty() {
            let text = std::fs::read_to_string(&linked).unwrap_or_default();
            if !headings(&text).contains(&heading.to_owned()) {
                complaints.push(format!(
                    "{}:{line}: `{target}`: there is no such heading; mend the link",
                    file.path
                ));
            }
        }
    }
    complaints
}

/// Line numbers and targets of the links to files: `](target)` and `[name]: target`, outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code_spans(line);
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        let named = line.starts_with('[').then(|| line.split_once("]: ")).flatten();
        let named = named.and_then(|(_, target)| target.split_whitespace().next());
        for target in inline.chain(named).map(|target| target.trim_matches(['<', '>'])) {
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !target.is_empty() {
                links.push((number, target.to_owned()));
            }
        }
    }
    links
}

/// The anchors of a document's headings, as GitHub makes them (duplicates get `-1`, `-2`).
fn headings(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let again = (1..).map(|count| format!("{anchor}-{count}"));
        let mut names = std::iter::once(anchor.clone()).chain(again);
        anchors.extend(names.find(|name| !anchors.contains(name)));
    }
    anchors
}

/// The lines outside fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => return Some((index + 1, line)),
            _ => {}
        }
        None
    })
}

fn without_code_spans(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

#[test]
fn links_are_found_outside_code() {
    let text = "see [a](b.md#c) and [d](https://e) `[f](g)`\n```\n[h](i)\n```\n[j]: k.md\n";
    assert_eq!(links(text), [(1, "b.md#c".to_owned()), (5, "k.md".to_owned())]);
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# One: `two`, three\n\n## Again\n```\n# no\n```\n## Again\n#no\n";
    assert_eq!(headings(text), ["one-two-three", "again", "again-1"]);
}

#[test]
fn paths_inside_longer_ones_are_not_meant() {
    assert!(names_path("open `/srv/x`", "/srv/"));
    assert!(names_path("/srv/x", "/srv/"));
    assert!(!names_path("https://example.com/srv/x", "/srv/"));
}
