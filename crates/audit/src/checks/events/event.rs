//! One event of the contract, and the journal entry that it is.

use alloy_primitives::{Address, B256};
use money::Amount;

/// What one log says, as far as money, users, batches and roots are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields of the contract's events, where they are described"
)]
pub enum Event {
    Registered {
        user: Address,
        deposit_ref: B256,
        amount: Amount,
        refundable_until: u64,
    },
    RetoppedUp {
        user: Address,
        deposit_ref: B256,
        amount: Amount,
        refundable_until: u64,
    },
    Refunded {
        deposit_ref: B256,
        amount: Amount,
    },
    Matured {
        through_day: u64,
        amount: Amount,
    },
    PayoutExecuted {
        batch: B256,
        user: Address,
        amount: Amount,
    },
    PayoutCredited {
        batch: B256,
        user: Address,
        amount: Amount,
    },
    PayoutSkipped {
        batch: B256,
        user: Address,
    },
    BatchSettled {
        batch: B256,
        settled: Settled,
    },
    BatchCancelled {
        batch: B256,
    },
    RootPublished {
        root: B256,
        total: Amount,
        as_of_seq: u64,
    },
    RootVetoed {
        root: B256,
    },
    RootRetired {
        root: B256,
    },
    LeavesSettled {
        root: B256,
        settled: Settled,
    },
    Claimed {
        user: Address,
        amount: Amount,
    },
    CreditWithdrawn {
        user: Address,
        amount: Amount,
    },
    Funded {
        amount: Amount,
    },
    TreasuryPaid {
        amount: Amount,
    },
    UserFrozen {
        user: Address,
        until: u64,
    },
    UserUnfrozen {
        user: Address,
    },
    /// Roles, signers, pause, limits: nothing that is folded.
    Governance,
}

/// The closing event of a batch, or of leaves that were settled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields of the contract's event, where they are described"
)]
pub struct Settled {
    pub seq: u64,
    pub count: u64,
    pub paid: Amount,
    pub credited: Amount,
    pub list_hash: B256,
    pub outcome_hash: B256,
    /// Of a batch; leaves have none.
    pub manifest_hash: Option<B256>,
}

/// An entry of the journal, and the hash over topics and data of its main event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the entry.
    pub seq: u64,
    /// `keccak256(topics ‖ data)`.
    pub content: B256,
}
