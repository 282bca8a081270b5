//! One fetch of a key set, by the rules of guard: https, or http on this machine; no redirects;
//! bounded in time and size.
//!
//! guard's own fetch runs in the background of a service, and says in its log why it failed. A
//! command must say it to its user, so the rule about addresses and the bounds are guard's, and the
//! fetch is here.

use std::error::Error as _;

use anyhow::{Context, anyhow, bail};
use gatewright_guard::{RemoteKeys, RemoteKeysOptions};
use reqwest::{Client, Response, StatusCode, header, redirect};

use crate::Failure;
use crate::output::printable;

/// Whether it is meant as an address rather than as a file.
pub(super) fn is_address(text: &str) -> bool {
    text.contains("://")
}

/// The bytes that the address serves.
pub(super) fn fetch(url: &str) -> Result<Vec<u8>, Failure> {
    let bounds = RemoteKeysOptions::default();
    RemoteKeys::new(url, bounds).context("--jwks cannot be used").map_err(Failure::Usage)?;
    let mut client = Client::builder()
        .connect_timeout(bounds.connect_timeout)
        .timeout(bounds.total_timeout)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")));
    if url.starts_with("http:") {
        // This machine: a proxy would look for the keys on its own.
        client = client.no_proxy();
    }
    let client = client.build().context("cannot set up HTTP").map_err(Failure::Internal)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime").map_err(Failure::Internal)?;
    let received = runtime.block_on(receive(&client, url, bounds));
    // Not waited for: a name that does not resolve may take longer than the bounds.
    runtime.shutdown_background();
    received
        .with_context(|| format!("cannot fetch the key set from {}", printable(url)))
        .map_err(Failure::Usage)
}

async fn receive(client: &Client, url: &str, bounds: RemoteKeysOptions) -> anyhow::Result<Vec<u8>> {
    let failed = |error: reqwest::Error| unreachable(error, bounds);
    let request =
        client.get(url).header(header::ACCEPT, "application/jwk-set+json, application/json");
    let mut response = request.send().await.map_err(failed)?;
    check_status(&response)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > bounds.max_body_bytes {
            bail!(
                "the answer has more than {} KiB, and key sets have less",
                bounds.max_body_bytes / 1024
            );
        }
        body.extend_from_slice(&chunk);
    }
    if body.trim_ascii_start().starts_with(b"<") {
        bail!("the answer is a page in HTML, no key set; {ADDRESS}");
    }
    Ok(body)
}

const ADDRESS: &str = "Better Auth and Gatewright serve it at BASE_URL/api/auth/jwks";

fn check_status(response: &Response) -> anyhow::Result<()> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(());
    }
    if status.is_redirection() {
        let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let to = to.map(|to| format!(" to {}", printable(to))).unwrap_or_default();
        bail!(
            "it redirects{to}, and redirects are not followed: they would let others choose the \
             keys. Give the address that serves the set itself"
        );
    }
    bail!("it answers {status}; {ADDRESS}")
}

fn unreachable(error: reqwest::Error, bounds: RemoteKeysOptions) -> anyhow::Error {
    if error.is_timeout() {
        let seconds = bounds.total_timeout.as_secs();
        return anyhow!("there was no complete answer within {seconds} seconds");
    }
    let is_connect = error.is_connect();
    let error = error.without_url();
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    if is_connect {
        anyhow!("{last}: is the auth server running there, and can it be reached from here?")
    } else {
        anyhow!("the answer broke off: {last}")
    }
}
