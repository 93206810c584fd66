//! Folding transfers into balances: four counters per account, checked.

use std::collections::BTreeMap;

use money::{Amount, AmountError};
use thiserror::Error;

use crate::{AccountId, Phase, Side, Transfer};

/// The four counters of an account. Posted ones only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Everything ever debited.
    pub debits_posted: Amount,
    /// Everything ever credited.
    pub credits_posted: Amount,
    /// Debits held back by pending transfers.
    pub debits_pending: Amount,
    /// Credits announced by pending transfers.
    pub credits_pending: Amount,
}

/// What a batch does to one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceChange {
    /// Added to [`Balance::debits_posted`].
    pub debits_posted: Amount,
    /// Added to [`Balance::credits_posted`].
    pub credits_posted: Amount,
    /// Added to [`Balance::debits_pending`].
    pub debits_held: Amount,
    /// Taken from [`Balance::debits_pending`], after the addition.
    pub debits_released: Amount,
    /// Added to [`Balance::credits_pending`].
    pub credits_held: Amount,
    /// Taken from [`Balance::credits_pending`], after the addition.
    pub credits_released: Amount,
}

/// What a batch does to the accounts it touches, in the order of their ids: the order in which to lock them.
pub type BalanceChanges = BTreeMap<AccountId, BalanceChange>;

/// Why transfers could not be folded.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FoldError {
    /// A counter overflows.
    #[error("balance of account {account} overflows: {source}", account = .account.get())]
    Counter {
        /// The account.
        account: AccountId,
        /// How it leaves the range.
        source: AmountError,
    },
    /// A guarded account would have given more than it took.
    #[error("account {account} would be overdrawn", account = .account.get())]
    Overdrawn {
        /// The account.
        account: AccountId,
    },
}

impl Balance {
    /// What is posted, on the side on which the account grows. Zero if the other side is the larger.
    pub const fn net(&self, side: Side) -> Amount {
        match side {
            Side::Debit => self.debits_posted.saturating_sub(self.credits_posted),
            Side::Credit => self.credits_posted.saturating_sub(self.debits_posted),
        }
    }

    /// The balance after `change`.
    ///
    /// # Errors
    /// A counter that leaves its range; on a guarded account, debits (pending ones included) above credits.
    pub fn after(&self, account: AccountId, change: &BalanceChange) -> Result<Self, FoldError> {
        let at = |source| FoldError::Counter { account, source };
        let pending = |now: Amount, held: Amount, released: Amount| {
            now.checked_add(held)
                .and_then(|sum| sum.checked_sub(released))
                .map_err(at)
        };
        let after = Self {
            debits_posted: self.debits_posted.checked_add(change.debits_posted).map_err(at)?,
            credits_posted: self
                .credits_posted
                .checked_add(change.credits_posted)
                .map_err(at)?,
            debits_pending: pending(self.debits_pending, change.debits_held, change.debits_released)?,
            credits_pending: pending(self.credits_pending, change.credits_held, change.credits_released)?,
        };
        let guarded = account
            .account()
            .is_some_and(|account| account.kind().is_guarded());
        let given = after
            .debits_posted
            .checked_add(after.debits_pending)
            .map_err(at)?;
        if guarded && given > after.credits_posted {
            return Err(FoldError::Overdrawn { account });
        }
        Ok(after)
    }
}

/// Adds a transfer to the changes of its two accounts.
///
/// # Errors
/// [`FoldError::Counter`] when a sum exceeds `u128`.
pub fn fold_into(changes: &mut BalanceChanges, transfer: &Transfer) -> Result<(), FoldError> {
    let amount = transfer.amount;
    let add = |counter: &mut Amount, account| {
        *counter = counter
            .checked_add(amount)
            .map_err(|source| FoldError::Counter { account, source })?;
        Ok(())
    };
    let (posts, holds, releases) = match transfer.phase {
        Phase::Single => (true, false, false),
        Phase::Pending => (false, true, false),
        Phase::Post => (true, false, true),
        Phase::Void => (false, false, true),
    };
    let debit = changes.entry(transfer.debit).or_default();
    if posts {
        add(&mut debit.debits_posted, transfer.debit)?;
    }
    if holds {
        add(&mut debit.debits_held, transfer.debit)?;
    }
    if releases {
        add(&mut debit.debits_released, transfer.debit)?;
    }
    let credit = changes.entry(transfer.credit).or_default();
    if posts {
        add(&mut credit.credits_posted, transfer.credit)?;
    }
    if holds {
        add(&mut credit.credits_held, transfer.credit)?;
    }
    if releases {
        add(&mut credit.credits_released, transfer.credit)?;
    }
    Ok(())
}

/// Folds transfers into one change per account.
///
/// # Errors
/// [`FoldError::Counter`] when a sum exceeds `u128`.
pub fn fold<'a>(transfers: impl IntoIterator<Item = &'a Transfer>) -> Result<BalanceChanges, FoldError> {
    let mut changes = BalanceChanges::new();
    for transfer in transfers {
        fold_into(&mut changes, transfer)?;
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
