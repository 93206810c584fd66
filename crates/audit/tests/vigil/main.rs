//! What is judged between the runs, against planted faults: each is found under its own subject, and nothing else is.

mod accounts;
mod agreement;
mod freshness;
mod quarantine;
mod reconciler;
mod rescan;
mod schedule;
mod trail;

use audit::checks::{Severity, Verdict};

/// Severity and subject of everything that was found.
fn found(verdict: Verdict) -> Vec<(Severity, String)> {
    match verdict {
        Verdict::Failed { findings, .. } => findings
            .into_iter()
            .map(|finding| (finding.severity, finding.subject))
            .collect(),
        Verdict::Passed | Verdict::Skipped(_) => Vec::new(),
    }
}
