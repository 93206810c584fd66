//! When a batch may be signed.
//!
//! The signer knows each user's paid total from the contract, at the same block as the time. What a batch can pay is then
//! `target - paid` for each line, and `max_total` must be exactly their sum. Of that only the *increase* is new:
//! what the target has beyond both what is paid and the highest target signed before. Every wei on a user's line of targets
//! is counted once, when it is first signed for, so the increases bound everything that batches can ever pay, and the limit
//! of a day bounds the increases. A target below an earlier one brings nothing that was not signed already, and is signed
//! (a batch that expired is rebuilt with what is still due); one that is reached already is not.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use money::Amount;
use settlement::batch::{PAYOUTS_MAX, TARGET_MAX};
use signer_client::{BatchTerms, PayoutBatch};
use thiserror::Error;

use crate::Refusal;
use crate::policy::Scope;
use crate::policy::scope::check_deadline;

/// The most that batches may promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// The largest `max_total` of one batch.
    pub batch_max: Amount,
    /// The largest sum of increases in any day.
    pub day_max: Amount,
    /// The largest sum of increases of one wallet in any day: its share of the day.
    pub wallet_day_max: Amount,
    /// The largest increase of a wallet for which nothing was paid or signed before.
    pub first_payout_max: Amount,
    /// From this total on a batch waits.
    pub large_total: Amount,
    /// Seconds for which it waits after the attestor first saw it.
    pub large_age: u64,
}

settlement::rules! {
    /// The rule that a batch breaks.
    #[derive(Debug, Clone, PartialEq, Eq, Error)]
    pub enum BatchRule {
        /// The batch has no id.
        #[error("the batch's id is zero")]
        IdZero = "batch_id_zero",
        /// Anyone who may submit could submit it.
        #[error("the submitter is the zero address")]
        SubmitterZero = "submitter_zero",
        /// It covers nothing that anyone could look up.
        #[error("the manifest's hash is zero")]
        ManifestZero = "manifest_zero",
        /// It begins after its end.
        #[error("the batch would be valid from {valid_after} to {deadline}")]
        WindowEmpty {
            /// Its first second.
            valid_after: u64,
            /// Its last second.
            deadline: u64,
        } = "window_empty",
        /// Nobody is paid.
        #[error("the batch is empty")]
        Empty = "batch_empty",
        /// More than the contract takes.
        #[error("{0} payouts are more than {PAYOUTS_MAX}")]
        TooMany(usize) = "batch_too_long",
        /// The wallets do not ascend strictly from above zero.
        #[error("the wallet of line {0} is not above the one before it")]
        NotAscending(usize) = "not_ascending",
        /// More than the contract can count.
        #[error("the target of {0:#x} is too large")]
        TargetTooLarge(Address) = "target_too_large",
        /// The contract would refuse the whole batch.
        #[error("{0:#x} is not registered")]
        NotRegistered(Address) = "not_registered",
        /// The chain has paid the target already.
        #[error("nothing is due to {0:#x}: {1} was already paid on chain")]
        NothingDue(Address, Amount) = "nothing_due",
        /// The total is not the sum of what is due.
        #[error("the total is {found}, the chain's state justifies {justified}")]
        MaxTotalUnjustified {
            /// As requested.
            found: Amount,
            /// The sum of `target - paid`.
            justified: Amount,
        } = "max_total_unjustified",
        /// More than one batch may pay.
        #[error("the total {found} is above the limit {max} of a batch")]
        AboveBatchMax {
            /// As requested.
            found: Amount,
            /// The limit.
            max: Amount,
        } = "above_batch_max",
        /// More than a wallet may get in a day.
        #[error(
            "{signed} signed for {wallet:#x} in a day and {increase} more are above the limit {max} of a wallet"
        )]
        AboveWalletDayMax {
            /// Whose.
            wallet: Address,
            /// Increases of the last day.
            signed: Amount,
            /// The increase of this batch.
            increase: Amount,
            /// The limit.
            max: Amount,
        } = "above_wallet_day_max",
        /// More than a wallet may get the first time.
        #[error("{wallet:#x} was never paid, and {increase} are above the limit {max} of a first payout")]
        AboveFirstPayoutMax {
            /// Whose.
            wallet: Address,
            /// The increase of this batch.
            increase: Amount,
            /// The limit.
            max: Amount,
        } = "above_first_payout_max",
        /// More than a day's batches may promise.
        #[error("{signed} signed in a day and {increase} more are above the limit {max} of a day")]
        AboveDayMax {
            /// Increases of the last day.
            signed: Amount,
            /// The increase of this batch.
            increase: Amount,
            /// The limit.
            max: Amount,
        } = "above_day_max",
    }
}

/// What the contract says of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) paid: Amount,
    pub(crate) registered: bool,
}

/// A batch that the chain's state justifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JustifiedBatch {
    pub(crate) scope: String,
    /// What each wallet is to have and has.
    pub(crate) due: Vec<Due>,
    pub(crate) limits: BatchLimits,
}

/// A line and what the chain has paid to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) wallet: Address,
    pub(crate) target: Amount,
    pub(crate) paid: Amount,
}

/// A line and what of it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) wallet: Address,
    pub(crate) target: Amount,
    pub(crate) increase: Amount,
    /// Nothing was paid or signed for the wallet before.
    pub(crate) is_first: bool,
}

/// What was signed before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// The highest target of each wallet that has one.
    pub(crate) highest: BTreeMap<Address, Amount>,
    /// Increases of the last day, of each wallet that has one.
    pub(crate) wallets_in_day: BTreeMap<Address, Amount>,
    /// Increases of the last day, of all wallets.
    pub(crate) in_day: Amount,
}

/// What a batch adds to the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) lines: Vec<Line>,
    pub(crate) increase: Amount,
}

impl BatchLimits {
    /// Checks everything about a batch that depends neither on the time nor on the chain.
    pub(crate) fn check_terms(&self, scope: &Scope, terms: &BatchTerms) -> Result<(), Refusal> {
        scope.check_place(terms.chain_id, terms.contract)?;
        scope.check_plan(terms.plan_hash)?;
        let batch = &terms.batch;
        if batch.batch_id.is_zero() {
            return Err(BatchRule::IdZero.into());
        }
        if batch.submitter.is_zero() {
            return Err(BatchRule::SubmitterZero.into());
        }
        if batch.manifest_hash.is_zero() {
            return Err(BatchRule::ManifestZero.into());
        }
        if batch.valid_after >= batch.deadline {
            return Err(BatchRule::WindowEmpty {
                valid_after: batch.valid_after,
                deadline: batch.deadline,
            }
            .into());
        }
        check_list(batch)?;
        if batch.max_total > self.batch_max {
            return Err(BatchRule::AboveBatchMax {
                found: batch.max_total,
                max: self.batch_max,
            }
            .into());
        }
        Ok(())
    }

    /// Checks a batch against the chain: its time, and the accounts in the order of the lines.
    pub(crate) fn justify(
        &self,
        scope: &Scope,
        batch: &PayoutBatch,
        head: u64,
        accounts: &[Account],
    ) -> Result<JustifiedBatch, Refusal> {
        check_deadline(batch.deadline, head)?;
        let mut due = Vec::with_capacity(batch.payouts.len());
        let mut justified = Amount::ZERO;
        for (payout, account) in batch.payouts.iter().zip(accounts) {
            if !account.registered {
                return Err(BatchRule::NotRegistered(payout.wallet).into());
            }
            if payout.target <= account.paid {
                return Err(BatchRule::NothingDue(payout.wallet, account.paid).into());
            }
            // 300 targets below 2^95 do not overflow.
            justified = payout
                .target
                .checked_sub(account.paid)
                .and_then(|line| justified.checked_add(line))
                .map_err(|_| BatchRule::TargetTooLarge(payout.wallet))?;
            due.push(Due {
                wallet: payout.wallet,
                target: payout.target,
                paid: account.paid,
            });
        }
        if justified != batch.max_total {
            return Err(BatchRule::MaxTotalUnjustified {
                found: batch.max_total,
                justified,
            }
            .into());
        }
        Ok(JustifiedBatch {
            scope: scope.to_string(),
            due,
            limits: *self,
        })
    }
}

/// What the contract would refuse for its form.
pub(crate) fn check_list(batch: &PayoutBatch) -> Result<(), BatchRule> {
    if batch.payouts.is_empty() {
        return Err(BatchRule::Empty);
    }
    if batch.payouts.len() > PAYOUTS_MAX {
        return Err(BatchRule::TooMany(batch.payouts.len()));
    }
    let mut previous = Address::ZERO;
    for (index, payout) in batch.payouts.iter().enumerate() {
        if payout.wallet <= previous {
            return Err(BatchRule::NotAscending(index));
        }
        if payout.target > TARGET_MAX {
            return Err(BatchRule::TargetTooLarge(payout.wallet));
        }
        previous = payout.wallet;
    }
    Ok(())
}

impl JustifiedBatch {
    /// Checks the batch against what was signed before.
    pub(crate) fn admit(&self, past: &Past) -> Result<Day, BatchRule> {
        let mut total = Amount::ZERO;
        let mut lines = Vec::with_capacity(self.due.len());
        for due in &self.due {
            let known = past
                .highest
                .get(&due.wallet)
                .copied()
                .unwrap_or(Amount::ZERO)
                .max(due.paid);
            let increase = due.target.saturating_sub(known);
            total = total
                .checked_add(increase)
                .map_err(|_| BatchRule::TargetTooLarge(due.wallet))?;
            lines.push(Line {
                wallet: due.wallet,
                target: due.target,
                increase,
                is_first: known.is_zero(),
            });
        }
        // Nothing new is within any limit, also when the limit was lowered below what is signed.
        let max = self.limits.day_max;
        let is_within = past.in_day.checked_add(total).is_ok_and(|day| day <= max);
        if !is_within && !total.is_zero() {
            return Err(BatchRule::AboveDayMax {
                signed: past.in_day,
                increase: total,
                max,
            });
        }
        for line in &lines {
            self.check_wallet(past, line)?;
        }
        Ok(Day {
            lines,
            increase: total,
        })
    }

    /// Checks what is new for one wallet.
    fn check_wallet(&self, past: &Past, line: &Line) -> Result<(), BatchRule> {
        let (wallet, increase) = (line.wallet, line.increase);
        // Nothing new is within any limit, also when limits were lowered.
        if increase.is_zero() {
            return Ok(());
        }
        let max = self.limits.first_payout_max;
        if line.is_first && increase > max {
            return Err(BatchRule::AboveFirstPayoutMax {
                wallet,
                increase,
                max,
            });
        }
        let max = self.limits.wallet_day_max;
        let signed = past.wallets_in_day.get(&wallet).copied().unwrap_or(Amount::ZERO);
        match signed.checked_add(increase) {
            Ok(day) if day <= max => Ok(()),
            Ok(_) | Err(_) => Err(BatchRule::AboveWalletDayMax {
                wallet,
                signed,
                increase,
                max,
            }),
        }
    }
}
