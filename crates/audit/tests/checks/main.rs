//! The reconciler's checks against planted faults: exactly the intended checks find each.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test prepares must succeed, or the test fails"
)]

mod bookings;
mod books;
mod leaves;
mod planting;
mod purchases;
mod settling;
mod standing;
mod sums;
mod world;

use audit::checks::{Check, Report, Snapshot, Verdict, run_one};
use world::consistent;

/// Runs every check.
fn run(snapshot: &Snapshot) -> Report {
    let verdict = |check| (check, run_one(check, snapshot));
    Report {
        verdicts: Check::ALL.into_iter().map(verdict).collect(),
    }
}

fn all_passed(report: &Report) -> bool {
    report
        .verdicts
        .iter()
        .all(|(_, verdict)| *verdict == Verdict::Passed)
}

#[test]
fn a_consistent_snapshot_passes_every_check() {
    let snapshot = consistent(40);
    let report = run(&snapshot);
    for (check, verdict) in &report.verdicts {
        assert_eq!(*verdict, Verdict::Passed, "{check:?}");
    }
}
