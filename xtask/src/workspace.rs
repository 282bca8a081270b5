//! Where things are: all paths start at the workspace's root, whatever the current directory is.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> Result<PathBuf> {
    // cargo sets it for `cargo run`; what the compiler saw would be wrong once the folder moves.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = manifest.parent().context("xtask stands in a folder of the workspace")?;
    Ok(root.to_path_buf())
}

/// Cargo's output folder; CI may have moved it.
pub(crate) fn target(root: &Path) -> PathBuf {
    let configured = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
    let configured = configured.iter().find_map(std::env::var_os);
    configured.map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// A folder of our own for one run, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes `target/xtask/NAME-PID`: below `target`, so that it is ignored and on the same disk.
    pub(crate) fn new(root: &Path, name: &str) -> Result<Self> {
        let dir = target(root).join("xtask").join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
        Ok(Self(dir))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A leftover below target/ harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
