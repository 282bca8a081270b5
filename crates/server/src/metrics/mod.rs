//! What is counted, for Prometheus. Names and units follow its conventions.
//!
//! A request adds to a few atomics: no lock is taken and nothing is allocated for it. What costs
//! more, such as looking through `/proc`, is done when somebody asks for the figures.

mod histogram;
mod process;
mod requests;

use std::fmt;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::clock::Date;
use crate::error::{Cause, Outcome};
use histogram::Histogram;
use process::Process;
pub(crate) use requests::{Answered, method_name};
use requests::{Event, Requests};

/// The upper ends of the buckets for a request's time, in microseconds.
const REQUEST_BUCKETS: &[u64] = &[
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// The same for a password hash, the wait for it not included.
const HASH_BUCKETS: &[u64] =
    &[10_000, 25_000, 50_000, 75_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000];

/// Everything that is counted.
pub(crate) struct Metrics {
    pub(crate) requests: Requests,
    pub(crate) rate_limited: Counter,
    pub(crate) tokens_issued: Counter,
    pub(crate) passwords: Passwords,
    pub(crate) lockouts: Lockouts,
    pub(crate) mails: Mails,
    /// Set when somebody asks.
    mails_waiting: Gauge,
    sign_ins: Outcomes,
    sign_ups: Outcomes,
    /// By what is the matter: `busy` or `failed`.
    database_errors: Family<[(&'static str, &'static str); 1], Counter>,
    registry: Registry,
}

/// How something ended, and how often: by an error code of the wire, or `OK`.
type Outcomes = Family<[(&'static str, &'static str); 1], Counter>;

/// What became of mails: each try to deliver one, and those that were never tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mails {
    pub(crate) delivered: Counter,
    /// Not this time; it is tried again.
    pub(crate) retried: Counter,
    /// Never more.
    pub(crate) given_up: Counter,
    /// Not even queued.
    pub(crate) dropped: Counter,
}

/// What wrong passwords led to.
#[derive(Debug, Default)]
pub(crate) struct Lockouts {
    /// Delays that began for an account, whether or not there is one.
    pub(crate) account: Counter,
    /// Delays that began for an address.
    pub(crate) address: Counter,
    /// Tries that were not answered since they came during a delay.
    pub(crate) refused: Counter,
}

/// What the threads that hash passwords do.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    pub(crate) waiting: Gauge,
    pub(crate) running: Gauge,
    pub(crate) refused: Counter,
    pub(crate) duration: Histogram,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            waiting: Gauge::default(),
            running: Gauge::default(),
            refused: Counter::default(),
            duration: Histogram::new(HASH_BUCKETS),
        }
    }
}

impl Metrics {
    /// `routes` are the templates that a request may be counted under: no other text becomes a
    /// label, so that no stranger decides how many there are.
    pub(crate) fn new(routes: impl Iterator<Item = String>, base_path: &str, start: Date) -> Self {
        let mut metrics = Self {
            requests: Requests::new(routes, base_path),
            rate_limited: Counter::default(),
            tokens_issued: Counter::default(),
            passwords: Passwords::default(),
            lockouts: Lockouts::default(),
            mails: Mails::default(),
            mails_waiting: Gauge::default(),
            sign_ins: Family::default(),
            sign_ups: Family::default(),
            database_errors: Family::default(),
            registry: Registry::default(),
        };
        metrics.register(start);
        metrics
    }

    /// A name as it stands here gets its unit, and `_total` if it counts, from the library.
    fn register(&mut self, start: Date) {
        for outcomes in [&self.sign_ins, &self.sign_ups] {
            drop(outcomes.get_or_create(&[("outcome", "OK")]));
        }
        for cause in [Cause::DatabaseBusy, Cause::DatabaseFailed] {
            drop(self.database_errors.get_or_create(&[("kind", kind(cause))]));
        }
        let registry = &mut self.registry;
        registry.register_collector(Box::new(self.requests.clone()));
        registry.register_collector(Box::new(Process { start }));
        let ours = registry.sub_registry_with_prefix("gatewright");
        ours.register("sign_ins", "Sign-ins by their outcome", self.sign_ins.clone());
        ours.register("sign_ups", "Sign-ups by their outcome", self.sign_ups.clone());
        ours.register("tokens_issued", "JWTs signed", self.tokens_issued.clone());
        ours.register(
            "rate_limited_requests",
            "Requests that came too soon, and were answered 429",
            self.rate_limited.clone(),
        );
        ours.register(
            "database_errors",
            "Requests that failed at the database: too busy, or an error",
            self.database_errors.clone(),
        );
        ours.register("mails_waiting", "Mails not delivered yet", self.mails_waiting.clone());
        let Lockouts { account, address, refused } = &self.lockouts;
        let begun = [("account", account), ("address", address)];
        ours.register("lockouts", "Delays that wrong passwords led to", labelled("of", begun));
        ours.register(
            "lockout_refused",
            "Passwords that were not tried since there was a delay",
            refused.clone(),
        );
        let Mails { delivered, retried, given_up, dropped } = &self.mails;
        let ends = [
            ("delivered", delivered),
            ("retried", retried),
            ("given_up", given_up),
            ("dropped", dropped),
        ];
        ours.register("mails", "What became of mails", labelled("outcome", ends));
        let Passwords { waiting, running, refused, duration } = self.passwords.clone();
        ours.register("password_hashes_waiting", "Passwords that wait to be hashed", waiting);
        ours.register("password_hashes_running", "Passwords that are being hashed", running);
        ours.register(
            "password_hashes_refused",
            "Passwords not hashed, since too many were waiting",
            refused,
        );
        ours.register_with_unit(
            "password_hash_duration",
            "Time that a password hash took, without the wait for it",
            Unit::Seconds,
            duration,
        );
    }

    /// Counts a request that was answered.
    pub(crate) fn count(&self, request: &Answered<'_>, outcome: Option<&Outcome>) {
        let event = self.requests.count(request);
        let outcomes = match event {
            Some(Event::SignIn) => Some(&self.sign_ins),
            Some(Event::SignUp) => Some(&self.sign_ups),
            None => None,
        };
        if let Some(outcomes) = outcomes {
            outcomes.get_or_create(&[("outcome", request.outcome(outcome))]).inc();
        }
        if let Some(cause) = outcome.and_then(|outcome| outcome.cause) {
            self.database_errors.get_or_create(&[("kind", kind(cause))]).inc();
        }
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn text(&self, mails_waiting: Option<i64>) -> Result<String, fmt::Error> {
        if let Some(count) = mails_waiting {
            self.mails_waiting.set(count);
        }
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Counters under one name, told apart by a label whose values are these and no others.
#[derive(Debug)]
struct Labelled<const N: usize> {
    label: &'static str,
    counters: [(&'static str, Counter); N],
}

fn labelled<const N: usize>(
    label: &'static str,
    counters: [(&'static str, &Counter); N],
) -> Labelled<N> {
    Labelled { label, counters: counters.map(|(value, counter)| (value, counter.clone())) }
}

impl<const N: usize> EncodeMetric for Labelled<N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (value, counter) in &self.counters {
            counter.encode(encoder.encode_family(&[(self.label, *value)])?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

fn kind(cause: Cause) -> &'static str {
    match cause {
        Cause::DatabaseBusy => "busy",
        Cause::DatabaseFailed => "failed",
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
