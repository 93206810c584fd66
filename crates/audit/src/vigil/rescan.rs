//! R15: what another endpoint has of a range of final blocks is what was recorded of it.

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes};

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Severity, Verdict};

/// The identity of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogKey {
    /// Height of its block.
    pub block_number: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Its place in the block.
    pub log_index: u32,
}

/// A log of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescannedLog {
    /// Its identity.
    pub key: LogKey,
    /// The transaction that emitted it.
    pub transaction_hash: B256,
    /// Indexed values, the event's first.
    pub topics: Vec<B256>,
    /// All other values.
    pub data: Bytes,
}

/// R15: what was recorded, against what the endpoint says, of the same range.
pub fn rescan(recorded: &[RescannedLog], seen: &[RescannedLog]) -> Verdict {
    let mut out = Findings::of(Check::Rescan);
    let by_key = |logs: &[RescannedLog]| -> BTreeMap<LogKey, RescannedLog> {
        logs.iter().map(|log| (log.key, log.clone())).collect()
    };
    let (recorded, seen) = (by_key(recorded), by_key(seen));
    for (key, log) in &seen {
        match recorded.get(key) {
            None => note(
                *key,
                ("recorded", "missing", BreakCause::MissingEvent),
                Severity::S1,
                &mut out,
            ),
            Some(own) if own != log => {
                let differs = ("as recorded", "another log", BreakCause::Tampering);
                note(*key, differs, Severity::S1, &mut out);
            }
            Some(_) => {}
        }
    }
    // An endpoint that lost a part of its index says less than there is: no reason to stop.
    for key in recorded.keys().filter(|key| !seen.contains_key(key)) {
        let missing = ("at the endpoint, too", "recorded only", BreakCause::Endpoint);
        note(*key, missing, Severity::S2, &mut out);
    }
    out.verdict()
}

fn note(key: LogKey, what: (&str, &str, BreakCause), severity: Severity, out: &mut Findings) {
    let (expected, actual, cause) = what;
    let subject = format!(
        "block {} log {} of {}",
        key.block_number, key.log_index, key.block_hash
    );
    let detail = "a final log of the contract, recorded by the listener and read again from another endpoint";
    out.note_as(severity, subject, Sides(expected, actual), cause, detail);
}
