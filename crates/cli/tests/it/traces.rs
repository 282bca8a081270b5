//! Traces, as a collector receives them. The official package reads them in `interop`; here it is
//! about what must be in them, what never is, and that nobody waits for them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::json;

use crate::client::PASSWORD;
use crate::process::PATIENCE;
use crate::server::{Options, Server};

const TRACE: [u8; 16] = *b"\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A request as the collector got it.
struct Received {
    head: String,
    body: Vec<u8>,
}

impl Received {
    fn holds(&self, needle: impl AsRef<[u8]>) -> bool {
        let needle = needle.as_ref();
        self.body.windows(needle.len()).any(|window| window == needle)
    }
}

/// Takes what comes, and answers with `status`.
fn collector(status: &'static str) -> (SocketAddr, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (to, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Some(request) = read(&stream) else { continue };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            // Who sent it may have gone.
            let _ = (&stream).write_all(answer.as_bytes());
            if to.send(request).is_err() {
                return;
            }
        }
    });
    (address, received)
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Received { head, body })
}

fn with_traces(address: SocketAddr) -> Options {
    Options::default().variable("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{address}"))
}

#[tokio::test]
async fn a_callers_trace_goes_on_and_nothing_secret_is_in_it() {
    let (address, received) = collector("200 OK");
    let options = with_traces(address)
        .variable("OTEL_EXPORTER_OTLP_HEADERS", "x-key=needle%20key")
        .variable("OTEL_RESOURCE_ATTRIBUTES", "region=eu-west");
    let server = Server::start(&options);
    let email = "grace.hopper@navy.example";
    let body = json!({"name": "Rear Admiral", "email": email, "password": PASSWORD});
    let request = server.post("/sign-up/email?x=query-needle", &body);
    let answer = request.header("traceparent", TRACEPARENT).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    let session = format!("Bearer {token}");
    server.get("/get-session").header("authorization", &session).send().await;
    server.get(&format!("/reset-password/{token}?callbackURL=/x")).send().await;
    // The end sends what is left.
    let log = server.stop();
    log.assert_no_failure();

    let batches: Vec<Received> = received.try_iter().collect();
    assert!(!batches.is_empty(), "nothing was sent; the log says\n{}", log.text);
    for batch in &batches {
        assert!(batch.head.starts_with("post /v1/traces http/1.1\r\n"), "{}", batch.head);
        assert!(batch.head.contains("content-type: application/x-protobuf\r\n"), "{}", batch.head);
        assert!(batch.head.contains("x-key: needle key\r\n"), "{}", batch.head);
        assert!(batch.holds("gatewright") && batch.holds("eu-west"));
    }
    let somewhere = |needle: &[u8]| batches.iter().any(|batch| batch.holds(needle));
    assert!(somewhere(&TRACE), "the caller's trace");
    for name in
        ["POST /api/auth/sign-up/email", "password.hash", "GET /api/auth/reset-password/{token}"]
    {
        assert!(somewhere(name.as_bytes()), "no span {name}");
    }
    for secret in [email, PASSWORD, "Rear Admiral", &token, "query-needle", "callbackURL"] {
        assert!(!somewhere(secret.as_bytes()), "{secret} is in a trace");
    }
    // The log names the trace, and the key of the collector never.
    let named = log.requests().find(|line| line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(named.map(|line| &line["status"]), Some(&json!(200)), "{}", log.text);
    assert!(!log.text.contains("needle"), "{}", log.text);
}

#[tokio::test]
async fn without_a_collector_the_log_names_no_trace() {
    let server = Server::start(&Options::default().variable("GATEWRIGHT_LOG", "trace"));
    server.get("/ok").header("traceparent", TRACEPARENT).send().await;
    let log = server.stop();
    assert!(!log.text.contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{}", log.text);
}

#[tokio::test]
async fn a_collector_that_refuses_is_no_requests_affair() {
    let (address, received) = collector("400 Bad Request");
    let server = Server::start(&with_traces(address));
    let ada = server.sign_up("ada").await;
    received.recv_timeout(PATIENCE).expect("a batch");
    server.wait_for_log("traces cannot be delivered");
    assert_eq!(server.get("/get-session").by(&ada).send().await.status, 200);
    server.stop().assert_no_failure();
}

#[tokio::test]
async fn a_collector_that_is_not_there_or_never_answers_holds_nobody_up() {
    // One that takes connections and says nothing, and one that is gone.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let gone = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addresses = [&silent, &gone].map(|one| one.local_addr().expect("an address"));
    drop(gone);
    for address in addresses {
        let server = Server::start(&with_traces(address));
        let ada = server.sign_up("ada").await;
        assert_eq!(server.get("/get-session").by(&ada).send().await.status, 200);
        // `stop` has its own patience, which is not the collector's.
        let start = std::time::Instant::now();
        server.stop().assert_no_failure();
        assert!(start.elapsed().as_secs() < 15, "it took {:?} to end", start.elapsed());
    }
    drop(silent);
}
