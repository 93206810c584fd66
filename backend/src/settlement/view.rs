//! The input of a decision about a submission, assembled from records, cache and the last observation of the chain.

use std::collections::HashMap;

use alloy::primitives::B256;
use settlement::fees::Fees;
use settlement::state::BatchState;
use settlement::submission::{
    Attempt, Author, Outcome, Payload, Proof, Receipt, Status, Subject, View, Wishes,
};
use signer_client::Call;
use store::submission::{Kind, Submission};

use super::calls;
use super::network::Look;
use super::worker::{Records, Worker};

/// Hashes of blocks by number: the listener's, and where it has none, the node's.
pub(super) type Canonical = HashMap<u64, B256>;

impl Worker {
    /// The attempts of a submission as decisions see them, with the one that the signer was requested and whose bytes are not
    /// stored. A transaction whose event the listener recorded needs no receipt.
    pub(super) fn attempts(
        &self,
        records: &Records,
        look: &Look,
        canonical: &Canonical,
        submission: &Submission,
    ) -> Vec<Attempt> {
        let attempts = submission.attempts.iter().map(|attempt| {
            let hash = attempt.transaction_hash;
            let receipt = look.receipts.get(&hash).map(|receipt| Receipt {
                block_number: receipt.block.number,
                block_hash: receipt.block.hash,
                canonical_hash: canonical.get(&receipt.block.number).copied(),
                status: if receipt.succeeded {
                    Status::Succeeded
                } else {
                    Status::Reverted
                },
            });
            Attempt {
                number: attempt.number,
                payload: if attempt.noop {
                    Payload::Noop
                } else {
                    Payload::Call
                },
                fees: Fees::new(attempt.max_fee, attempt.priority_fee),
                signed: true,
                first_sent: attempt.first_sent_block,
                last_sent: attempt.last_sent_block,
                rejected: self
                    .memory
                    .rejected
                    .get(&(submission.id, attempt.number))
                    .copied(),
                receipt: receipt.filter(|_| records.recorded(hash).is_none()),
            }
        });
        let mut attempts: Vec<Attempt> = attempts.collect();
        let next = attempts.last().map_or(1, |last| last.number.saturating_add(1));
        if let Some(terms) = records.requested.get(&(submission.id, next)) {
            attempts.push(Attempt {
                number: next,
                payload: terms.payload,
                fees: terms.fees,
                signed: false,
                first_sent: None,
                last_sent: None,
                rejected: None,
                receipt: None,
            });
        }
        attempts
    }

    /// Everything that a decision depends on.
    pub(super) fn view<'a>(
        &self,
        records: &Records,
        look: &Look,
        submission: &Submission,
        call: &Call,
        attempts: &'a [Attempt],
    ) -> View<'a> {
        View {
            state: submission.state,
            nonce: submission.nonce,
            subject: Subject {
                deadline: calls::deadline(call),
                outcome: outcome(records, submission),
                proof: match submission.kind {
                    Kind::Batch | Kind::Root | Kind::Claim | Kind::Sweep => Proof::Event,
                    Kind::Noop => Proof::Receipt,
                },
            },
            attempts,
            gas_limit: calls::gas_limit(call),
            head: look.head,
            finalized: records.finalized,
            account: look.nonce,
            suggested: look.suggested,
            limits: self.limits,
            wishes: wishes(records, submission),
            gate: gate(records, submission.kind),
            looks_without_trace: self.memory.looks_without_trace(submission.id),
        }
    }
}

/// A stop concerns what operators decide. Claims and sweeps are exits: they go on.
fn gate(records: &Records, kind: Kind) -> settlement::state::Gate {
    match kind {
        Kind::Batch | Kind::Root => records.gate,
        Kind::Claim | Kind::Sweep | Kind::Noop => settlement::state::Gate::Open,
    }
}

/// What the recorded events say. A final event counts when it is posted, so that its effects are in the books.
fn outcome(records: &Records, submission: &Submission) -> Outcome {
    for attempt in &submission.attempts {
        if let Some(recorded) = records.recorded(attempt.transaction_hash) {
            let author = Author::Attempt(attempt.number);
            return if recorded.is_final && recorded.is_posted {
                Outcome::Final(author)
            } else {
                Outcome::Seen(author)
            };
        }
    }
    let subject = submission.subject.as_slice();
    match submission.kind {
        Kind::Batch => {
            let state = records.batches.iter().find(|(batch, _)| batch == subject);
            match state.map(|(_, state)| *state) {
                Some(BatchState::Executed) => Outcome::Final(Author::Other),
                Some(BatchState::Expired | BatchState::Cancelled) => Outcome::Impossible,
                Some(
                    BatchState::Requested
                    | BatchState::Held
                    | BatchState::Sealed
                    | BatchState::Approved
                    | BatchState::Signed
                    | BatchState::Submitting
                    | BatchState::Quarantined,
                )
                | None => Outcome::Open,
            }
        }
        Kind::Root => {
            let state = records.roots.iter().find(|(root, _)| root == subject);
            match state.map(|(_, state)| state.as_str()) {
                Some("published") => Outcome::Final(Author::Other),
                Some("vetoed" | "expired" | "discarded") => Outcome::Impossible,
                Some(_) | None => Outcome::Open,
            }
        }
        Kind::Claim | Kind::Sweep | Kind::Noop => Outcome::Open,
    }
}

fn wishes(records: &Records, submission: &Submission) -> Wishes {
    let batch = (records.watched.iter())
        .find(|watched| submission.kind == Kind::Batch && watched.batch == submission.subject.as_slice());
    batch.map_or(Wishes::default(), |batch| Wishes {
        bump: batch.bump_requested,
        cancel: batch.cancel_requested,
    })
}
