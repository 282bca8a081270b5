//! From configuration to a running service, and to its end.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;
use tokio::{net::TcpListener, signal};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{
    clock::Clock,
    config::Config,
    routes::{Context, router},
    store::Store,
};

/// Serves until SIGTERM or Ctrl-C, then lets the requests under way finish.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let store = match &config.database {
        Some(file) => {
            Store::open(file).with_context(|| format!("cannot open {}", file.display()))?
        }
        None => Store::memory().context("cannot open a database in memory")?,
    };
    let listener = TcpListener::bind(&config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot tell the address listened on")?;
    let origin = config.cors_origin.to_str().unwrap_or_default();
    let keys = &config.key_source;
    writeln!(
        std::io::stderr(),
        "todo-api-axum listening on http://{address} (keys: {keys}; CORS origin: {origin})"
    )
    .context("cannot write to stderr")?;
    let context = Context { store, clock: Clock::system() };
    let router = router(context, config.verifier, config.cors_origin);
    axum::serve(listener, router)
        .with_graceful_shutdown(asked_to_stop())
        .await
        .context("serving failed")
}

async fn asked_to_stop() {
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            // Without the signal there is nothing to wait for; not being stoppable is not stopping.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
