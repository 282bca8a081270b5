//! Bytes on a connection, for what no well-behaved client would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use crate::process::PATIENCE;

/// An answer as it came.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// Its lines, as they are.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl RawAnswer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl std::fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.head, self.text())
    }
}

/// What came of sending something.
pub(crate) struct Exchange {
    /// Every answer until the server closed the connection; none if it just closed it.
    pub(crate) answers: Vec<RawAnswer>,
    /// Bytes that the server (or the kernel, for it) had taken until then.
    pub(crate) sent: usize,
}

/// A connection on which nothing waits for ever.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// `GET` of a path from the root.
pub(crate) fn get(address: SocketAddr, path: &str) -> RawAnswer {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    only(send(address, request.as_bytes()))
}

/// The one answer that there must be.
#[track_caller]
pub(crate) fn only(answers: Vec<RawAnswer>) -> RawAnswer {
    let [answer] = <[_; 1]>::try_from(answers).unwrap_or_else(|all| panic!("not one: {all:?}"));
    answer
}

/// Sends `request` and reads all answers. After the first, no more is sent.
pub(crate) fn send(address: SocketAddr, request: &[u8]) -> Vec<RawAnswer> {
    send_parts(address, [request]).answers
}

/// The same for a request too long to be held.
pub(crate) fn send_parts<'a>(
    address: SocketAddr,
    parts: impl IntoIterator<Item = &'a [u8]> + Send,
) -> Exchange {
    let mut connection = Connection::open(address);
    let mut writing = connection.stream.try_clone().expect("a handle");
    thread::scope(|scope| {
        // Beside the reading: a server that refuses early answers before all is sent.
        let writer = scope.spawn(move || {
            let mut sent = 0;
            for part in parts {
                match writing.write_all(part) {
                    Ok(()) => sent += part.len(),
                    Err(_closed) => break,
                }
            }
            sent
        });
        let first = connection.read_answer();
        // Who has an answer may go; what follows can only be an answer too many.
        let _ = connection.stream.shutdown(Shutdown::Write);
        let mut answers = Vec::from_iter(first);
        while let Some(answer) = connection.read_answer() {
            answers.push(answer);
        }
        Exchange { answers, sent: writer.join().expect("a writer that does not panic") }
    })
}

impl Connection {
    #[track_caller]
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit for reading");
        stream.set_write_timeout(Some(PATIENCE)).expect("a limit for writing");
        stream.set_nodelay(true).expect("packets that go at once");
        Self { stream, received: Vec::new() }
    }

    #[track_caller]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads on");
    }

    /// The next answer; `None` when the server has closed the connection.
    #[track_caller]
    pub(crate) fn read_answer(&mut self) -> Option<RawAnswer> {
        let answer = self.read_any()?;
        if answer.status == 100 { self.read_answer() } else { Some(answer) }
    }

    /// The next answer, an interim one too.
    #[track_caller]
    pub(crate) fn read_any(&mut self) -> Option<RawAnswer> {
        let end = loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.receive() {
                let rest = String::from_utf8_lossy(&self.received);
                assert!(rest.is_empty(), "closed amid the head of an answer: {rest:?}");
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        self.received.drain(..end);
        let status = head.strip_prefix("HTTP/1.1 ").or_else(|| head.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not an answer: {head:?}"));
        let mut answer = RawAnswer { status, head, body: Vec::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let length: usize = match length {
            Some(length) => length,
            None if status == 100 || status == 204 => 0,
            None => panic!("an answer without a length: {}", answer.head),
        };
        while self.received.len() < length {
            assert!(self.receive(), "closed amid the body of an answer: {answer:?}");
        }
        answer.body = self.received.drain(..length).collect();
        Some(answer)
    }

    /// Reads some more; false at the end.
    #[track_caller]
    fn receive(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                true
            }
            // A server that does not read on to the end resets the connection.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) =>
            {
                false
            }
            Err(error) => panic!("no answer, and the connection stays open: {error}"),
        }
    }
}
