//! A service to load: the same handler without a guard and behind one, for `cargo xtask bench --only
//! guard`.
//!
//! `axum_bench FILE COUNT` writes so many different HS256 tokens into the file, a line each, and then
//! serves on a free port, which its only line of output names:
//!
//! - `/open`: no guard
//! - `/guarded`: a guard as it comes, which remembers 4096 tokens
//! - `/uncached`: a guard that verifies each token each time
#![expect(clippy::disallowed_methods, reason = "tokens that are valid now need the clock, once")]

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Router, routing::get};
use gatewright_guard::{Algorithm, Guard, Policy, Verifier};
use gatewright_jose::SigningKey;
use serde_json::json;
use tokio::net::TcpListener;

/// Not a secret of anybody's: the service lives for minutes, on loopback.
const SECRET: &[u8] = b"only-for-benchmarks-0123456789abcdef";
const ISSUER: &str = "https://app.example.com";
const LIFETIME_SECONDS: u64 = 24 * 3_600;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: axum_bench FILE COUNT".into());
    };
    write_tokens(File::create(file)?, count.parse()?)?;

    let policy =
        Policy::builder().issuer(ISSUER).audience(ISSUER).algorithms([Algorithm::HS256]).build();
    let verifier = Verifier::from_secret(policy, SECRET)?;
    let handler = || get(async || "ok");
    let router = Router::new()
        .route("/open", handler())
        .route("/guarded", handler().layer(Guard::new(verifier.clone())))
        .route("/uncached", handler().layer(Guard::new(verifier.token_cache(0))));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "{}", json!({ "address": address.to_string() }))?;
    axum::serve(listener, router).await?;
    Ok(())
}

/// About 430 bytes each, with ten claims as Better Auth's jwt plugin puts them in.
fn write_tokens(file: File, count: u32) -> Result<(), Box<dyn Error>> {
    let key = SigningKey::hmac(Algorithm::HS256, SECRET)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut file = BufWriter::new(file);
    for number in 0..count {
        let token = key.sign(&json!({
            "aud": ISSUER,
            "createdAt": "2026-01-31T09:30:00.000Z",
            "email": "ada.lovelace@example.com",
            "emailVerified": true,
            "exp": now + LIFETIME_SECONDS,
            "iat": now,
            "iss": ISSUER,
            "name": "Ada Lovelace",
            "role": "administrator",
            "sub": format!("Qk3pVn8yXc5tRw2zLm7bHs4d{number:08}"),
        }))?;
        writeln!(file, "{token}")?;
    }
    file.flush()?;
    Ok(())
}
