//! Accepts connections, bounds them, and ends them in good order.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Connections served at once, each with one request at a time, at most; more wait to be accepted.
const MOST_CONNECTIONS: u32 = 10_000;

/// Files that stay for other things than connections of clients: the database, and a few more.
const OTHER_FILES: u64 = 128;

/// How long a client may take to send a request's head, and an idle connection may stay.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Bytes of a request's head, at most; beyond it the answer is 431.
const HEAD_LIMIT: usize = 32 * 1024;

/// How long requests in flight may take to finish once the server is to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long clients may take to read their answers after the last one was given.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long to wait after a failed accept (no file descriptors, say) before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` on `listener` until `stop` is ready, then finishes the requests in flight.
pub async fn listen(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let most = most_connections();
    let connections = Arc::new(Semaphore::new(most as usize));
    let requests = Arc::new(Semaphore::new(most as usize));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_LIMIT);
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&connections).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        // Answers are short: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let (router, requests) = (router.clone(), Arc::clone(&requests));
        let service = service_fn(move |request: Request<Incoming>| {
            let (router, requests) = (router.clone(), Arc::clone(&requests));
            async move {
                let _in_flight = requests.acquire().await;
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                router.oneshot(request).await
            }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that broke off, or that spoke no HTTP, is its own affair.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    let answered = async {
        // Every place taken: nobody else is in flight. What is left are connections whose client
        // has sent half a request, or has not read its answer yet.
        let _all = requests.acquire_many(most).await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        () = graceful.shutdown() => {}
        () = answered => {}
        () = tokio::time::sleep(DRAIN_TIMEOUT) => {
            tracing::warn!("some requests were still running and are cut off");
        }
    }
}

/// As many as this process may have files for, once it has asked for all that it is granted: what a
/// shell grants is often 1024, which the idle connections of one client use up.
fn most_connections() -> u32 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let granted = getrlimit(Resource::Nofile);
        if granted.current.is_some() && granted.current != granted.maximum {
            let wanted = rustix::process::Rlimit { current: granted.maximum, ..granted };
            // Refused, it stays as it was, which is asked for next.
            let _ = setrlimit(Resource::Nofile, wanted);
        }
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let for_connections = u32::try_from(files.saturating_sub(OTHER_FILES));
        for_connections.unwrap_or(u32::MAX).clamp(16, MOST_CONNECTIONS)
    }
    #[cfg(not(unix))]
    MOST_CONNECTIONS
}

async fn pause_after(error: &io::Error) {
    let is_of_the_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    );
    if !is_of_the_client {
        tracing::error!(%error, "cannot accept a connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
