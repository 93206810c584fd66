//! The posting worker's progress, for people and supervisors: heartbeat and metrics.

use std::time::{Duration, Instant};

use service::health::{Busy, Pulse, Role};

/// A worker that makes no step for this long is stuck: a step posts at most a few hundred facts.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A worker with a backlog for this long is behind: users see data that is at least that old.
const BEHIND_MAX: Duration = Duration::from_secs(60);

/// What the worker does.
#[derive(Debug)]
pub(super) struct Progress {
    pulse: Pulse,
    /// When nothing waited last.
    caught_up: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            pulse: Pulse::new(SILENCE_MAX),
            caught_up: Instant::now(),
        }
    }
}

impl Progress {
    /// What is served over HTTP.
    pub(super) fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Another process posts.
    pub(super) fn stands_by(&self) {
        self.pulse.beat_as(Role::StandsBy);
        metrics::gauge!("trellis_posting_leads").set(0.0);
    }

    /// The worker has the lease and reads what was posted, until what is returned is dropped.
    pub(super) fn rebuilds(&self) -> Busy {
        self.pulse.beat_as(Role::Leads);
        self.pulse.lacks("the state is being rebuilt");
        metrics::gauge!("trellis_posting_leads").set(1.0);
        self.pulse.while_busy()
    }

    /// The database is gone for the moment. That is no step: a worker without it for long does not work.
    pub(super) fn lacks_the_database(&self) {
        self.pulse.lacks("the database does not respond");
        metrics::counter!("trellis_posting_outages_total").increment(1);
    }

    /// The worker posts, from this fact on.
    pub(super) fn leads(&mut self, fact_seq: u64) {
        self.caught_up = Instant::now();
        self.pulse.has_everything();
        self.show(fact_seq);
    }

    /// Something was posted; more may wait.
    pub(super) fn posted(&self, fact_seq: u64, facts: usize, transfers: usize, took: Duration) {
        self.pulse.beat_as(Role::Leads);
        self.show(fact_seq);
        metrics::counter!("trellis_posting_facts_total").increment(facts as u64);
        metrics::counter!("trellis_posting_transfers_total").increment(transfers as u64);
        metrics::histogram!("trellis_posting_step_seconds").record(took);
        let behind = self.caught_up.elapsed();
        metrics::gauge!("trellis_posting_behind_seconds").set(behind);
        if behind > BEHIND_MAX {
            let cause = format!(
                "the backlog has exceeded posting capacity for {} s",
                behind.as_secs()
            );
            self.pulse.lacks(cause);
        }
    }

    /// Nothing waits.
    pub(super) fn idle(&mut self) {
        self.caught_up = Instant::now();
        self.pulse.beat_as(Role::Leads);
        self.pulse.has_everything();
        metrics::gauge!("trellis_posting_behind_seconds").set(0.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
    fn show(&self, fact_seq: u64) {
        self.pulse.note("fact_seq", fact_seq);
        metrics::gauge!("trellis_posting_last_fact").set(fact_seq as f64);
    }
}
