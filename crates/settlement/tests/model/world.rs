//! Everything that settlement remembers, its surroundings, and what can happen next. Decisions are the crate's own.

mod view;

use alloy_primitives::Address;
use plan::BatchEnd;
use settlement::fees::Fees;
use settlement::pipeline::{Blocked, Lane};
use settlement::state::{
    Batch, BatchOnChain, BatchState, Gate, SubmissionEvent, SubmissionState, prove_expiry,
};
use settlement::submission::{Action, FinalEnd, Payload};

use crate::chain::{Chain, DEADLINES, Tx};

/// Attempts of each batch's submission in this model: the first one is sent, and replaced, on forks and off them; what
/// matters about the second is whether it is sent at all.
const ATTEMPTS: [u32; 2] = [2, 1];

/// The fault that is built into settlement, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    None,
    /// A batch whose transaction got no answer is built again.
    RebuildOnTimeout,
    /// A batch's nonce goes to the next batch when the first has ended.
    NonceRecycled,
    /// A failure counts before its block is finalized.
    FailOnUnfinalizedRevert,
    /// A transaction is stored after it was sent.
    SavedAfterSending,
    /// The deadline is held against the wall clock.
    ExpiryByWallClock,
    /// A block counts as finalized by its number, whatever its hash.
    FinalityByNumber,
    /// An attempt is recorded with the signer's answer, not before the question.
    RecordedWithTheAnswer,
}

/// What an observation of a submission finds besides the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Patience {
    /// Nothing has waited for long.
    Calm,
    /// It is time to send again.
    Resend,
    /// It is time to pay more.
    Bump,
}

/// Which receipts the asked node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// Those of the chain.
    Current,
    /// None.
    Behind,
    /// Also those of blocks that a reorg took away.
    OnOldFork,
}

/// What happens to a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wire {
    /// It arrives, and that is recorded.
    Arrives,
    /// It does not arrive. Nobody can know, so it is recorded all the same.
    GetsLost,
    /// It arrives; the process dies before it is recorded.
    ArrivesUnrecorded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A new block, with or without a transaction, later than the one before or not.
    Mine { tx: Option<Tx>, tick: bool, fails: bool },
    /// Blocks that are not finalized vanish.
    Reorg { depth: usize, is_remembered: bool },
    /// The lowest block that is not finalized becomes so.
    Finalize,
    /// Someone else uses the sender's key.
    Foreign,
    /// A batch gets a submission with the next nonce.
    Allocate { batch: usize },
    /// The worker looks at a batch's submission and does what is to be done.
    Look {
        batch: usize,
        patience: Patience,
        node: Node,
        wire: Wire,
    },
    /// The signer's answer is stored.
    Store,
    /// The signer's answer is sent without being stored.
    SendUnstored,
    /// The worker dies, and starts again.
    Crash,
    /// Operators give the first batch up.
    Cancel,
    /// A finalized execution is posted to the books.
    Post { batch: usize },
    /// A batch that is proven dead is let go.
    Expire { batch: usize },
    /// The second batch is built, for a user whom the first one would pay, too.
    Build,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Recorded {
    pub(crate) number: u32,
    pub(crate) payload: Payload,
    fees: Fees,
    is_signed: bool,
    is_sent: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Submission {
    pub(crate) nonce: u64,
    pub(crate) state: SubmissionState,
    pub(crate) attempts: Vec<Recorded>,
    has_looked: bool,
}

/// One thing that the signer was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) batch: usize,
    pub(crate) nonce: u64,
    pub(crate) number: u32,
    payload: Payload,
    fees: Fees,
}

impl Asked {
    pub(crate) fn tx(&self) -> Tx {
        Tx::Ours {
            batch: self.batch,
            nonce: self.nonce,
            attempt: self.number,
            is_noop: self.payload == Payload::Noop,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) batches: [Option<Batch>; 2],
    pub(crate) submissions: [Option<Submission>; 2],
    next_nonce: u64,
    pub(crate) is_paused: bool,
    /// Everything that the signer signed.
    pub(crate) signed: Vec<Asked>,
    /// The signer's answer, in the worker's memory only; whether it was sent from there.
    in_hand: Option<(Asked, bool)>,
    /// A block that executed the first batch was taken away.
    pub(crate) was_reorged: bool,
    /// The signer was requested two things under one nonce and number.
    pub(crate) has_equivocated: bool,
    /// A decision did not fit the state of its submission or batch.
    pub(crate) is_misfit: bool,
}

const BUILDER: Address = Address::repeat_byte(1);
const APPROVER: Address = Address::repeat_byte(2);
const GAS: u64 = 100_000;

/// A batch whose authorization exists, by every step of its life.
fn signed_batch(deadline: u64, head: u64) -> Batch {
    let sealed = Batch {
        state: BatchState::Sealed,
        builder: BUILDER,
        deadline: None,
        cancel_requested: false,
    };
    let asked = sealed
        .approve(APPROVER)
        .and_then(|batch| batch.ask_for_signature(deadline, head, Gate::Open));
    Batch {
        state: BatchState::Signed,
        ..asked.expect("each step follows the one before")
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            chain: Chain::default(),
            batches: [Some(signed_batch(DEADLINES[0], 0)), None],
            submissions: [None, None],
            next_nonce: 0,
            is_paused: false,
            signed: Vec::new(),
            in_hand: None,
            was_reorged: false,
            has_equivocated: false,
            is_misfit: false,
        }
    }

    /// Whether the worker holds an answer of the signer, and whether it was sent.
    pub(crate) fn in_hand(&self) -> Option<bool> {
        self.in_hand.map(|(_, is_sent)| is_sent)
    }

    /// Does a step; `None` when it is not possible.
    pub(crate) fn after(&self, step: Step, fault: Fault) -> Option<Self> {
        let mut next = self.clone();
        match step {
            Step::Mine { tx, tick, fails } => next.chain.mine(tx, tick, fails),
            Step::Reorg { depth, is_remembered } => {
                next.was_reorged |= next.chain.reorg(depth, is_remembered);
            }
            Step::Finalize => next.chain.finalize(),
            Step::Foreign => {
                let nonce = next.chain.head_nonce();
                next.chain.pool.insert(Tx::Foreign { nonce });
            }
            Step::Allocate { batch } => next.allocate(batch, fault)?,
            Step::Look {
                batch,
                patience,
                node,
                wire,
            } => next.look(batch, patience, node, wire, fault)?,
            Step::Store => next.store(fault)?,
            Step::SendUnstored => {
                let (asked, is_sent) = next.in_hand.as_mut()?;
                *is_sent = true;
                next.chain.pool.insert(asked.tx());
            }
            Step::Crash => next.in_hand = None,
            Step::Cancel => {
                let (batch, _) = next.batches[0]?.cancel().ok()?;
                next.batches[0] = Some(batch);
            }
            Step::Post { batch } => {
                let posted = next.batches[batch].filter(|_| next.chain.executed_finally(batch))?;
                let may_be = matches!(
                    posted.state,
                    BatchState::Signed
                        | BatchState::Submitting
                        | BatchState::Quarantined
                        | BatchState::Executed
                );
                let state = if may_be {
                    BatchState::Executed
                } else {
                    BatchState::Quarantined
                };
                next.batches[batch] = Some(Batch { state, ..posted });
            }
            Step::Expire { batch } => next.expire(batch, fault)?,
            Step::Build => next.build(fault)?,
        }
        (next != *self).then_some(next)
    }

    fn allocate(&mut self, index: usize, fault: Fault) -> Option<()> {
        if self.submissions[index].is_some() {
            return None;
        }
        let lane = Lane {
            next_nonce: self.next_nonce,
            in_flight: (self.submissions.iter().flatten())
                .filter(|submission| !submission.state.is_final())
                .count(),
            oldest_age: 0,
            chain_nonce: self.chain.head_nonce(),
            is_paused: self.is_paused,
        };
        let mut nonce = match lane.allocate() {
            Ok(nonce) => nonce,
            Err(Blocked::ForeignNonce { .. }) => {
                self.is_paused = true;
                return Some(());
            }
            Err(Blocked::Paused | Blocked::Full | Blocked::OldestStuck(_)) => return None,
        };
        let head = self.chain.head_time();
        self.batches[index] = Some(self.batches[index]?.submit(head, Gate::Open).ok()?);
        let first = self.submissions[0].as_ref();
        let unused = first.filter(|first| fault == Fault::NonceRecycled && !first.state.is_final());
        match unused {
            Some(first) => nonce = first.nonce,
            None => self.next_nonce += 1,
        }
        self.submissions[index] = Some(Submission {
            nonce,
            state: SubmissionState::Allocated,
            attempts: Vec::new(),
            has_looked: false,
        });
        Some(())
    }

    fn expire(&mut self, index: usize, fault: Fault) -> Option<()> {
        let batch = self.batches[index]?;
        let block_timestamp = if fault == Fault::ExpiryByWallClock {
            // It is a little ahead of the chain.
            self.chain.head_time() + 1
        } else {
            self.chain.final_time
        };
        let proof = prove_expiry(batch.deadline?, self.on_chain(index, block_timestamp)).ok()?;
        let state = match batch.end_by(&proof).ok()? {
            BatchEnd::Expired => BatchState::Expired,
            BatchEnd::Cancelled => BatchState::Cancelled,
        };
        self.batches[index] = Some(Batch { state, ..batch });
        Some(())
    }

    fn on_chain(&self, index: usize, block_timestamp: u64) -> BatchOnChain {
        BatchOnChain {
            block_number: self.chain.final_number,
            block_timestamp,
            batch_state: u64::from(self.chain.executed_finally(index)),
        }
    }

    fn build(&mut self, fault: Fault) -> Option<()> {
        let first = self.batches[0]?;
        if self.batches[1].is_some() {
            return None;
        }
        let under_way = (self.submissions[0].as_ref()).is_some_and(|first| {
            first.state == SubmissionState::Signed || first.state == SubmissionState::Sent
        });
        if fault == Fault::RebuildOnTimeout && under_way {
            self.batches[0] = Some(Batch {
                state: BatchState::Expired,
                ..first
            });
        } else if first.state.is_live() || first.state == BatchState::Executed {
            // Its users have a live payout, or nothing available.
            return None;
        }
        self.batches[1] = Some(signed_batch(DEADLINES[1], self.chain.head_time()));
        Some(())
    }

    fn store(&mut self, fault: Fault) -> Option<()> {
        let (asked, is_sent) = self.in_hand.take()?;
        let submission = self.submissions[asked.batch].as_mut()?;
        match submission.attempts.last_mut() {
            Some(newest) if newest.number == asked.number => newest.is_signed = true,
            Some(_) | None => submission.attempts.push(Recorded {
                number: asked.number,
                payload: asked.payload,
                fees: asked.fees,
                is_signed: true,
                is_sent: fault == Fault::SavedAfterSending && is_sent,
            }),
        }
        self.happens(asked.batch, SubmissionEvent::AttemptStored);
        Some(())
    }

    fn happens(&mut self, index: usize, event: SubmissionEvent) {
        let Some(submission) = self.submissions[index].as_mut() else {
            return;
        };
        match submission.state.on(event) {
            Ok(state) => submission.state = state,
            Err(_) => self.is_misfit = true,
        }
    }

    fn look(&mut self, index: usize, patience: Patience, node: Node, wire: Wire, fault: Fault) -> Option<()> {
        let actions = self.decide(index, patience, node, fault)?;
        for action in actions {
            match action {
                Action::Sign {
                    attempt,
                    payload,
                    fees,
                } if attempt <= ATTEMPTS[index] => self.ask(index, attempt, payload, fees, fault)?,
                Action::Sign { .. } | Action::Alert(_) => {}
                Action::Broadcast { attempt } => self.send(index, attempt, wire)?,
                Action::MarkIncluded { .. } => self.happens(index, SubmissionEvent::Included),
                Action::MarkReorged => self.happens(index, SubmissionEvent::Reorged),
                Action::MarkFinal { end, .. } => self.end(index, end)?,
                Action::LookAgain => self.submissions[index].as_mut()?.has_looked = true,
                Action::PauseSender(_) => self.is_paused = true,
            }
        }
        Some(())
    }

    fn ask(&mut self, index: usize, number: u32, payload: Payload, fees: Fees, fault: Fault) -> Option<()> {
        let submission = self.submissions[index].as_mut()?;
        let is_recorded = (submission.attempts.iter()).any(|attempt| attempt.number == number);
        let records_first = fault != Fault::SavedAfterSending && fault != Fault::RecordedWithTheAnswer;
        if records_first && !is_recorded {
            submission.attempts.push(Recorded {
                number,
                payload,
                fees,
                is_signed: false,
                is_sent: false,
            });
        }
        let asked = Asked {
            batch: index,
            nonce: submission.nonce,
            number,
            payload,
            fees,
        };
        let before = (self.signed.iter())
            .find(|before| before.batch == index && before.nonce == asked.nonce && before.number == number);
        match before {
            Some(before) => self.has_equivocated |= *before != asked,
            None => self.signed.push(asked),
        }
        self.in_hand = Some((asked, false));
        Some(())
    }

    fn send(&mut self, index: usize, number: u32, wire: Wire) -> Option<()> {
        let submission = self.submissions[index].as_mut()?;
        let nonce = submission.nonce;
        let attempt = (submission.attempts.iter_mut()).find(|attempt| attempt.number == number)?;
        self.is_misfit |= !attempt.is_signed;
        if wire != Wire::GetsLost {
            self.chain.pool.insert(Tx::Ours {
                batch: index,
                nonce,
                attempt: number,
                is_noop: attempt.payload == Payload::Noop,
            });
        }
        if wire != Wire::ArrivesUnrecorded {
            attempt.is_sent = true;
            self.happens(index, SubmissionEvent::Broadcast);
        }
        Some(())
    }

    fn end(&mut self, index: usize, end: FinalEnd) -> Option<()> {
        let event = match end {
            FinalEnd::Ok => SubmissionEvent::FinalOk,
            FinalEnd::Reverted => SubmissionEvent::FinalReverted,
            FinalEnd::Dead => SubmissionEvent::Dead,
        };
        self.happens(index, event);
        let batch = self.batches[index]?;
        let on_chain = self.on_chain(index, self.chain.final_time);
        if end == FinalEnd::Reverted && prove_expiry(batch.deadline?, on_chain).is_err() {
            let state = batch.state.is_live().then_some(BatchState::Quarantined)?;
            self.batches[index] = Some(Batch { state, ..batch });
        }
        Some(())
    }
}
