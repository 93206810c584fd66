//! R20: the reconciler itself runs as often as required.

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Verdict};

/// When something was last done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookSeen {
    /// Seconds since a look ended, or since looks were expected.
    pub look_seconds: u64,
    /// The longest that this may be, in seconds.
    pub look_seconds_max: u64,
    /// By check, seconds since it ran; checks that nobody configured are left out.
    pub checks: Vec<(Check, u64)>,
    /// The longest that this may be, in seconds.
    pub check_seconds_max: u64,
    /// Whether the planted wei was found.
    pub canary_is_caught: bool,
}

/// R20.
pub fn reconciler(seen: &LookSeen) -> Verdict {
    let mut out = Findings::of(Check::Reconciler);
    if seen.look_seconds > seen.look_seconds_max {
        let sides = Sides(format!("at most {}", seen.look_seconds_max), seen.look_seconds);
        let detail = "seconds since the reconciler last finished a run";
        out.note("look", sides, BreakCause::Silence, detail);
    }
    for (check, seconds) in &seen.checks {
        if *seconds > seen.check_seconds_max {
            let sides = Sides(format!("at most {}", seen.check_seconds_max), seconds);
            let detail = "seconds since the check last ran and was not skipped";
            out.note(
                format!("check {}", check.id()),
                sides,
                BreakCause::Silence,
                detail,
            );
        }
    }
    if !seen.canary_is_caught {
        let sides = Sides("found", "not found");
        let detail = "the test discrepancy of one wei that the checks must find";
        out.note("canary", sides, BreakCause::Silence, detail);
    }
    out.verdict()
}
