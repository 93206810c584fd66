//! [`Memory`]: the worker's cache between steps. It may be lost at any time: it only avoids repeated
//! requests and log messages.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use settlement::answer::Rejection;
use signer_client::Call;

use super::network::Look;

/// Between two looks for a trace of ours at a nonce that someone used: receipts may lag behind nonces.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What something is waited for.
pub(super) type Subject = Vec<u8>;

/// What the worker remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What nodes said last.
    pub(super) look: Option<Look>,
    /// Calls of live submissions.
    pub(super) calls: HashMap<i64, Arc<Call>>,
    /// Attempts that every node rejected permanently when they were last sent.
    pub(super) rejected: HashMap<(i64, u32), Rejection>,
    /// The last day for which there was nothing to sweep.
    pub(super) swept_through: Option<u64>,
    /// When the sender was last compared with the chain.
    pub(super) compared: Option<Instant>,
    traces: HashMap<i64, (u32, Instant)>,
    waits: HashMap<Subject, Instant>,
    causes: HashMap<Subject, String>,
    told: HashSet<(i64, &'static str)>,
}

impl Memory {
    /// Whether this is not to be tried yet.
    pub(super) fn waits(&self, subject: &[u8]) -> bool {
        self.waits
            .get(subject)
            .is_some_and(|until| Instant::now() < *until)
    }

    /// Not to be tried for a while.
    pub(super) fn wait(&mut self, subject: &[u8], pause: Duration) {
        self.waits.insert(subject.to_vec(), Instant::now() + pause);
    }

    /// Whether the cause of waiting has changed since the last one: then it is logged.
    pub(super) fn is_changed(&mut self, subject: &[u8], cause: &str) -> bool {
        if self.causes.get(subject).is_some_and(|last| last == cause) {
            return false;
        }
        self.causes.insert(subject.to_vec(), cause.to_owned());
        true
    }

    /// It goes on: the next cause of waiting is news again.
    pub(super) fn resumed(&mut self, subject: &[u8]) {
        self.waits.remove(subject);
        self.causes.remove(subject);
    }

    /// Whether people were not told this of a submission yet.
    pub(super) fn is_untold(&mut self, submission: i64, what: &'static str) -> bool {
        self.told.insert((submission, what))
    }

    /// How often a nonce was seen used without a trace of ours.
    pub(super) fn looks_without_trace(&self, submission: i64) -> u32 {
        self.traces.get(&submission).map_or(0, |(looks, _)| *looks)
    }

    /// Counts one more such look, if the last one was long enough ago.
    pub(super) fn look_again(&mut self, submission: i64) {
        let now = Instant::now();
        let (looks, at) = self.traces.entry(submission).or_insert((1, now));
        if now.duration_since(*at) >= BETWEEN_LOOKS {
            *looks += 1;
            *at = now;
        }
    }

    /// A trace was found after all.
    pub(super) fn found_trace(&mut self, submission: i64) {
        self.traces.remove(&submission);
    }

    /// Forgets submissions that have ended.
    pub(super) fn retain(&mut self, is_live: impl Fn(i64) -> bool) {
        self.calls.retain(|id, _| is_live(*id));
        self.rejected.retain(|(id, _), _| is_live(*id));
        self.traces.retain(|id, _| is_live(*id));
        self.told.retain(|(id, _)| is_live(*id));
        let now = Instant::now();
        self.waits.retain(|_, until| now < *until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_of_waiting_is_told_once_until_it_goes_on() {
        let mut memory = Memory::default();
        assert!(memory.is_changed(b"a", "paused"));
        assert!(!memory.is_changed(b"a", "paused"));
        assert!(memory.is_changed(b"b", "paused"));
        assert!(memory.is_changed(b"a", "expired"));
        memory.resumed(b"a");
        assert!(memory.is_changed(b"a", "expired"));
    }

    #[test]
    fn looks_count_only_when_time_has_passed() {
        let mut memory = Memory::default();
        memory.look_again(1);
        memory.look_again(1);
        assert_eq!(memory.looks_without_trace(1), 1);
        memory.found_trace(1);
        assert_eq!(memory.looks_without_trace(1), 0);
    }
}
