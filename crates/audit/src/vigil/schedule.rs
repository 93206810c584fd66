//! R23: a day of the plan's calendar is posted soon after it ended.

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Verdict};

/// The first day that is not posted, of a plan with days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DaySeen {
    /// The contract's block is final, and still nobody has recorded when it was: no day can begin.
    Unknown,
    /// A day.
    Open {
        /// Its date.
        date: String,
        /// Seconds from its end to the last final block; 0 before.
        ended_seconds: u64,
    },
}

/// R23. A day may be posted so many seconds after it ended.
pub fn schedule(seen: Option<&DaySeen>, seconds_max: u64) -> Verdict {
    let mut out = Findings::of(Check::Schedule);
    match seen {
        Some(DaySeen::Open { date, ended_seconds }) if *ended_seconds > seconds_max => {
            let sides = Sides(format!("at most {seconds_max}"), ended_seconds);
            let detail =
                format!("seconds since {date} ended, by the last final block; the day is not posted");
            out.note("day", sides, BreakCause::Silence, &detail);
        }
        Some(DaySeen::Unknown) => {
            let sides = Sides("recorded", "missing");
            let detail = "the block of the contract's deployment, with which the plan's calendar begins";
            out.note("calendar", sides, BreakCause::Silence, detail);
        }
        Some(DaySeen::Open { .. }) | None => {}
    }
    out.verdict()
}
