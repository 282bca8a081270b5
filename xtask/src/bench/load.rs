//! Load on one server, made by wrk: it is far from being the bottleneck, even on two cores.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::child;

/// One request, sent again and again over kept connections.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    script: PathBuf,
    address: SocketAddr,
    path: &'static str,
    headers: Vec<String>,
    body: Option<String>,
    tokens: Option<PathBuf>,
    connections: u32,
}

/// What one measurement showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// Answers that were not a success, and connections that broke.
    pub(crate) failed: u64,
}

impl Load {
    /// GETs of `path`, over 32 connections.
    pub(crate) fn get(root: &Path, address: SocketAddr, path: &'static str) -> Self {
        let script = root.join("bench").join("load.lua");
        let (body, tokens) = (None, None);
        Self { script, address, path, headers: Vec::new(), body, tokens, connections: 32 }
    }

    /// The same with another header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}"));
        self
    }

    /// POSTs of `body` instead.
    pub(crate) fn body(self, body: &Value) -> Self {
        let origin = format!("http://{}", self.address);
        Self { body: Some(body.to_string()), ..self }.header("Origin", &origin)
    }

    /// Each request with the next bearer token of a file, a line each.
    pub(crate) fn tokens(self, file: &Path) -> Self {
        Self { tokens: Some(file.to_owned()), ..self }
    }

    /// Over as many connections.
    pub(crate) fn connections(self, connections: u32) -> Self {
        Self { connections, ..self }
    }

    /// Loads the server for `time`.
    pub(crate) fn run(&self, time: Duration) -> Result<Measured> {
        let measured = self.run_even_if_silent(time)?;
        ensure!(measured.rate > 0.0, "{} gave no answer within {time:?}", self.path);
        Ok(measured)
    }

    /// The same, where no answer at all is a result too: everybody waited for the whole time.
    pub(crate) fn run_even_if_silent(&self, time: Duration) -> Result<Measured> {
        let output = child::output_of(&mut self.wrk(time))?;
        measured_in(&output).with_context(|| format!("wrk said:\n{output}"))
    }

    fn wrk(&self, time: Duration) -> Command {
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--timeout", "60s"]);
        wrk.arg("--connections").arg(self.connections.to_string());
        wrk.arg("--duration").arg(format!("{}s", time.as_secs()));
        wrk.arg("--script").arg(&self.script);
        for header in &self.headers {
            wrk.arg("--header").arg(header);
        }
        wrk.arg(format!("http://{}{}", self.address, self.path)).arg("--");
        wrk.arg(if self.body.is_some() { "POST" } else { "GET" });
        wrk.arg(self.body.as_deref().unwrap_or_default()).args(&self.tokens);
        wrk
    }
}

/// Reads the last line, which is ours; what stands before is wrk's own report.
#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds are far below 2^52")]
fn measured_in(output: &str) -> Result<Measured> {
    let line = output.lines().rfind(|line| line.starts_with('{')).context("no line of JSON")?;
    let line: Value = serde_json::from_str(line)?;
    let number = |name: &str| {
        let number = line.get(name).and_then(Value::as_u64);
        number.with_context(|| format!("no {name} in it"))
    };
    let milliseconds = |name: &str| anyhow::Ok(number(name)? as f64 / 1e3);
    let (requests, took) = (number("requests")?, number("microseconds")?);
    ensure!(took > 0, "it took no time");
    let failed = number("failed")?;
    if requests == 0 {
        let waited = took as f64 / 1e3;
        return Ok(Measured { rate: 0.0, p50: waited, p99: waited, failed });
    }
    Ok(Measured {
        rate: requests as f64 / (took as f64 / 1e6),
        p50: milliseconds("p50")?,
        p99: milliseconds("p99")?,
        failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_is_read() {
        let output = "Running 2s test\n\
                      {\"requests\":500,\"microseconds\":2000000,\"p50\":1500,\"p99\":9000,\"failed\":1}\n";
        let expected = Measured { rate: 250.0, p50: 1.5, p99: 9.0, failed: 1 };
        assert_eq!(measured_in(output).unwrap(), expected);
    }

    #[test]
    fn no_answers_are_a_wait_of_the_whole_time() {
        let nothing = r#"{"requests":0,"microseconds":2000000,"p50":0,"p99":0,"failed":3}"#;
        let expected = Measured { rate: 0.0, p50: 2000.0, p99: 2000.0, failed: 3 };
        assert_eq!(measured_in(nothing).unwrap(), expected);
        assert!(measured_in("unable to connect").is_err());
    }
}
