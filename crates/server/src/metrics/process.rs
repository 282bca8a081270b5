//! The process as the system sees it, by the names that all of Prometheus' libraries use.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::clock::Date;

/// What a tick of `/proc/self/stat` is of a second; fixed for programs on Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc/self` whenever somebody asks. Where there is none, as on macOS, what it would say
/// is left out.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) start: Date,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        encoder
            .encode_descriptor(
                "gatewright_build_info",
                "Always 1; the label has the version",
                None,
                MetricType::Gauge,
            )?
            .encode_family(&[("version", env!("CARGO_PKG_VERSION"))])?
            .encode_gauge(&1_i64)?;
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: Option<f64>| {
            let Some(value) = value else { return Ok(()) };
            let mut metric = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            metric.encode_gauge(&value)
        };
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let bytes = |name| Some(number(field(&status, name)?)? * 1024.0);
        let start = Some(start_seconds(self.start));
        gauge("process_start_time", "When the process started", Some(&Unit::Seconds), start)?;
        gauge("process_resident_memory", "Memory held", Some(&Unit::Bytes), bytes("VmRSS:"))?;
        gauge("process_virtual_memory", "Addresses held", Some(&Unit::Bytes), bytes("VmSize:"))?;
        let threads = field(&status, "Threads:").and_then(number);
        gauge("process_threads", "Threads", None, threads)?;
        gauge("process_open_fds", "Files and sockets open", None, open_files())?;
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let most = field(&limits, "Max open files").and_then(number);
        gauge("process_max_fds", "Files and sockets that may be open", None, most)?;
        let Some(seconds) = cpu_seconds() else { return Ok(()) };
        encoder
            .encode_descriptor(
                "process_cpu",
                "Time of the processors used, of the system's work for it too",
                Some(&Unit::Seconds),
                MetricType::Counter,
            )?
            .encode_counter::<NoLabelSet, _, u64>(&seconds, None)
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of millennia are exact in an f64")]
fn start_seconds(start: Date) -> f64 {
    start.milliseconds() as f64 / 1000.0
}

/// What follows `name` on its line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

/// The first word as a number: `unlimited` is none.
fn number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Without the one that looks.
#[expect(clippy::cast_precision_loss, reason = "no process has that many")]
fn open_files() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(count.saturating_sub(1) as f64)
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in brackets, and may hold blanks and brackets itself.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let (user, system) = (number(fields.next()?)?, number(fields.next()?)?);
    Some((user + system) / TICKS_PER_SECOND)
}
