//! `gatewright health`, beside servers that are well, not well, and none.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use crate::database::{Engine, on_both_engines};
use crate::desk::Desk;
use crate::process::{Finished, run};
use crate::server::{Options, Server};

on_both_engines! {
    a_server_whose_database_answers_is_ready,
}

async fn a_server_whose_database_answers_is_ready(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let address = server.address().to_string();
    let finished = run(server.directory(), &["health", "--listen", &address], &[]);
    assert_eq!((finished.code(), &*finished.stdout), (Some(0), "ready\n"), "{}", finished.stderr);
    server.stop();
    let finished = run(&std::env::temp_dir(), &["health", "--listen", &address], &[]);
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    assert_eq!(finished.stdout, "");
}

/// What is said of something that answers every request with these bytes, and hangs up.
fn beside(answer: &'static [u8]) -> Finished {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 1024];
        let count = stream.read(&mut request).expect("a request");
        stream.write_all(answer).expect("an answer");
        String::from_utf8_lossy(&request[..count]).into_owned()
    });
    let finished = Desk::new().run(&["health", "--listen", &address]);
    let request = server.join().expect("a server that does not panic");
    assert!(request.starts_with("GET /health/ready HTTP/1.1\r\n"), "{request}");
    finished
}

#[test]
fn anything_but_200_is_not_ready_and_nothing_of_it_moves_the_terminal() {
    for (answer, said) in [
        (&b"HTTP/1.1 503 Service Unavailable\r\n\r\n"[..], "503"),
        (b"HTTP/1.1 2000\r\n\r\n", "2000"),
        (b"HTTP/1.1 \x1b[2\r\n\r\n", "\\u001b[2"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "speaks no HTTP"),
        (b"HTTP/1.1 2", "hung up"),
        (b"", "hung up"),
    ] {
        let finished = beside(answer);
        assert_eq!(finished.code(), Some(1), "{}", finished.output());
        assert!(finished.stderr.contains(said), "{said}: {}", finished.stderr);
        assert!(!finished.stderr.contains('\u{1b}'), "{:?}", finished.stderr);
    }
    let ready = beside(b"HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(ready.code(), Some(0), "{}", ready.output());
}

#[test]
fn where_to_ask_is_configured_as_for_the_server() {
    let desk = Desk::new().file("gatewright.toml", "listen = '127.0.0.1:0'\n");
    let finished = desk.run(&["health"]);
    assert_eq!(finished.code(), Some(2), "port 0 is none: {}", finished.output());
    let desk = desk.file("gatewright.toml", "lisen = '127.0.0.1:1'\n");
    assert_eq!(desk.run(&["health"]).code(), Some(2), "an unknown key");
    let desk = desk.file("gatewright.toml", "listen = '127.0.0.1:1'\n");
    let finished = desk.run(&["health"]);
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    assert!(finished.stderr.contains("127.0.0.1:1"), "{}", finished.stderr);
}
