//! `--jwks URL`: one fetch, bounded, and never a token let in by what comes of it.

use gatewright_jose::Algorithm;

use super::desk;
use crate::desk::Desk;
use crate::http_source::HttpSource;
use crate::key_pair::KeyPair;
use crate::process::Finished;

fn verify(desk: &Desk, url: &str) -> Finished {
    desk.run(&["token", "verify", "env:TOKEN", "--jwks", url])
}

/// A desk with a token, and the set that verifies it.
fn prepared() -> (Desk, String) {
    let pair = KeyPair::new(Algorithm::ES256);
    let desk = desk().file("private.pem", pair.private_pem());
    let token = desk.sign(&["--sub", "u", "--key", "private.pem", "--kid", "k1"]);
    (desk.variable("TOKEN", &token), pair.jwks(Algorithm::ES256, "k1"))
}

#[track_caller]
fn assert_unusable(finished: &Finished, url: &str, named: &str) {
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert_eq!(finished.stdout, "");
    for named in [url, named] {
        assert!(finished.stderr.contains(named), "{named} is not in:\n{}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panic"), "{}", finished.stderr);
}

#[test]
fn a_set_is_fetched_once() {
    let (desk, jwks) = prepared();
    let source = HttpSource::serving(jwks);
    let finished = verify(&desk, &source.url());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert!(finished.stdout.contains(&source.url()), "{}", finished.stdout);
    assert_eq!(source.requests(), 1);
    // An unknown key is the answer, and no reason to ask again.
    let other = HttpSource::serving(KeyPair::new(Algorithm::ES256).jwks(Algorithm::ES256, "k2"));
    let finished = verify(&desk, &other.url());
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    assert!(finished.stdout.contains("unknown-key"), "{}", finished.stdout);
    assert_eq!(other.requests(), 1);
}

#[test]
fn redirects_are_not_followed() {
    let (desk, jwks) = prepared();
    let target = HttpSource::serving(jwks);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let location = format!("location: {}\r\n", target.url());
        let source = HttpSource::refusing(status, &location);
        assert_unusable(&verify(&desk, &source.url()), &source.url(), "redirects to http://127");
    }
    assert_eq!(target.requests(), 0);
}

#[test]
fn answers_that_are_no_key_set_are_called_by_their_name() {
    let (desk, _) = prepared();
    for (source, named) in [
        (HttpSource::serving("<!doctype html><title>Sign in</title>"), "HTML"),
        (HttpSource::serving("{\"error\":\"no\"}"), "not a JWK set"),
        (HttpSource::serving(""), "not a JWK set"),
        (HttpSource::serving("{\"keys\":[]}"), "no key that can be used"),
        (HttpSource::serving([0xff, 0xfe]), "not a JWK set"),
        (HttpSource::serving(vec![b' '; 300 * 1024]), "more than 256 KiB"),
        (HttpSource::refusing("404 Not Found", ""), "/api/auth/jwks"),
        (HttpSource::refusing("500 Internal Server Error", ""), "500"),
        (HttpSource::refusing("401 Unauthorized", ""), "401"),
        (HttpSource::answering(b"garbage\r\n\r\n".to_vec()), ""),
        (
            HttpSource::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            "broke off",
        ),
        (HttpSource::answering(Vec::new()), ""),
    ] {
        assert_unusable(&verify(&desk, &source.url()), &source.url(), named);
    }
}

#[test]
fn a_source_that_hangs_is_given_up() {
    let (desk, _) = prepared();
    let sources = [
        HttpSource::hanging_after(""),
        HttpSource::hanging_after("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
        HttpSource::hanging_after("HTTP/1.1 200 OK\r\nx-slow: "),
    ];
    let urls = sources.each_ref().map(HttpSource::url);
    let running =
        urls.each_ref().map(|url| desk.start(&["token", "verify", "env:TOKEN", "--jwks", url]));
    for (process, url) in running.into_iter().zip(&urls) {
        assert_unusable(&process.finish(), url, "within 5 seconds");
    }
}

#[test]
fn addresses_that_may_not_serve_keys_are_not_asked() {
    let (desk, _) = prepared();
    for (url, named) in [
        ("http://auth.example/jwks", "use https"),
        ("http://localhost.evil.example/jwks", "use https"),
        ("https://ada:pw@auth.example/jwks", "credentials"),
        ("ftp://auth.example/jwks", "http"),
        ("file:///etc/passwd", "http"),
        ("http://", "URL"),
    ] {
        let finished = verify(&desk, url);
        assert_unusable(&finished, "", named);
        assert!(!finished.output().contains("ada:pw"), "{}", finished.output());
    }
}

#[test]
fn nobody_there_is_said_so() {
    let (desk, _) = prepared();
    // Bound, so that nobody else takes the port, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let url = format!("http://{}/jwks", socket.local_addr().expect("an address"));
    assert_unusable(&verify(&desk, &url), &url, "is the auth server running");
}

#[test]
fn a_proxy_of_the_environment_does_not_see_what_stays_on_this_machine() {
    let (desk, jwks) = prepared();
    let (source, proxy) = (HttpSource::serving(jwks), HttpSource::serving("{\"keys\":[]}"));
    let proxy_url = proxy.url();
    let desk = desk.variable("http_proxy", &proxy_url).variable("HTTP_PROXY", &proxy_url);
    let finished = verify(&desk, &source.url());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(proxy.requests(), 0);
}

#[test]
fn a_file_in_the_place_of_an_address_works_too() {
    let (desk, jwks) = prepared();
    desk.write("jwks.json", jwks);
    assert_eq!(verify(&desk, "jwks.json").code(), Some(0));
    desk.write("key.pem", KeyPair::new(Algorithm::ES256).public_pem());
    let finished = verify(&desk, "key.pem");
    assert_unusable(&finished, "key.pem", "--key takes");
}
