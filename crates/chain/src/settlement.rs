//! What settlement reads of the contract: batches, roots, accounts, and the money that may leave.
//!
//! Not responsible for the journal and the balance ([`crate::reader`]). Amounts are wei, times are Unix seconds.

use abi::ICustody;
use alloy::primitives::{Address, B256, U256};

use crate::error::ChainError;
use crate::node::At;
use crate::reader::ChainReader;

/// The entry that the contract keeps for a batch that was cancelled.
const CANCELLED: u64 = u64::MAX;

/// The outcome of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Nothing: it may still execute while its authorization is valid.
    Open,
    /// It was executed.
    Executed {
        /// The journal entry of the execution.
        seq: u64,
    },
    /// It can never execute.
    Cancelled,
}

/// What may leave the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// Beyond escrow, credits and published liabilities.
    pub funds: u128,
    /// What the outflow cap leaves.
    pub outflow: u128,
}

impl Available {
    /// What a batch may pay now.
    pub fn payable(self) -> u128 {
        self.funds.min(self.outflow)
    }
}

/// A published root of liabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRoot {
    /// The root.
    pub root: B256,
    /// The sum of its tree.
    pub total: u128,
    /// The journal entry up to which it counts.
    pub as_of_seq: u64,
    /// From when on users may claim with it.
    pub claimable_from: u64,
}

/// What the contract has of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liabilities {
    /// Sum of all leaves, in wei.
    pub total: u128,
    /// Unix seconds from which on it can be claimed against.
    pub claimable_from: u64,
}

/// A user's account in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// Everything ever paid, credited or claimed.
    pub paid: u128,
    /// Credited, and not withdrawn yet.
    pub credit: u128,
    /// Zero: the contract does not know the user. One: never frozen. Else the end of the last freeze.
    pub frozen_until: u64,
}

impl AccountState {
    /// Whether the user registered.
    pub fn is_registered(self) -> bool {
        self.frozen_until != 0
    }

    /// Whether the user is frozen at this time.
    #[must_use]
    pub fn is_frozen(self, now: u64) -> bool {
        self.frozen_until > now
    }
}

/// A deposit of a user in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositState {
    /// Who paid.
    pub user: Address,
    /// What was paid.
    pub amount: u128,
    /// Last second at which it can be refunded.
    pub refundable_until: u64,
    /// Whether it was refunded.
    pub is_refunded: bool,
}

impl ChainReader {
    /// A deposit by its reference; `None` for one that was never made.
    pub async fn deposit(&self, reference: B256, at: At) -> Result<Option<DepositState>, ChainError> {
        let call = ICustody::depositCall { r#ref: reference };
        let found = self.view(&call, at).await?;
        if found.user.is_zero() {
            return Ok(None);
        }
        Ok(Some(DepositState {
            user: found.user,
            amount: amount(found.amount)?,
            refundable_until: small(found.refundableUntil)?,
            is_refunded: found.refunded,
        }))
    }

    /// The outcome of a batch.
    pub async fn batch_state(&self, batch: B256, at: At) -> Result<BatchState, ChainError> {
        let call = ICustody::batchStateCall { batchId: batch };
        Ok(match self.view(&call, at).await? {
            0 => BatchState::Open,
            CANCELLED => BatchState::Cancelled,
            seq => BatchState::Executed { seq },
        })
    }

    /// What may leave the contract.
    pub async fn available(&self, at: At) -> Result<Available, ChainError> {
        let available = self.view(&ICustody::availableCall {}, at).await?;
        Ok(Available {
            funds: amount(available.funds)?,
            // Without a cap the contract may answer the highest number there is.
            outflow: available.outflow.saturating_to(),
        })
    }

    /// The newest root that was published and not vetoed.
    pub async fn latest_root(&self, at: At) -> Result<Option<PublishedRoot>, ChainError> {
        let latest = self.view(&ICustody::latestRootCall {}, at).await?;
        if latest.root.is_zero() {
            return Ok(None);
        }
        Ok(Some(PublishedRoot {
            root: latest.root,
            total: amount(latest.total)?,
            as_of_seq: small(latest.asOfSeq)?,
            claimable_from: small(latest.claimableFrom)?,
        }))
    }

    /// A root that can be claimed against, now or later; `None` for one that was never published, vetoed or retired.
    pub async fn liabilities(&self, root: B256, at: At) -> Result<Option<Liabilities>, ChainError> {
        let found = self.view(&ICustody::liabilitiesCall { root }, at).await?;
        if found.claimableFrom.is_zero() {
            return Ok(None);
        }
        Ok(Some(Liabilities {
            total: amount(found.total)?,
            claimable_from: small(found.claimableFrom)?,
        }))
    }

    /// A user's account.
    pub async fn account(&self, user: Address, at: At) -> Result<AccountState, ChainError> {
        let account = self.view(&ICustody::accountCall { user }, at).await?;
        Ok(AccountState {
            paid: amount(account.paid)?,
            credit: amount(account.credit)?,
            frozen_until: small(account.frozenUntil)?,
        })
    }
}

fn amount(wei: U256) -> Result<u128, ChainError> {
    u128::try_from(wei).map_err(|_| ChainError::malformed(format!("an amount of {wei} wei")))
}

fn small(number: U256) -> Result<u64, ChainError> {
    u64::try_from(number).map_err(|_| ChainError::malformed(format!("the time or entry {number}")))
}
