//! `gatewright serve`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatewright_report::Palette;
use gatewright_server::{
    AuditEntry, AuditEvent, BaseUrl, Clock, Context, DatabaseUrl, Random, listen, metrics_router,
    router,
};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::database;
use crate::args::ServeFlags;
use crate::config::{Resolved, Settings, mail_place, shown};
use crate::environment::Environment;
use crate::{Failure, logging, output, telemetry};

/// Serves until a signal says stop.
pub(crate) fn run(
    flags: &ServeFlags,
    environment: &Environment,
    palette: Palette,
) -> Result<(), Failure> {
    let runtime = Runtime::new().context("cannot start the runtime").map_err(Failure::Internal)?;
    let settings = Settings::read(flags, environment).map_err(Failure::Usage)?;
    let telemetry = settings.telemetry(environment).map_err(Failure::Usage)?.map(|options| {
        telemetry::start(options, runtime.handle(), Clock::system(), Random::system())
    });
    let (traces, exporter) = telemetry.transpose().map_err(Failure::Internal)?.unzip();
    let _log = logging::start(environment.get("GATEWRIGHT_LOG"), palette, traces)
        .map_err(Failure::Usage)?;
    let served = runtime.block_on(serve(settings, environment, palette));
    if let Some(exporter) = exporter {
        runtime.block_on(exporter.close());
    }
    served
}

async fn serve(
    settings: Settings,
    environment: &Environment,
    palette: Palette,
) -> Result<(), Failure> {
    let database = settings.database().map_err(Failure::Usage)?;
    // Bound first: with port 0 the base URL is known only then. Nobody is answered before the end.
    let (listener, address) = bind(settings.listen(), "--listen").await?;
    let metrics = match settings.metrics_listen() {
        Some(wanted) => Some(bind(wanted, "metrics.listen").await?),
        None => None,
    };
    let metrics_address = metrics.as_ref().map(|(_, address)| *address);

    let random = Random::system();
    let set = shown(&settings).filter(|key| key.place.is_some());
    let set: Map<_, _> = set.map(|key| (key.name.to_owned(), key.value)).collect();
    let dangers = settings.dangers();
    let resolved = settings.resolve(address, environment, &random).map_err(Failure::Usage)?;
    let store = database::open(
        &database,
        resolved.options.user.additional_fields.clone(),
        resolved.options.session.additional_fields.clone(),
    )
    .await?;
    let started = started(&resolved.options.base_url, set);
    let announcement = Announcement::new(&resolved, address, metrics_address, &database, dangers);
    let context = Context::new(resolved.options, store.clone(), Clock::system(), random)
        .context("the server cannot start")
        .map_err(Failure::Usage)?;

    context
        .check_keys()
        .await
        .context(
            "start with the secret that the signing keys were made with, or make a new one: \
             `gatewright keys rotate`",
        )
        .map_err(Failure::Usage)?;
    if !store.has_own_tables() {
        tracing::warn!(
            "the database has no tables of Gatewright's own: mails that wait and the like are kept \
             in memory; `gatewright db migrate` adds them"
        );
    }
    let stop = stop_signal().map_err(Failure::Internal)?;
    context.record(started).await;
    announcement.show(palette);
    // Figures are there for as long as anything else is.
    let (no_more_figures, told) = oneshot::channel::<()>();
    let figures = metrics.map(|(listener, _)| {
        let router = metrics_router(context.clone());
        tokio::spawn(listen(listener, router, async move { drop(told.await) }))
    });
    listen(listener, router(context.clone()), stop).await;
    context.close().await;
    drop(no_more_figures);
    if let Some(figures) = figures {
        // A panic there is no reason to end otherwise than in good order.
        let _ = figures.await;
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What the audit log says of this start. No key of the configuration holds a secret.
fn started(base_url: &BaseUrl, set: Map<String, Value>) -> AuditEntry {
    AuditEntry::new(AuditEvent::ServerStart)
        .detail("version", env!("CARGO_PKG_VERSION"))
        .detail("base_url", format!("{}{}", base_url.origin, base_url.path))
        .detail("set", set)
}

async fn bind(wanted: SocketAddr, by: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(wanted)
        .await
        .with_context(|| format!("cannot listen on {wanted}; choose another with {by}"))
        .map_err(Failure::Internal)?;
    let address = listener.local_addr().context("no local address").map_err(Failure::Internal)?;
    Ok((listener, address))
}

/// Ready when the process is asked to stop: SIGTERM, or Ctrl-C.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?
    };
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            _ = terminated => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: requests in flight are finished");
    })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What is said at start.
struct Announcement {
    address: SocketAddr,
    url: String,
    database: String,
    secret: String,
    trusted_origins: Vec<String>,
    mails: String,
    metrics: Option<SocketAddr>,
    dangers: Vec<&'static str>,
}

impl Announcement {
    fn new(
        resolved: &Resolved,
        address: SocketAddr,
        metrics: Option<SocketAddr>,
        database: &DatabaseUrl,
        dangers: Vec<&'static str>,
    ) -> Self {
        let base_url = &resolved.options.base_url;
        Self {
            address,
            url: format!("{}{}", base_url.origin, base_url.path),
            database: match database {
                DatabaseUrl::Sqlite(file) => absolute(file).display().to_string(),
                server @ DatabaseUrl::Postgres(_) => server.to_string(),
            },
            secret: resolved.secret_source.to_string(),
            trusted_origins: resolved.trusted_origins.clone(),
            mails: mail_place(&resolved.options.mail),
            metrics,
            dangers,
        }
    }

    /// Three commands that show the main job.
    fn commands(&self) -> [String; 3] {
        let url = &self.url;
        [
            format!(
                "curl -c cookies.txt -H 'content-type: application/json' {url}/sign-up/email \
                 -d '{{\"name\":\"Ada\",\"email\":\"ada@example.com\",\"password\":\"correct horse\"}}'"
            ),
            format!("curl -b cookies.txt {url}/token"),
            format!("curl {url}/jwks"),
        ]
    }

    #[expect(clippy::print_stderr, reason = "the start-up lines, for people")]
    fn show(&self, palette: Palette) {
        use std::io::IsTerminal;
        let [sign_up, token, jwks] = self.commands();
        let database = &self.database;
        let trusted = self.trusted_origins.join(", ");
        let is_for_people = std::io::stderr().is_terminal();
        for danger in &self.dangers {
            if is_for_people {
                output::warn(palette, danger);
            } else {
                tracing::warn!("{danger}");
            }
        }
        if !is_for_people {
            tracing::info!(
                address = %self.address, url = self.url, database, secret = self.secret,
                trusted_origins = trusted, mails = self.mails, try_sign_up = sign_up, try_token = token,
                try_jwks = jwks, metrics = self.metrics.map(tracing::field::display), "listening"
            );
            return;
        }
        let line = |name: &str, value: &str| {
            eprintln!("  {} {value}", palette.faint(format!("{name:<9}")));
        };
        eprintln!(
            "{} on {}",
            palette.strong("gatewright is listening"),
            palette.strong(self.address)
        );
        line("auth", &self.url);
        line("data", database);
        line("mails", &self.mails);
        line("secret", &self.secret);
        if let Some(metrics) = self.metrics {
            line("metrics", &format!("http://{metrics}/metrics"));
        }
        line("trusts", if trusted.is_empty() { "no other origin" } else { &trusted });
        eprintln!("\nTry next:\n  {sign_up}\n  {token}\n  {jwks}\n");
    }
}
