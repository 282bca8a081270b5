//! The repository's files, as the other tests read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl File {
    /// True when its name ends in a dot and one of `endings`.
    pub(crate) fn is_one_of(&self, endings: &[&str]) -> bool {
        let ending = Path::new(&self.path).extension();
        ending.is_some_and(|ending| endings.iter().any(|one| ending == *one))
    }
}

/// Made by tools, or not ours.
const SKIPPED: &[&str] = &[
    ".git",
    ".gatewright",
    ".mypy_cache",
    ".next",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    ".xtask",
    "__pycache__",
    "artifacts", // of fuzzing, as is the next
    "corpus",
    "node_modules",
    "target",
];

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let cli = Path::new(env!("CARGO_MANIFEST_DIR"));
    cli.ancestors().nth(2).expect("crates/cli stands two levels below the root").to_path_buf()
}

/// Every text file below `dir` (relative to the root; empty for all), in order of path.
pub(crate) fn files(dir: &str) -> Vec<File> {
    let root = root();
    let mut files = Vec::new();
    walk(&root, &root.join(dir), &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The file at `path`, parsed as TOML.
pub(crate) fn toml(path: &str) -> toml::Table {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.parse().unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The folders of the workspace's members, as the root manifest lists them.
pub(crate) fn members() -> Vec<String> {
    let manifest = toml("Cargo.toml");
    let members = manifest["workspace"]["members"].as_array().expect("a list of members");
    members.iter().map(|member| member.as_str().expect("a folder").to_owned()).collect()
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<File>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    for entry in entries {
        let entry = entry.expect("a readable entry");
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().expect("its type");
        // In a second work tree `.git` is a file.
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, files);
        } else if kind.is_file() {
            // A file may vanish while others work in the tree, and a binary one is none of ours.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let path = path.strip_prefix(root).expect("below the root");
            files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
