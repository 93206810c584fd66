//! What the worker sees of the world, and the crate's decision about it.

use alloy_primitives::B256;
use money::Amount;
use settlement::fees::{FeeLimits, Fees};
use settlement::state::Gate;
use settlement::submission::{
    AccountNonce, Action, Attempt, Author, BUMP_BLOCKS_MAX, BlockTime, LOOKS_FOR_TRACE, Outcome, Proof,
    REBROADCAST_BLOCKS, Receipt, Status, Subject, View, Wishes, decide,
};

use super::{Fault, GAS, Node, Patience, Submission, World};
use crate::chain::{Landed, Tx};

impl World {
    /// The crate's decision, from what a node and our records say.
    pub(crate) fn decide(
        &self,
        index: usize,
        patience: Patience,
        node: Node,
        fault: Fault,
    ) -> Option<Vec<Action>> {
        let submission = self.submissions[index].as_ref()?;
        let batch = self.batches[index]?;
        let chain = &self.chain;
        let head = 1_000 + chain.head_number();
        let (first, last) = match patience {
            Patience::Calm => (head, head),
            Patience::Resend => (head, head - REBROADCAST_BLOCKS),
            Patience::Bump => (head - BUMP_BLOCKS_MAX, head),
        };
        let attempts: Vec<Attempt> = (submission.attempts.iter())
            .map(|attempt| Attempt {
                number: attempt.number,
                payload: attempt.payload,
                fees: attempt.fees,
                signed: attempt.is_signed,
                first_sent: attempt.is_sent.then_some(first),
                last_sent: attempt.is_sent.then_some(last),
                rejected: None,
                receipt: self.receipt(index, attempt.number, node, fault),
            })
            .collect();
        Some(decide(&View {
            state: submission.state,
            nonce: submission.nonce,
            subject: Subject {
                deadline: batch.deadline,
                outcome: self.outcome(index, submission),
                proof: Proof::Event,
            },
            attempts: &attempts,
            gas_limit: GAS,
            head: BlockTime {
                number: head,
                timestamp: chain.head_time(),
            },
            finalized: BlockTime {
                number: 1_000 + chain.final_number,
                timestamp: chain.final_time,
            },
            account: AccountNonce {
                latest: chain.head_nonce(),
                finalized: chain.final_nonce(),
            },
            suggested: Fees::new(8, 8),
            limits: FeeLimits {
                price_max: 1_000,
                budget: Amount::new(u128::MAX),
            },
            wishes: Wishes {
                bump: false,
                cancel: batch.cancel_requested,
            },
            gate: Gate::Open,
            looks_without_trace: if submission.has_looked { LOOKS_FOR_TRACE } else { 0 },
        }))
    }

    /// What the listener knows: finalized events only.
    fn outcome(&self, index: usize, submission: &Submission) -> Outcome {
        let Some(landed) = self.chain.finalized().find(|landed| landed.executes(index)) else {
            return Outcome::Open;
        };
        let own = |number| (submission.attempts.iter()).any(|attempt| attempt.number == number);
        Outcome::Final(match landed.tx {
            Tx::Ours { attempt, .. } if own(attempt) => Author::Attempt(attempt),
            Tx::Ours { .. } | Tx::Foreign { .. } => Author::Other,
        })
    }

    fn receipt(&self, index: usize, number: u32, node: Node, fault: Fault) -> Option<Receipt> {
        let is_it = |landed: &Landed| match landed.tx {
            Tx::Ours { batch, attempt, .. } => batch == index && attempt == number,
            Tx::Foreign { .. } => false,
        };
        let current = || self.chain.landed().find(|(_, landed)| is_it(landed));
        let orphan = || self.chain.orphan.filter(|(_, landed)| is_it(landed));
        let (found, fork) = match node {
            Node::Current => (current()?, 0),
            Node::Behind => return None,
            Node::OnOldFork => (orphan()?, 1),
        };
        let (block_number, landed) = found;
        let hash = |fork| B256::with_last_byte(fork);
        let mut receipt = Receipt {
            block_number: 1_000 + block_number,
            block_hash: hash(fork),
            canonical_hash: (block_number <= self.chain.final_number).then(|| hash(0)),
            status: if landed.is_reverted {
                Status::Reverted
            } else {
                Status::Succeeded
            },
        };
        let is_early = fault == Fault::FailOnUnfinalizedRevert && landed.is_reverted;
        if is_early {
            receipt.block_number = 1_000 + self.chain.final_number;
            receipt.canonical_hash = Some(receipt.block_hash);
        }
        if fault == Fault::FinalityByNumber {
            receipt.canonical_hash = Some(receipt.block_hash);
        }
        Some(receipt)
    }
}
