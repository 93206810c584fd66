//! R16: all endpoints have the same final block and the same journal there, and those that the listener recorded.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, JournalRoot, Severity, Verdict};

/// An endpoint that does not respond for this long is reported.
const UNANSWERED_SECONDS_MAX: u64 = 20;

/// An endpoint whose final block is so far below the newest one does not vouch for anything: a minute of BNB Smart Chain.
const BEHIND_BLOCKS_MAX: u64 = 128;

/// A block that an endpoint has at a height, and the contract's journal there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FinalSeen {
    /// The block's hash.
    pub hash: B256,
    /// The journal's sequence at its end.
    pub seq: u64,
    /// The journal's root at its end.
    pub root: JournalRoot,
}

/// What the listener recorded as its newest final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedFinal {
    /// Its height.
    pub number: u64,
    /// The block and the journal.
    pub seen: FinalSeen,
}

/// What one endpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSeen {
    /// Host and port.
    pub name: String,
    /// Seconds since it last answered every question; 0 when it did now.
    pub unanswered_seconds: u64,
    /// Height of its newest final block, if it answered.
    pub finalized: Option<u64>,
    /// What it has at the height that all were requested.
    pub common: Option<FinalSeen>,
    /// What it has at the height of [`RecordedFinal`].
    pub recorded: Option<FinalSeen>,
}

/// R16. `common` is the height that all were requested.
pub fn agreement(endpoints: &[EndpointSeen], common: u64, recorded: Option<RecordedFinal>) -> Verdict {
    let mut out = Findings::of(Check::Agreement);
    let newest = endpoints.iter().filter_map(|seen| seen.finalized).max();
    for seen in endpoints {
        let subject = format!("endpoint {}", seen.name);
        if seen.unanswered_seconds > UNANSWERED_SECONDS_MAX {
            let sides = Sides("an answer", format!("none for {} s", seen.unanswered_seconds));
            let detail = "an endpoint that does not respond cannot be compared with the others";
            out.note_as(Severity::S2, subject, sides, BreakCause::Endpoint, detail);
        } else if let (Some(newest), Some(own)) = (newest, seen.finalized)
            && newest.saturating_sub(own) > BEHIND_BLOCKS_MAX
        {
            let sides = Sides(newest, own);
            let detail = "newest final block of an endpoint, against that of the others";
            out.note_as(Severity::S2, subject, sides, BreakCause::Endpoint, detail);
        }
    }
    compare(endpoints, common, &mut out);
    if let Some(recorded) = recorded {
        for seen in endpoints {
            let differs = seen.recorded.filter(|own| *own != recorded.seen);
            if let Some(own) = differs {
                let sides = Sides(said(recorded.seen), said(own));
                let detail =
                    "final block and journal that the listener recorded, against what an endpoint has there";
                let subject = format!("recorded final block at {}", seen.name);
                out.note(subject, sides, BreakCause::Endpoint, detail);
            }
        }
    }
    out.verdict()
}

fn compare(endpoints: &[EndpointSeen], common: u64, out: &mut Findings) {
    let mut said_by: BTreeMap<FinalSeen, Vec<&str>> = BTreeMap::new();
    for seen in endpoints {
        if let Some(own) = seen.common {
            said_by.entry(own).or_default().push(&seen.name);
        }
    }
    if said_by.len() < 2 {
        return;
    }
    let mut answers: Vec<_> = said_by.into_iter().collect();
    // Most endpoints first; nobody says which of two is right.
    answers.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    let mut answers = answers
        .into_iter()
        .map(|(own, names)| format!("{} at {}", said(own), names.join(", ")));
    let sides = Sides(
        answers.next().unwrap_or_default(),
        answers.collect::<Vec<_>>().join("; "),
    );
    let detail = format!("final block {common} and the contract's journal there, by endpoint");
    out.note("final block", sides, BreakCause::Endpoint, &detail);
}

fn said(seen: FinalSeen) -> String {
    format!(
        "block {} with journal entry {} {}",
        seen.hash, seen.seq, seen.root
    )
}
