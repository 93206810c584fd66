//! Why a step did nothing, or the listener stopped permanently.

use abi::Journal;
use abi::events::EventError;
use alloy_primitives::{Address, B256};
use chain::{ChainError, Testimony};
use store::StoreError;
use store::checkpoint::CheckpointError;
use store::lease::LeaseError;
use thiserror::Error;

/// Why a step committed nothing. Unless it is [`StepError::Halt`], the next step tries again.
#[derive(Debug, Error)]
pub enum StepError {
    /// The node was not read.
    #[error("the chain cannot be read")]
    Chain(#[from] ChainError),
    /// Answers of the node that cannot all be true.
    #[error("inconsistent answers from the node: {0}")]
    Contradiction(String),
    /// The logs that the node gave are not all logs that there are.
    #[error(
        "the logs lead to journal entry {} at block {block}, but the contract reports {}",
        .folded.seq, .contract.seq
    )]
    Incomplete {
        /// Last block whose logs were folded.
        block: u64,
        /// What the logs fold to.
        folded: Journal,
        /// What the contract says at that block.
        contract: Journal,
    },
    /// The logs that the node gave do not continue the journal.
    #[error("the logs of block {block} do not continue the journal")]
    NotContiguous {
        /// Their block.
        block: u64,
        /// How not.
        #[source]
        source: abi::journal::JournalError,
    },
    /// Fewer endpoints than must call the block final, or have the same journal there.
    #[error(
        "block {block} is not final at enough endpoints: {needed} must agree, {:?} do, {:?} differ, {:?} are silent",
        .testimony.agree, .testimony.differ, .testimony.silent
    )]
    NotAgreed {
        /// Its height.
        block: u64,
        /// How many must agree.
        needed: usize,
        /// Who says what.
        testimony: Testimony,
    },
    /// Another process may have become the listener.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Another writer moved the checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Only people can decide what comes next.
    #[error(transparent)]
    Halt(#[from] Halt),
}

/// Why the listener stops until operators have decided. Nothing of the step was committed, except the record of a fork.
#[derive(Debug, Error)]
pub enum Halt {
    /// The chain replaced a block that it had called final.
    #[error("finality violated: block {number} was {ours}, the node reports {theirs}")]
    FinalityViolated {
        /// Height of the newest final block that is held.
        number: u64,
        /// Its hash as it was recorded.
        ours: B256,
        /// Hash of the block that the node has at this height.
        theirs: B256,
    },
    /// The node is of another chain than the ledger, or of another life of it.
    #[error("the node is on a different chain from the ledger: {0}")]
    WrongChain(String),
    /// The contract holds a token: amounts of the ledger are the coin's.
    #[error(
        "token_form_unsupported: the contract holds the token {token}; only contracts for the chain's native coin are supported"
    )]
    TokenForm {
        /// The token.
        token: Address,
    },
    /// The contract emitted something that this program does not know.
    #[error("a log in block {block}, transaction {transaction}, is not an event of the contract")]
    UnknownEvent {
        /// Its block.
        block: u64,
        /// Its transaction.
        transaction: B256,
        /// Why not.
        #[source]
        source: EventError,
    },
    /// The contract emitted an event that it cannot emit.
    #[error(
        "block {block}, transaction {transaction}: event {event} has a number that the contract cannot emit"
    )]
    ImpossibleEvent {
        /// Its name.
        event: &'static str,
        /// Its block.
        block: u64,
        /// Its transaction.
        transaction: B256,
    },
    /// What is stored cannot be what was recorded.
    #[error("inconsistent database: {0}")]
    StoredContradiction(String),
    /// A journal entry was recorded before with another content.
    #[error("the inbox contradicts the chain")]
    InboxContradicts(#[source] store::inbox::InboxError),
}

impl StepError {
    /// Whether another endpoint may do better.
    pub(crate) fn is_of_the_endpoint(&self) -> bool {
        match self {
            Self::Chain(_)
            | Self::Contradiction(_)
            | Self::Incomplete { .. }
            | Self::NotContiguous { .. }
            | Self::NotAgreed { .. } => true,
            Self::Lease(_) | Self::Checkpoint(_) | Self::Store(_) | Self::Halt(_) => false,
        }
    }
}

impl Halt {
    /// Exit status of the process. A supervisor must not restart it automatically after any of them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::FinalityViolated { .. } => 3,
            Self::UnknownEvent { .. } | Self::ImpossibleEvent { .. } => 4,
            Self::WrongChain(_) => 5,
            Self::StoredContradiction(_) | Self::InboxContradicts(_) => 6,
            Self::TokenForm { .. } => 7,
        }
    }
}
