//! What people are told about the node and the progress: metrics, and logs when finality falls behind.

use crate::step::View;

/// Blocks between head and finality from which people are warned: on BNB Smart Chain usual are about three.
const LAG_SLOW: u64 = 20;

/// Blocks between head and finality from which finality counts as stalled.
const LAG_STALLED: u64 = 64;

/// How finality keeps up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Finality {
    #[default]
    Healthy,
    Slow,
    Stalled,
}

impl Finality {
    fn of(lag: u64) -> Self {
        match lag {
            LAG_STALLED.. => Self::Stalled,
            LAG_SLOW.. => Self::Slow,
            _ => Self::Healthy,
        }
    }
}

/// What was told last, so that a change is told once.
#[derive(Debug, Default)]
pub(crate) struct Health {
    finality: Finality,
}

impl Health {
    pub(crate) fn observe(&mut self, view: &View) {
        let lag = view.head.number.saturating_sub(view.finalized.number);
        metrics::gauge!("trellis_listener_head_blocks").set(as_gauge(view.head.number));
        metrics::gauge!("trellis_listener_final_blocks").set(as_gauge(view.finalized.number));
        metrics::gauge!("trellis_listener_finality_lag_blocks").set(as_gauge(lag));
        let finality = Finality::of(lag);
        if finality == self.finality {
            return;
        }
        self.finality = finality;
        match finality {
            Finality::Healthy => tracing::info!(chain.lag = lag, "finality keeps up again"),
            Finality::Slow => tracing::warn!(chain.lag = lag, "finality falls behind"),
            Finality::Stalled => tracing::error!(chain.lag = lag, "finality has stalled"),
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "what people are told is one thing with one owner"
    )]
    pub(crate) fn recorded(&self, blocks: usize, entries: usize) {
        metrics::counter!("trellis_listener_blocks_total").increment(blocks as u64);
        metrics::counter!("trellis_listener_entries_total").increment(entries as u64);
    }

    #[expect(
        clippy::unused_self,
        reason = "what people are told is one thing with one owner"
    )]
    pub(crate) fn rewound(&self) {
        metrics::counter!("trellis_listener_reorganizations_total").increment(1);
    }
}

/// Metrics are floating point; block numbers are exact in them up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
fn as_gauge(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_of_finality_has_three_degrees() {
        assert_eq!(Finality::of(19), Finality::Healthy);
        assert_eq!(Finality::of(20), Finality::Slow);
        assert_eq!(Finality::of(64), Finality::Stalled);
    }
}
