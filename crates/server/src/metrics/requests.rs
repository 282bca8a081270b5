//! Requests by route, method and class of status.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use super::REQUEST_BUCKETS;
use super::histogram::Histogram;
use crate::error::Outcome;

/// What the method is called in logs and figures; one of somebody's own making could say anything.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other"];

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What no route stands for.
const NO_ROUTE: &str = "-";

/// A request that was answered.
pub(crate) struct Answered<'a> {
    /// The template; none where nothing is served.
    pub(crate) route: Option<&'a str>,
    pub(crate) method: &'a Method,
    pub(crate) status: StatusCode,
    pub(crate) duration: Duration,
}

impl Answered<'_> {
    /// How it ended, in a word of a bounded set: the answer's error code where it has one.
    pub(super) fn outcome(&self, outcome: Option<&Outcome>) -> &'static str {
        match self.status {
            status if status.is_success() || status.is_redirection() => "OK",
            StatusCode::TOO_MANY_REQUESTS => "TOO_MANY_REQUESTS",
            StatusCode::REQUEST_TIMEOUT => "REQUEST_TIMEOUT",
            status => match outcome.and_then(|outcome| outcome.code) {
                Some(code) => code,
                None if status.is_server_error() => "INTERNAL_SERVER_ERROR",
                None => "OTHER",
            },
        }
    }
}

/// The name of a method, of a bounded set.
pub(crate) fn method_name(method: &Method) -> &'static str {
    METHODS.get(method_index(method)).copied().unwrap_or("other")
}

fn method_index(method: &Method) -> usize {
    let other = METHODS.len() - 1;
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(other)
}

/// What is counted by itself beside the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    SignIn,
    SignUp,
}

/// Counters for each route. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Requests(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    routes: HashMap<String, Route>,
    no_route: Route,
    in_flight: Gauge,
}

#[derive(Debug)]
struct Route {
    event: Option<Event>,
    methods: [PerMethod; METHODS.len()],
}

#[derive(Debug)]
struct PerMethod {
    classes: [AtomicU64; CLASSES.len()],
    duration: Histogram,
}

impl Route {
    fn new(event: Option<Event>) -> Self {
        let per_method = || PerMethod {
            classes: std::array::from_fn(|_| AtomicU64::new(0)),
            duration: Histogram::new(REQUEST_BUCKETS),
        };
        Self { event, methods: std::array::from_fn(|_| per_method()) }
    }
}

impl Requests {
    pub(super) fn new(routes: impl Iterator<Item = String>, base_path: &str) -> Self {
        let event = |route: &str| match route.strip_prefix(base_path)? {
            path if path.starts_with("/sign-in/") => Some(Event::SignIn),
            path if path.starts_with("/sign-up/") => Some(Event::SignUp),
            _ => None,
        };
        let routes = routes.map(|route| {
            let counters = Route::new(event(&route));
            (route, counters)
        });
        Self(Arc::new(Inner {
            routes: routes.collect(),
            no_route: Route::new(None),
            in_flight: Gauge::default(),
        }))
    }

    /// Counts a request that has begun, until what is returned is dropped: a client may break off.
    pub(crate) fn begin(&self) -> InFlight {
        self.0.in_flight.inc();
        InFlight(self.0.in_flight.clone())
    }

    /// Counts it, and says what it was beside a request.
    pub(super) fn count(&self, request: &Answered<'_>) -> Option<Event> {
        let known = request.route.and_then(|route| self.0.routes.get(route));
        let route = known.unwrap_or(&self.0.no_route);
        let counters = route.methods.get(method_index(request.method))?;
        let class = usize::from(request.status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = counters.classes.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        counters.duration.observe(request.duration);
        route.event.filter(|_| *request.method == Method::POST)
    }

    /// Route, method and counters of everything that was asked for, in order.
    fn used(&self) -> Vec<(&str, &'static str, &PerMethod)> {
        let known = self.0.routes.iter().map(|(name, route)| (name.as_str(), route));
        let mut routes: Vec<_> = known.chain([(NO_ROUTE, &self.0.no_route)]).collect();
        routes.sort_unstable_by_key(|(name, _)| *name);
        let methods = |(name, route)| {
            let route: &Route = route;
            METHODS.into_iter().zip(&route.methods).map(move |(method, used)| (name, method, used))
        };
        routes
            .into_iter()
            .flat_map(methods)
            .filter(|(_, _, used)| used.duration.is_used())
            .collect()
    }
}

/// Somebody waits for an answer.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Collector for Requests {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        encoder
            .encode_descriptor(
                "gatewright_http_requests_in_flight",
                "Requests that are being answered",
                None,
                MetricType::Gauge,
            )?
            .encode_gauge(&self.0.in_flight.get())?;
        let used = self.used();
        let mut counts = encoder.encode_descriptor(
            "gatewright_http_requests",
            "Requests answered, by route, method and class of status",
            None,
            MetricType::Counter,
        )?;
        for (route, method, counters) in &used {
            for (class, count) in CLASSES.into_iter().zip(&counters.classes) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = [("route", *route), ("method", *method), ("status", class)];
                    let mut family = counts.encode_family(&labels)?;
                    family.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
                }
            }
        }
        let mut durations = encoder.encode_descriptor(
            "gatewright_http_request_duration",
            "Time from a request's head to its answer's, by route and method",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (route, method, counters) in &used {
            let labels = [("route", *route), ("method", *method)];
            counters.duration.encode(&mut durations.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_routes_and_methods_become_labels() {
        let requests = Requests::new(["/api/auth/ok".to_owned()].into_iter(), "/api/auth");
        let odd = Method::from_bytes(b"STOLEN-TOKEN").unwrap();
        for (route, method) in
            [(Some("/api/auth/ok"), &Method::GET), (None, &odd), (Some("/secret"), &Method::GET)]
        {
            let status = StatusCode::OK;
            let duration = Duration::from_millis(1);
            requests.count(&Answered { route, method, status, duration });
        }
        let used: Vec<_> = requests.used().into_iter().map(|(r, m, _)| (r, m)).collect();
        assert_eq!(used, [("-", "GET"), ("-", "other"), ("/api/auth/ok", "GET")]);
    }

    #[test]
    fn who_breaks_off_is_no_longer_in_flight() {
        let requests = Requests::new(std::iter::empty(), "");
        let (one, two) = (requests.begin(), requests.begin());
        assert_eq!(requests.0.in_flight.get(), 2);
        drop((one, two));
        assert_eq!(requests.0.in_flight.get(), 0);
    }
}
