//! What happens, for metrics: codes and durations, and nothing of any token.

use std::{fmt, sync::Arc, time::Duration};

/// Something to count or to time. Its texts are few and constant, so that they can be labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A guard let a request pass or turned it away.
    #[non_exhaustive]
    Judged {
        /// `accepted`, `anonymous`, or the [`Denial::code`](crate::Denial::code).
        code: &'static str,
        /// From the request's arrival at the guard to the verdict, with the wait for keys if any.
        took: Duration,
    },
    /// A request that the guard let pass was denied behind it: by a [`Require`](crate::Require), an
    /// extractor, or another guard.
    #[non_exhaustive]
    DeniedWithin {
        /// The [`Denial::code`](crate::Denial::code).
        code: &'static str,
    },
    /// A source of keys was asked.
    #[non_exhaustive]
    KeysFetched {
        /// The address or the file.
        source: &'e str,
        /// `changed` or `unchanged`; else what failed: `bad-discovery`, `bad-status`, `lost`,
        /// `no-keys`, `timed-out`, `too-large`, `unreachable`, `unreadable`.
        code: &'static str,
        /// How long it took.
        took: Duration,
    },
}

/// Is told every [`Event`], on the thread where it happens: it should count and return.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use gatewright_guard::{Event, Guard, Observer, Policy, Verifier};
///
/// let denied = Arc::new(AtomicU64::new(0));
/// let counter = Arc::clone(&denied);
/// let observer = Observer::new(move |event| match event {
///     Event::Judged { code, .. } if *code != "accepted" => {
///         counter.fetch_add(1, Ordering::Relaxed);
///     }
///     Event::KeysFetched { source, code, took, .. } => println!("{source}: {code} in {took:?}"),
///     _ => {}
/// });
/// # let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
/// let verifier = Verifier::from_secret(policy, b"a shared secret of 32 bytes or more")?
///     .with_observer(observer);
/// # let app: axum::Router = axum::Router::new().fallback(async || "in").layer(Guard::new(verifier));
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # let request = http::Request::new(axum::body::Body::empty());
/// # runtime.block_on(tower::ServiceExt::oneshot(app, request)).unwrap();
/// assert_eq!(denied.load(Ordering::Relaxed), 1);
/// # Ok::<(), gatewright_guard::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl Observer {
    /// An observer that calls `told`.
    pub fn new(told: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        (self.0)(event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
