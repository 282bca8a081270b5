//! A histogram of atomics. The library's own takes a lock for each observation.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// How long something took, in buckets. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Microseconds, ascending: a bucket holds what took no longer.
    ends: &'static [u64],
    /// One for each end, and one for everything longer.
    counts: Box<[AtomicU64]>,
    microseconds: AtomicU64,
}

impl Histogram {
    pub(crate) fn new(ends: &'static [u64]) -> Self {
        let counts = (0..=ends.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { ends, counts, microseconds: AtomicU64::new(0) }))
    }

    pub(crate) fn observe(&self, duration: Duration) {
        let inner = &*self.0;
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = inner.ends.partition_point(|end| *end < microseconds);
        if let Some(count) = inner.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        inner.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// Whether anything was observed.
    pub(crate) fn is_used(&self) -> bool {
        self.0.counts.iter().any(|count| count.load(Ordering::Relaxed) > 0)
    }

    /// The count is the sum of the buckets, each read once: however many observe meanwhile, the
    /// two agree, as readers of the format require.
    pub(crate) fn encode(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        let ends = self.0.ends.iter().map(|end| seconds(*end)).chain([f64::MAX]);
        let counts = self.0.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = ends.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = seconds(self.0.microseconds.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        Self::encode(self, &mut encoder)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a century are exact in an f64")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn buckets_hold_their_ends_and_everything_is_in_the_last() {
        let histogram = Histogram::new(&[1_000, 2_000]);
        for microseconds in [0, 1_000, 1_001, 2_000, 2_001, u64::from(u32::MAX)] {
            histogram.observe(Duration::from_micros(microseconds));
        }
        let mut registry = Registry::default();
        registry.register("time", "Time", histogram);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        for line in [
            "time_bucket{le=\"0.001\"} 2",
            "time_bucket{le=\"0.002\"} 4",
            "time_bucket{le=\"+Inf\"} 6",
            "time_count 6",
            "time_sum 4294.973297",
        ] {
            assert!(text.lines().any(|one| one == line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn a_duration_without_end_breaks_nothing() {
        let histogram = Histogram::new(&[1]);
        histogram.observe(Duration::MAX);
        histogram.observe(Duration::MAX);
        assert!(histogram.is_used());
    }
}
