//! `gatewright health`

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use gatewright_report::Exit;

use crate::args::health::HealthFlags;
use crate::config::Settings;
use crate::environment::Environment;
use crate::{Failure, output};

/// How long connection and answer may take together.
const LIMIT: Duration = Duration::from_secs(5);

/// The start of a status line of which the code is known.
const STATUS_LINE: usize = "HTTP/1.1 200 ".len();

/// Asks the server of this machine whether it is ready. Written by hand, without TLS and a runtime:
/// it is run every few seconds, in images that hold no certificates.
pub(crate) fn run(flags: &HealthFlags, environment: &Environment) -> Result<Exit, Failure> {
    let (settings, problems) =
        Settings::gather(flags.config.as_deref(), environment).map_err(Failure::Usage)?;
    if let Some(problem) = problems.first() {
        return Err(Failure::Usage(anyhow!("the configuration cannot be used: {problem}")));
    }
    let listen = flags.listen.unwrap_or_else(|| settings.listen());
    if listen.port() == 0 {
        return Err(Failure::Usage(anyhow!(
            "port 0 is any free one: say with --listen which the server has taken"
        )));
    }
    let address = reachable(listen);
    match status(address) {
        Ok(code) if code.trim_end() == "200" => {
            output::result(b"ready\n")?;
            Ok(Exit::Clean)
        }
        Ok(code) => {
            output::note(&format!(
                "not ready: {address} answers {}",
                output::printable(code.trim_end())
            ));
            Ok(Exit::Findings)
        }
        Err(error) => {
            output::note(&format!("no answer from {address}: {error}"));
            Ok(Exit::Findings)
        }
    }
}

/// Where this machine reaches a server that listens on `listen`, which may be every address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The status code of `/health/ready`, within [`LIMIT`], as it was sent.
fn status(address: SocketAddr) -> io::Result<String> {
    let end = Instant::now() + LIMIT;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_write_timeout(Some(left(end)?))?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut head = [0; STATUS_LINE];
    let mut rest = head.as_mut_slice();
    while !rest.is_empty() {
        // Anew for each read: one byte a second must not stretch it.
        stream.set_read_timeout(Some(left(end)?))?;
        let count = match stream.read(rest) {
            Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "it hung up")),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(too_late());
            }
            Err(error) => return Err(error),
        };
        rest = rest.split_at_mut(count).1;
    }
    let head = String::from_utf8_lossy(&head);
    let code = head.strip_prefix("HTTP/1.1 ");
    code.map(str::to_owned)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "what answers there speaks no HTTP"))
}

fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(too_late()) } else { Ok(left) }
}

fn too_late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "nothing came within 5 seconds")
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn a_server_on_every_address_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:4000", "127.0.0.1:4000"),
            ("[::]:4000", "[::1]:4000"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
