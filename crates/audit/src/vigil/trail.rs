//! R24: the audit log is what was sealed, and new rows of it are sealed soon.

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Verdict};
use crate::trail::Break;

/// What a round saw of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailSeen {
    /// Where it is broken, of the part that this round read.
    pub broken: Vec<Break>,
    /// Seconds since the oldest row was written that is not sealed; `None` when all are.
    pub unsealed_seconds: Option<u64>,
}

/// R24. A row must be sealed within so many seconds.
pub fn trail(seen: &TrailSeen, unsealed_seconds_max: u64) -> Verdict {
    let mut out = Findings::of(Check::Trail);
    for broken in &seen.broken {
        let row = broken
            .audit_id
            .map_or_else(String::new, |id| format!(", row {id}"));
        let detail = format!("{}{row}", broken.how.meaning());
        let sides = Sides("as it was sealed", broken.how.name());
        out.note(broken, sides, BreakCause::Tampering, &detail);
    }
    if let Some(waited) = seen
        .unsealed_seconds
        .filter(|waited| *waited > unsealed_seconds_max)
    {
        let sides = Sides(format!("at most {unsealed_seconds_max}"), waited);
        let detail = "seconds since the oldest row of the audit log was written that is not sealed";
        out.note("sealing", sides, BreakCause::Silence, detail);
    }
    out.verdict()
}
