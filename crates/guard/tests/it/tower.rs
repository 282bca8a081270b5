//! Without axum: any tower service over `http`, with any body.

use std::convert::Infallible;

use ::tower::{Layer as _, ServiceBuilder, ServiceExt as _, service_fn};
use gatewright_guard::{Guard, Require, Verified};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{valid, verifier};

/// Echoes the body to whoever is known.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let caller = request.extensions().get::<Verified>().unwrap().subject().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let answer = [caller.as_bytes(), b" says ", &body].concat();
    Ok(Response::new(Full::new(answer.into())))
}

/// A request over a socket to plain hyper, and the whole answer.
async fn ask(path: &str, token: &str) -> String {
    let own = Require::user_in_pattern("/of/{owner}/*", "owner").unwrap();
    let guard = Guard::new(verifier()).realm("echo").unwrap();
    let service = ServiceBuilder::new().layer(guard).layer(own).service_fn(echo);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        connection.await.unwrap();
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: echo\r\nconnection: close\r\ncontent-length: 2\r\n\
         authorization: Bearer {token}\r\n\r\nhi"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn plain_hyper_with_bodies_that_are_not_axums() {
    let answer = ask("/of/alice/letters", &valid("alice")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nalice says hi"), "{answer}");

    let answer = ask("/of/alice/letters", "a.b.c").await;
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{answer}");
    let challenge = r#"www-authenticate: Bearer realm="echo", error="invalid_token""#;
    assert!(answer.contains(challenge), "{answer}");
    assert!(answer.ends_with(r#"{"detail":"Invalid or expired token"}"#), "{answer}");

    for path in ["/of/bob/letters", "/of/bob%2Falice/letters", "/of", "/to/alice/letters"] {
        let answer = ask(path, &valid("alice")).await;
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_body_may_be_a_text_and_a_request_may_have_none() {
    let service = Guard::new(verifier()).layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(String::from("in")))
    }));
    let denied = service.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!(denied.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(denied.body(), r#"{"detail":"Not authenticated"}"#);
    let bearer = format!("Bearer {}", valid("alice"));
    let request = Request::builder().header("authorization", bearer).body(()).unwrap();
    assert_eq!(service.oneshot(request).await.unwrap().body(), "in");
}

#[tokio::test]
async fn an_error_of_the_service_is_passed_on() {
    let service = Guard::new(verifier())
        .layer(service_fn(async |_: Request<()>| Err::<Response<String>, _>("the service is ill")));
    let bearer = format!("Bearer {}", valid("alice"));
    let request = Request::builder().header("authorization", bearer).body(()).unwrap();
    assert_eq!(service.oneshot(request).await.unwrap_err(), "the service is ill");
}
