//! A server that runs beside us: started on a free port, asked, ended with us.

use std::io::{BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::child::Running;

/// A running server and the address it told us.
#[derive(Debug)]
pub(crate) struct Served {
    running: Running,
    address: SocketAddr,
}

impl Served {
    /// Starts `command` and waits until a JSON line of its output carries its address.
    ///
    /// Both servers say so: ours in the log line `listening`, the reference in its only line.
    pub(crate) fn start(command: &mut Command, patience: Duration) -> Result<Self> {
        let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let (sender, lines) = channel();
        if let Some(pipe) = running.child().stdout.take() {
            forward(pipe, sender.clone());
        }
        if let Some(pipe) = running.child().stderr.take() {
            forward(pipe, sender);
        }
        let address = await_address(&lines, patience)?;
        Ok(Self { running, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id of what was started.
    pub(crate) fn id(&self) -> u32 {
        self.running.id()
    }
}

/// A port that was free a moment ago, for servers that must know theirs beforehand.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

/// Reads a pipe to its end, so that the child never blocks on it. Once nobody listens any more it
/// only drains it: a server may log each request, and to read that must not slow a measurement.
fn forward(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        let mut pipe = BufReader::with_capacity(64 * 1024, pipe);
        let mut line = String::new();
        while pipe.read_line(&mut line).is_ok_and(|read| read > 0) {
            if lines.send(std::mem::take(&mut line)).is_err() {
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
        }
    });
}

fn await_address(lines: &Receiver<String>, patience: Duration) -> Result<SocketAddr> {
    let deadline = Instant::now() + patience;
    let mut said = String::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => {
                if let Some(address) = address_in(&line) {
                    return Ok(address);
                }
                said.push_str(&line);
            }
            Err(RecvTimeoutError::Timeout) => {
                bail!("the server did not name its address within {patience:?}; it said:\n{said}")
            }
            Err(RecvTimeoutError::Disconnected) => bail!("the server ended; it said:\n{said}"),
        }
    }
}

/// The address in a JSON line: `{"address":"127.0.0.1:4000"}`, `http://` before it or not, at the
/// top or below `fields`, as `tracing-subscriber` nests it.
fn address_in(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    let places = ["/address", "/fields/address", "/url"];
    let text = places.iter().find_map(|place| line.pointer(place)?.as_str())?;
    let host = text.trim_start_matches("http://").trim_end_matches('/');
    host.replace("localhost", "127.0.0.1").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_both_servers_lines() {
        let expected = "127.0.0.1:4321".parse().ok();
        for line in [
            r#"{"level":"INFO","message":"listening","address":"127.0.0.1:4321"}"#,
            r#"{"fields":{"message":"listening","address":"127.0.0.1:4321"}}"#,
            r#"{"address":"http://localhost:4321/"}"#,
        ] {
            assert_eq!(address_in(line), expected, "{line}");
        }
        for line in ["listening on 127.0.0.1:4321", r#"{"message":"starting"}"#, "{"] {
            assert_eq!(address_in(line), None, "{line}");
        }
    }
}
