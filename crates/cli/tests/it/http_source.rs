//! An HTTP server that answers each request with the same bytes, or with too few of them.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A source that lives as long as the test's process; it never waits for anybody.
pub(crate) struct HttpSource {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl HttpSource {
    /// Answers 200 with a body.
    pub(crate) fn serving(body: impl Into<Vec<u8>>) -> Self {
        Self::answering(answer("200 OK", "", &body.into()))
    }

    /// Answers with a status, further header lines, and a body that says nothing.
    pub(crate) fn refusing(status: &str, headers: &str) -> Self {
        Self::answering(answer(status, headers, b"no"))
    }

    /// Sends these bytes, and then neither more nor the end.
    pub(crate) fn hanging_after(start: &str) -> Self {
        Self::start(start.as_bytes().to_vec(), true)
    }

    /// Sends these bytes and closes.
    pub(crate) fn answering(bytes: Vec<u8>) -> Self {
        Self::start(bytes, false)
    }

    fn start(bytes: Vec<u8>, stays_open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                read_head(&stream);
                // Who asked may have gone away.
                let _ = (&stream).write_all(&bytes);
                if stays_open {
                    open.push(stream);
                }
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/auth/jwks", self.address)
    }

    /// How many have asked.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn read_head(stream: &TcpStream) {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    // Up to the empty line; a GET has no body.
    lines.take_while(|line| !line.is_empty()).for_each(drop);
}
