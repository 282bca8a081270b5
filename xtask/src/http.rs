//! Just enough of an HTTP/1.1 client to ask a server on this machine.
//!
//! Not a general client: loopback only, one request a connection, bodies in memory.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// No answer of a healthy local server takes longer, not even behind 32 password hashes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One request, built up and sent.
#[derive(Debug)]
pub(crate) struct Request {
    address: SocketAddr,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// Names in lower case, in the order received.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, with its transfer coding undone.
    pub(crate) body: String,
}

impl Request {
    /// A GET of `path` at a loopback address.
    pub(crate) fn get(address: SocketAddr, path: impl Into<String>) -> Self {
        Self { address, method: "GET", path: path.into(), headers: Vec::new(), body: None }
    }

    /// A POST of `json` to `path` at a loopback address.
    pub(crate) fn post(address: SocketAddr, path: impl Into<String>, json: &Value) -> Self {
        let mut request = Self::get(address, path);
        request.method = "POST";
        request.body = Some(json.to_string());
        request.header("content-type", "application/json")
    }

    /// The same with one more header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends it and reads the whole answer.
    pub(crate) fn send(&self) -> Result<Response> {
        self.exchange()
            .with_context(|| format!("{} http://{}{}", self.method, self.address, self.path))
    }

    /// Sends it and insists on 200.
    pub(crate) fn send_ok(&self) -> Result<Response> {
        let response = self.send()?;
        ensure!(
            response.status == 200,
            "{} http://{}{} answered {}: {}",
            self.method,
            self.address,
            self.path,
            response.status,
            response.body
        );
        Ok(response)
    }

    fn exchange(&self) -> Result<Response> {
        ensure!(self.address.ip().is_loopback(), "only servers on this machine are asked");
        let mut stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        stream.write_all(self.head_and_body().as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Response::parse(&bytes)
    }

    fn head_and_body(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.method, self.path, self.address
        );
        for (name, value) in &self.headers {
            text.extend([*name, ": ", value, "\r\n"]);
        }
        if self.body.is_some() {
            text.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
        }
        text.push_str("\r\n");
        text.push_str(body);
        text
    }
}

impl Response {
    /// The `name=value` pairs of all Set-Cookie headers, as a Cookie header sends them back.
    pub(crate) fn cookies(&self) -> String {
        let set = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        let pairs = set.filter_map(|(_, value)| value.split(';').next());
        pairs.map(str::trim).collect::<Vec<_>>().join("; ")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").context("no end of the headers")?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|code| code.parse().ok()).context("no status line")?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| {
            name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked")
        });
        let body = if chunked { unchunk(body)? } else { body.to_owned() };
        Ok(Self { status, headers, body })
    }
}

/// RFC 9112 §7.1, without trailers: nothing here sends any.
fn unchunk(mut rest: &str) -> Result<String> {
    let mut whole = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n").context("a chunk without a size")?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).context("a chunk's size")?;
        if size == 0 {
            return Ok(whole);
        }
        whole.push_str(after.get(..size).context("a chunk is cut short")?);
        rest = after.get(size..).and_then(|rest| rest.strip_prefix("\r\n")).context("a chunk")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_answer_is_read() {
        let answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\n\r\n{}";
        let answer = Response::parse(answer).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
        assert_eq!(answer.cookies(), "a=1; b=2");
    }

    #[test]
    fn chunks_are_joined() {
        let answer = "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n\
                      3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
        let answer = Response::parse(answer.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (401, "abc0123456789"));
    }

    #[test]
    fn an_answer_cut_short_is_an_error() {
        for cut in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert!(Response::parse(cut.as_bytes()).is_err(), "{cut:?}");
        }
        assert!(unchunk("5\r\nab").is_err());
    }

    #[test]
    fn other_machines_are_not_asked() {
        let elsewhere: SocketAddr = "192.0.2.1:80".parse().unwrap();
        assert!(Request::get(elsewhere, "/").send().is_err());
    }
}
