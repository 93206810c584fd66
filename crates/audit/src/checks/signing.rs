//! R12: whatever the chain accepted was signed by our signers, and their audit trails are intact.

use std::collections::BTreeSet;

use alloy_primitives::B256;

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, SignerMemory, Snapshot};

pub(super) fn check(snapshot: &Snapshot, signers: &[SignerMemory], out: &mut Findings) {
    for signer in signers {
        if let Some(broken) = &signer.broken_trail {
            let sides = Sides("an intact audit trail", broken);
            let detail = "a row of the signer's audit trail was changed, or is missing";
            out.note(
                format!("trail of {}", signer.name),
                sides,
                BreakCause::Tampering,
                detail,
            );
        }
    }
    let events = &snapshot.events;
    let registered = events.deposits.keys().copied();
    accepted(
        "intake",
        registered,
        signers,
        |signer| signer.intakes.as_ref(),
        out,
    );
    let executed = events
        .batches
        .iter()
        .filter(|(_, batch)| !batch.settled.is_empty());
    let executed = executed.map(|(id, _)| *id);
    accepted("batch", executed, signers, |signer| signer.batches.as_ref(), out);
    let published = events.roots.keys().copied();
    accepted("root", published, signers, |signer| signer.roots.as_ref(), out);
    let stored = snapshot.books.batches.iter().filter(|batch| batch.is_signed);
    let stored = stored.map(|batch| batch.id);
    accepted(
        "stored signature of batch",
        stored,
        signers,
        |signer| signer.batches.as_ref(),
        out,
    );
}

/// Notes whatever no signer remembers to have signed; nothing if no signer's memory of it was read.
fn accepted<'a>(
    what: &str,
    keys: impl Iterator<Item = B256>,
    signers: &'a [SignerMemory],
    memory: impl Fn(&'a SignerMemory) -> Option<&'a BTreeSet<B256>>,
    out: &mut Findings,
) {
    let memories: Vec<&BTreeSet<B256>> = signers.iter().filter_map(memory).collect();
    if memories.is_empty() {
        return;
    }
    for key in keys.filter(|key| !memories.iter().any(|memory| memory.contains(key))) {
        let sides = Sides("signed by one of our signers", "unknown to every signer");
        let detail = "what the chain accepted or we stored as signed, against the signers' records";
        out.note(
            format!("{what} {key}"),
            sides,
            BreakCause::ForeignTransaction,
            detail,
        );
    }
}
