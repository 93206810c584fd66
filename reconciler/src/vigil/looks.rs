//! The times of reconciler runs, shared by the run loop and the one that watches it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use audit::checks::{Check, Skip, Verdict};
use audit::vigil::{LookSeen, canary_is_caught};

use crate::run_report::RunReport;

/// When looks and checks were last done.
#[derive(Clone, Debug, Default)]
pub struct Looks(Arc<Mutex<Last>>);

#[derive(Debug)]
struct Last {
    /// When looks began to be expected, or the last one ended.
    look: Instant,
    checks: BTreeMap<Check, Instant>,
    /// Block and fact of the last look, and what came of it.
    position: Option<(u64, u64)>,
    findings: usize,
}

impl Default for Last {
    fn default() -> Self {
        Self {
            look: Instant::now(),
            checks: BTreeMap::new(),
            position: None,
            findings: 0,
        }
    }
}

impl Looks {
    /// Looks are expected from now on: this process became the one that looks.
    pub(crate) fn expect(&self) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Last::default();
    }

    /// A look ended; of an empty ledger without anything.
    pub(crate) fn ended(&self, looked: Option<&RunReport>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        last.look = now;
        let Some(looked) = looked else { return };
        last.position = Some((looked.position.block_number, looked.position.fact_seq));
        last.findings = looked.report.findings().count();
        for (check, verdict) in &looked.report.verdicts {
            match verdict {
                Verdict::Passed | Verdict::Failed { .. } => {
                    last.checks.insert(*check, now);
                }
                Verdict::Skipped(Skip::NotConfigured(_)) => {
                    last.checks.remove(check);
                }
                Verdict::Skipped(_) => {
                    last.checks.entry(*check).or_insert(now);
                }
            }
        }
    }

    /// Block, fact and number of findings of the last look, and how long it is ago.
    pub(crate) fn last(&self) -> (Option<(u64, u64)>, usize, Duration) {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (last.position, last.findings, last.look.elapsed())
    }

    /// As R20 judges it.
    pub(crate) fn seen(&self, look_max: Duration, check_max: Duration) -> LookSeen {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let checks = last.checks.iter();
        LookSeen {
            look_seconds: last.look.elapsed().as_secs(),
            look_seconds_max: look_max.as_secs(),
            checks: checks
                .map(|(check, at)| (*check, at.elapsed().as_secs()))
                .collect(),
            check_seconds_max: check_max.as_secs(),
            canary_is_caught: canary_is_caught(),
        }
    }
}
