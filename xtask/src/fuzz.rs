//! `cargo xtask fuzz`: a bounded run of each fuzz target, and one input run again.
//!
//! The flags that instrument the code are rustc's stable ones, so neither a nightly toolchain nor
//! cargo-fuzz is needed; libFuzzer itself is compiled by `libfuzzer-sys`. With `--address` its memory
//! is watched as well, which takes a flag that the stable compiler has and hides.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{child, needs, test::cargo, workspace};

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask fuzz                            five minutes, shared by all targets
  cargo xtask fuzz --seconds 3600             an hour
  cargo xtask fuzz --only jwk --address       one target, its memory watched
  cargo xtask fuzz --only jwk --input FILE    what was found, once more";

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long, in all; the targets share it evenly.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Only these targets.
    #[arg(long, value_name = "TARGET", value_enum, value_delimiter = ',')]
    only: Vec<Target>,
    /// Runs the one target of --only on this file alone.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Watches memory with LLVM's address sanitizer; slower, and built apart.
    #[arg(long)]
    address: bool,
}

/// The binaries of `fuzz/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// Any text as a token.
    Compact,
    /// Our verdict and jsonwebtoken's.
    Differential,
    /// Any bytes as a key.
    Jwk,
    /// Rightly signed tokens that say anything.
    Verify,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Differential => "differential",
            Self::Jwk => "jwk",
            Self::Verify => "verify",
        }
    }
}

/// What `libfuzzer-sys` compiles libFuzzer with.
const TOOLS: &[needs::Tool] = &[needs::Tool { command: "g++", package: "g++" }];

/// Counts edges and shows comparisons to the fuzzer. `cfg(fuzzing)` is what cargo-fuzz sets too.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// A token has 16 KiB at most, and what is interesting happens far below.
const MAX_INPUT_BYTES: u32 = 4096;

/// An input that takes longer, or more memory, is a finding.
const INPUT_TIMEOUT: Duration = Duration::from_secs(5);
const MEMORY_MIB: u32 = 1024;

/// Builds, runs each target in turn, and fails when one found anything.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let root = workspace::root()?;
    needs::tools(TOOLS)?;
    let every = <Target as clap::ValueEnum>::value_variants();
    let targets = if args.only.is_empty() { every } else { &args.only };
    let fuzz = root.join("fuzz");
    let binaries = build(&root, &fuzz, args.address)?;
    if let Some(input) = &args.input {
        let [target] = targets else { bail!("--input needs --only with one target") };
        let status = child::run(Command::new(binaries.join(target.name())).arg(input))?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let count = u64::try_from(targets.len()).context("there are a few")?;
    let each = Duration::from_secs((args.seconds / count).max(1));
    let (mut passed, mut failed) = (0, 0);
    for target in targets {
        match fuzz_one(&fuzz, &binaries, *target, each)? {
            Ok(figures) => {
                println!("{:<13} {figures}", target.name());
                passed += 1;
            }
            Err(finding) => {
                println!("{:<13} FOUND SOMETHING\n{finding}", target.name());
                failed += 1;
            }
        }
    }
    println!("\n{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compiles all targets; returns the folder of the binaries.
fn build(root: &Path, fuzz: &Path, address: bool) -> Result<PathBuf> {
    let host = child::output_of(Command::new("rustc").arg("-vV").current_dir(root))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    let target = workspace::target(root).join(if address { "fuzz-address" } else { "fuzz" });
    // With `--target`, build scripts and macros are compiled without the instrumentation.
    let mut command = cargo(fuzz, &["build", "--release", "--locked", "--target", host]);
    command.env("CARGO_TARGET_DIR", &target);
    if address {
        command.env("RUSTC_BOOTSTRAP", "1");
        command.env("RUSTFLAGS", format!("-Zsanitizer=address {INSTRUMENTED}"));
    } else {
        command.env("RUSTFLAGS", INSTRUMENTED);
    }
    let status = child::run(&mut command)?;
    ensure!(status.success(), "building fuzz/ failed; see above");
    Ok(target.join(host).join("release"))
}

/// One bounded run: its figures, or what it found and how to see that again.
fn fuzz_one(
    fuzz: &Path,
    binaries: &Path,
    target: Target,
    time: Duration,
) -> Result<Result<String, String>> {
    let name = target.name();
    let (corpus, artifacts) = (fuzz.join("corpus").join(name), fuzz.join("artifacts").join(name));
    for dir in [&corpus, &artifacts] {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    let mut command = Command::new(binaries.join(name));
    command.args([&corpus, &fuzz.join("seeds").join(name)]).current_dir(fuzz);
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg(format!("-max_total_time={}", time.as_secs()));
    command.arg(format!("-timeout={}", INPUT_TIMEOUT.as_secs()));
    command.arg(format!("-max_len={MAX_INPUT_BYTES}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MIB}"));
    command.args(["-print_final_stats=1", "-reload=0"]);
    println!("\n=== {name} === {} s", time.as_secs());
    let mut log = Log::default();
    let status = watch(&mut command, &mut log)?;
    if status {
        return Ok(log.figures());
    }
    let artifact = log.artifact.map_or_else(
        || "it wrote no input: it ended before it fuzzed".to_owned(),
        |file| format!("again: cargo xtask fuzz --only {name} --input {file}"),
    );
    Ok(Err(format!("{}\n{artifact}", log.last.join("\n"))))
}

/// libFuzzer writes to stderr alone: `sh` puts that where our lines are watched.
fn watch(command: &mut Command, log: &mut Log) -> Result<bool> {
    let mut through_sh = Command::new("sh");
    through_sh.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(command.get_program());
    through_sh.args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        through_sh.current_dir(dir);
    }
    let status = child::run_lines(through_sh.stdout(Stdio::piped()), |line| log.read(line))?;
    Ok(status.success())
}

/// What is worth keeping of libFuzzer's output.
#[derive(Debug, Default)]
struct Log {
    covered: String,
    executed: Option<u64>,
    per_second: Option<u64>,
    artifact: Option<String>,
    /// The last lines, which say what happened.
    last: Vec<String>,
}

impl Log {
    const KEPT: usize = 40;

    fn read(&mut self, line: &str) {
        let line = line.trim_end();
        let number = |text: &str| text.trim().parse().ok();
        if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
            self.executed = number(count);
        } else if let Some(rate) = line.strip_prefix("stat::average_exec_per_sec:") {
            self.per_second = number(rate);
        } else if let Some((_, file)) = line.split_once("Test unit written to ") {
            self.artifact = Some(file.to_owned());
        } else if let Some((_, rest)) = line.split_once(" cov: ") {
            // `#1024 pulse  cov: 1 ft: 2 corp: 3/4b …`
            let mut words = rest.split_whitespace();
            if let (Some(edges), Some("ft:"), Some(features)) =
                (words.next(), words.next(), words.next())
            {
                self.covered = format!("{edges} edges, {features} features");
            }
        }
        if self.last.len() == Self::KEPT {
            self.last.remove(0);
        }
        self.last.push(line.to_owned());
    }

    /// A run that executed nothing is none.
    fn figures(&self) -> Result<String, String> {
        match (self.executed, self.per_second) {
            (Some(executed), Some(rate)) if executed > 0 => {
                Ok(format!("{executed} runs, {rate} a second, {}", self.covered))
            }
            _ => Err(format!("it ran nothing:\n{}", self.last.join("\n"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: &[&str]) -> Log {
        let mut log = Log::default();
        for line in lines {
            log.read(line);
        }
        log
    }

    #[test]
    fn the_figures_are_libfuzzers_last() {
        let log = log(&[
            "INFO: seed corpus: files: 43\n",
            "#44\tINITED cov: 10 ft: 12 corp: 5/1Kb exec/s: 0 rss: 40Mb\n",
            "#99\tDONE   cov: 1310 ft: 5520 corp: 700/90Kb lim: 4096 exec/s: 100 rss: 60Mb\n",
            "stat::number_of_executed_units: 99\n",
            "stat::average_exec_per_sec:     33\n",
        ]);
        let figures = "99 runs, 33 a second, 1310 edges, 5520 features";
        assert_eq!(log.figures(), Ok(figures.to_owned()));
    }

    #[test]
    fn a_run_of_nothing_is_no_success() {
        assert!(log(&["INFO: nothing\n"]).figures().is_err());
        assert!(log(&["stat::number_of_executed_units: 0\n"]).figures().is_err());
    }

    #[test]
    fn a_finding_names_its_input() {
        let log = log(&["artifact_prefix='a/'; Test unit written to a/crash-1\n"]);
        assert_eq!(log.artifact.as_deref(), Some("a/crash-1"));
    }
}
