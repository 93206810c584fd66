//! The reconciler's checks against planted faults: exactly the intended checks find each.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test prepares must succeed, or the test fails"
)]

mod books;
mod leaves;
mod planting;
mod settling;
mod standing;
mod sums;
mod world;

use audit::checks::{self, Verdict};
use world::consistent;

#[test]
fn a_consistent_snapshot_passes_every_check() {
    let snapshot = consistent(40);
    let report = checks::run(&snapshot);
    for (check, verdict) in &report.verdicts {
        assert_eq!(*verdict, Verdict::Passed, "{check:?}");
    }
}
