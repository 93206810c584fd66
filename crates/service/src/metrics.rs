//! The process's metrics recorder and the text that Prometheus reads.
//!
//! Metrics are recorded with the macros of the `metrics` crate and named `trellis_<process>_<thing>_<unit>`.
//! Not responsible for HTTP: see `health`, or the routes of a service of its own.

pub use metrics_exporter_prometheus::BuildError as InstallError;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4";

/// Upper bounds of every `*_seconds` histogram. From half a millisecond (one statement) to a minute, the
/// time in which a person on call is to be told; about one step per factor of two.
const SECONDS_BUCKETS: [f64; 17] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0,
];

/// Access to everything this process has recorded.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Everything recorded so far, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Installs the recorder for the whole process. Fails when another one is installed.
pub fn install() -> Result<Metrics, InstallError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .install_recorder()
        .map(Metrics)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_recorded_is_rendered() {
        let metrics = super::install().expect("the first recorder of the process");
        metrics::counter!("trellis_test_facts_total", "source" => "chain").increment(3);
        metrics::histogram!("trellis_test_commit_seconds").record(0.003);
        let text = metrics.render();
        assert!(
            text.contains("trellis_test_facts_total{source=\"chain\"} 3"),
            "{text}"
        );
        assert!(
            text.contains("trellis_test_commit_seconds_bucket{le=\"0.005\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("trellis_test_commit_seconds_bucket{le=\"0.002\"} 0"),
            "{text}"
        );
    }
}
