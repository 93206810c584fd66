//! Reports about the node and the progress: metrics, heartbeat, and logs when finality is falling behind.

use std::time::Duration;

use service::health::{Pulse, Role};

use crate::view::{Step, View};

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

/// A listener that makes no step for this long does not follow the chain.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What was reported last, so that a change is reported once, and what HTTP shows.
#[derive(Debug)]
pub(crate) struct Health {
    finality: Finality,
    pulse: Pulse,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            finality: Finality::default(),
            pulse: Pulse::new(SILENCE_MAX),
        }
    }
}

impl Health {
    /// What is served over HTTP.
    pub(crate) fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// A step was made. A node counts as missing when the listener has waited for it too long.
    pub(crate) fn stepped(&self, step: Step, is_waiting_for_long: bool) {
        let role = match step {
            Step::Standby => Role::StandsBy,
            Step::Stale | Step::Idle | Step::Advanced | Step::Rewound => Role::Leads,
        };
        self.pulse.beat_as(role);
        metrics::gauge!("trellis_listener_leads").set(f64::from(u8::from(role == Role::Leads)));
        if is_waiting_for_long {
            self.pulse
                .lacks("the node is behind what was recorded, or not consistent");
        } else if role == Role::Leads && self.finality == Finality::Stalled {
            self.pulse.lacks("finality has stalled");
        } else {
            self.pulse.has_everything();
        }
    }

    pub(crate) fn observe(&mut self, view: &View) {
        let lag = view.head.number.saturating_sub(view.finalized.number);
        metrics::gauge!("trellis_listener_head_blocks").set(as_gauge(view.head.number));
        metrics::gauge!("trellis_listener_final_blocks").set(as_gauge(view.finalized.number));
        metrics::gauge!("trellis_listener_finality_lag_blocks").set(as_gauge(lag));
        metrics::gauge!("trellis_listener_final_timestamp_seconds").set(as_gauge(view.finalized.timestamp));
        self.pulse.note("head", view.head.number);
        self.pulse.note("final", view.finalized.number);
        self.pulse.note("final_timestamp", view.finalized.timestamp);
        let finality = Finality::of(lag);
        if finality == self.finality {
            return;
        }
        self.finality = finality;
        match finality {
            Finality::Healthy => tracing::info!(chain.lag = lag, "finality has caught up"),
            Finality::Slow => tracing::warn!(chain.lag = lag, "finality is falling behind"),
            Finality::Stalled => tracing::error!(chain.lag = lag, "finality has stalled"),
        }
    }

    #[expect(clippy::unused_self, reason = "the message for people has one owner")]
    pub(crate) fn recorded(&self, blocks: usize, entries: usize) {
        metrics::counter!("trellis_listener_blocks_total").increment(blocks as u64);
        metrics::counter!("trellis_listener_entries_total").increment(entries as u64);
    }

    #[expect(clippy::unused_self, reason = "the message for people has one owner")]
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
