//! What the kernel knows of a process: its memory and the time it has used.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::child;

/// Memory in kilobytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// All pages mapped in, shared ones too.
    pub(crate) rss: u64,
    /// Shared pages counted by share: what the process costs the machine.
    pub(crate) pss: u64,
}

/// How long a process must use no CPU to count as idle.
const QUIET: Duration = Duration::from_millis(300);
/// What a server that was left with 32 sign-ins may need to end them.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many processes wanted a core over the last minute: others' work spoils a measurement.
pub(crate) fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Reads `/proc/PID/smaps_rollup`.
pub(crate) fn memory(id: u32) -> Result<Memory> {
    let path = format!("/proc/{id}/smaps_rollup");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    memory_in(&text).with_context(|| format!("{path} has no Rss and Pss"))
}

/// Waits until the process uses no CPU: requests that a load left behind would slow the next one.
pub(crate) fn settle(id: u32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut before = cpu_ticks(id)?;
    loop {
        child::pause(QUIET);
        let now = cpu_ticks(id)?;
        if now <= before + 1 {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("process {id} is still busy {PATIENCE:?} after the load ended");
        }
        before = now;
    }
}

/// User and system time in the kernel's ticks (a hundredth of a second).
fn cpu_ticks(id: u32) -> Result<u64> {
    let path = format!("/proc/{id}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    ticks_in(&text).with_context(|| format!("{path} has no times"))
}

fn memory_in(text: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Memory { rss: field("Rss:")?, pss: field("Pss:")? })
}

/// Fields 14 and 15 of proc(5)'s stat; the name in field 2 may hold anything but ends at the last
/// bracket.
fn ticks_in(text: &str) -> Option<u64> {
    let (_, fields) = text.rsplit_once(") ")?;
    let mut times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        let rollup = "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:    9732 kB\nPss:    8011 kB\n";
        assert_eq!(memory_in(rollup), Some(Memory { rss: 9732, pss: 8011 }));
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 1 0 0 0 7 5 0 0 20 0 1 0 100 1 1";
        assert_eq!(ticks_in(stat), Some(12));
        assert_eq!((memory_in(""), ticks_in("42 (a")), (None, None));
    }

    #[test]
    fn our_own_process_can_be_read() {
        let own = std::process::id();
        assert!(memory(own).unwrap().rss > 0);
        assert!(cpu_ticks(own).is_ok());
    }
}
