//! R22: no quarantined command or batch is waiting for review.

use alloy_primitives::B256;

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Verdict};

/// A command that the posting worker has quarantined and nobody dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSeen {
    /// Its id in the inbox.
    pub inbox_id: i64,
    /// Who sent it, and under which key.
    pub natural_key: String,
    /// Why it is quarantined; empty when nobody said.
    pub cause: String,
    /// The same, for people.
    pub detail: String,
}

/// R22, of commands and of payout batches that nobody gave up.
pub fn quarantine(seen: &[CommandSeen], batches: &[B256]) -> Verdict {
    let mut out = Findings::of(Check::Quarantine);
    for command in seen {
        let cause = if command.cause.is_empty() {
            "quarantined without a recorded cause"
        } else {
            command.cause.as_str()
        };
        let sides = Sides("posted", format!("{cause}: {}", command.detail));
        let detail = format!("a command in the inbox ({}) is quarantined", command.natural_key);
        let subject = format!("command {}", command.inbox_id);
        out.note(subject, sides, BreakCause::Unreadable, &detail);
    }
    for batch in batches {
        let sides = Sides("paid or cancelled", "put aside");
        let detail = "a batch that differs from what people approved, or that reverted for an unknown reason";
        out.note(format!("batch {batch}"), sides, BreakCause::Unreadable, detail);
    }
    out.verdict()
}
