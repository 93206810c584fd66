//! What to do next about one submission, from what the chain, the nodes and our own records say.
//!
//! The decision is made again at every look and never relies on what a node answered to a broadcast: only receipts,
//! events and account nonces of blocks count, and only those of finalized blocks end anything.
//!
//! Not responsible for signing, sending or storing, nor for what a batch's end means to its payouts (`state`).

mod decide;

pub use decide::decide;

use alloy_primitives::B256;

use crate::answer::Rejection;
use crate::fees::{FeeLimits, Fees};
use crate::state::{Gate, SubmissionState};

/// Blocks after which the newest attempt is sent again: nodes do not announce a transaction twice.
pub const REBROADCAST_BLOCKS: u64 = 8;

/// Blocks after which the fee is raised if nodes suggest a higher one.
pub const BUMP_BLOCKS: u64 = 12;

/// Blocks after which the fee is raised in any case.
pub const BUMP_BLOCKS_MAX: u64 = 40;

/// Attempts of one submission; the last is kept for filling the nonce with nothing. It costs at least 2.2 times as much
/// as the first.
pub const ATTEMPTS_MAX: u32 = 8;

/// Looks, on different endpoints or at different times, after which a used nonce without any trace of ours is someone
/// else's. Receipts may lag behind nonces.
pub const LOOKS_FOR_TRACE: u32 = 3;

/// Everything that a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Where the submission stands.
    pub state: SubmissionState,
    /// Its account nonce.
    pub nonce: u64,
    /// What its transaction is for.
    pub subject: Subject,
    /// Its attempts, by number.
    pub attempts: &'a [Attempt],
    /// Gas of its transaction.
    pub gas_limit: u64,
    /// The chain's newest block.
    pub head: BlockTime,
    /// The newest finalized block whose events are all known to us.
    pub finalized: BlockTime,
    /// The sender's next nonce.
    pub account: AccountNonce,
    /// What nodes suggest to pay.
    pub suggested: Fees,
    /// What may be paid.
    pub limits: FeeLimits,
    /// What operators want.
    pub wishes: Wishes,
    /// Whether settlement is stopped.
    pub gate: Gate,
    /// How often the nonce was seen used at a finalized block without any trace of ours.
    pub looks_without_trace: u32,
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The last second at which the contract takes it, if there is one.
    pub deadline: Option<u64>,
    /// The outcome of it.
    pub outcome: Outcome,
    /// What proves that it happened.
    pub proof: Proof,
}

/// What the chain's events say about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Open,
    /// It happened in a block that is not finalized.
    Seen(Author),
    /// It happened in a finalized block.
    Final(Author),
    /// It can never happen any more, by a finalized block: cancelled or vetoed on the chain.
    Impossible,
}

/// Whose transaction did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// This attempt of the submission.
    Attempt(u32),
    /// Someone else, or another submission.
    Other,
}

/// What proves that a transaction did what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The subject's own event.
    Event,
    /// A receipt without failure: its event says nothing about the subject, or there may be none.
    Receipt,
}

/// One transaction of a submission, recorded before the signer is requested it: the signer signs one thing under a nonce
/// and a number, and its answer may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// What it does.
    pub payload: Payload,
    /// What it pays.
    pub fees: Fees,
    /// Whether its signed bytes are stored. If not, the signer may have signed exactly this all the same.
    pub signed: bool,
    /// The head's number when it was first sent.
    pub first_sent: Option<u64>,
    /// The head's number when it was last sent.
    pub last_sent: Option<u64>,
    /// Why all endpoints rejected it permanently when it was last sent.
    pub rejected: Option<Rejection>,
    /// Where a node found it.
    pub receipt: Option<Receipt>,
}

names::names! {
    /// What an attempt does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Payload {
        /// What the submission is for. The same bytes in every attempt.
        Call = "call",
        /// Nothing: it fills the nonce.
        Noop = "noop",
    }
}

/// A node's word that a block has a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Number of the block.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
    /// The hash that our own records, or else a second endpoint, have at this number; none if they do not reach there.
    pub canonical_hash: Option<B256>,
    /// What it did.
    pub status: Status,
}

/// Whether a transaction that a block has did anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It did.
    Succeeded,
    /// It reverted.
    Reverted,
}

/// A block by number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockTime {
    /// Its number.
    pub number: u64,
    /// Its timestamp.
    pub timestamp: u64,
}

/// A sender's next nonce by the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountNonce {
    /// After the newest block.
    pub latest: u64,
    /// After the finalized block.
    pub finalized: u64,
}

/// What operators want of a submission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// A higher fee now. Fulfilled by the next stored attempt.
    pub bump: bool,
    /// Its end: the nonce is filled with nothing.
    pub cancel: bool,
}

/// What to do. Nothing to do is waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Record exactly this, unless it is recorded already; then have it signed and store its bytes. Nothing is sent yet.
    Sign {
        /// Its number.
        attempt: u32,
        /// What it does.
        payload: Payload,
        /// What it pays.
        fees: Fees,
    },
    /// Send a stored transaction to all endpoints.
    Broadcast {
        /// Which.
        attempt: u32,
    },
    /// Record that a block has it.
    MarkIncluded {
        /// Which attempt.
        attempt: u32,
    },
    /// Record that no block has it any more.
    MarkReorged,
    /// Record its end.
    MarkFinal {
        /// The attempt that landed.
        attempt: u32,
        /// How.
        end: FinalEnd,
    },
    /// Count one more look at a used nonce without a trace of ours, and look again elsewhere.
    LookAgain,
    /// Start and send nothing more from this account until a human has looked.
    PauseSender(PauseCause),
    /// Tell a human. It is repeated at every look while it lasts.
    Alert(Alert),
}

/// How a submission ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinalEnd {
    /// What it is for happened.
    Ok,
    /// Its transaction reverted.
    Reverted,
    /// Its nonce was filled with nothing.
    Dead,
}

names::names! {
    /// Why nothing may be sent from an account.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum PauseCause {
        /// Someone else used a nonce of ours.
        ForeignNonce = "foreign_nonce",
    }
}

/// What a human should know about a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alert {
    /// It should pay more, and may not.
    FeeCapReached,
    /// It should pay more, and has no attempt left.
    AttemptsUsedUp,
    /// All endpoints reject it permanently.
    RejectedByAll(Rejection),
    /// A finalized block has it, without failure, and its event is missing.
    EventMissing,
    /// Someone else did what it is for.
    DoneByOther,
}

impl Alert {
    /// Its stable name in records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FeeCapReached => "fee_cap_reached",
            Self::AttemptsUsedUp => "attempts_used_up",
            Self::RejectedByAll(_) => "rejected_by_all",
            Self::EventMissing => "event_missing",
            Self::DoneByOther => "done_by_other",
        }
    }
}

#[cfg(test)]
mod tests;
