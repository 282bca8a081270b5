use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Args;

/// Prints completions for `shell` on stdout.
pub(crate) fn run(shell: Shell) {
    let mut script = Vec::new();
    generate(shell, &mut Args::command(), "gatewright", &mut script);
    // A reader that has seen enough may close the pipe.
    let _ = std::io::Write::write_all(&mut std::io::stdout(), &script);
}
