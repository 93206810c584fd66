//! The list that a batch's authorization signs: sorted, and hashed as the contract does.

use alloy_primitives::{Address, B256, Keccak256};
use money::Amount;
use thiserror::Error;

use crate::batch::{PAYOUTS_MAX, TARGET_MAX};

/// One line of a sealed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedPayout {
    /// Whom to pay.
    pub wallet: Address,
    /// What is held back for it, and paid unless someone else pays it first.
    pub amount: Amount,
    /// What the chain will have paid in all afterwards.
    pub target: Amount,
}

impl SealedPayout {
    /// The contract's entry: `address ‖ uint96 target`.
    pub fn word(&self) -> B256 {
        let mut word = B256::ZERO;
        word.0[16..].copy_from_slice(&self.target.base_units().to_be_bytes());
        // The upper four bytes of the number are zero below 2^96, and the address ends in them.
        word.0[..20].copy_from_slice(self.wallet.as_slice());
        word
    }
}

/// A batch's list, ready to be authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// By wallet, strictly ascending.
    pub payouts: Vec<SealedPayout>,
    /// `keccak256` of the words: how the authorization and the chain's event name the list.
    pub list_hash: B256,
    /// Sum of the amounts: what the contract pays at most.
    pub max_total: Amount,
}

impl Sealed {
    /// The contract's entries.
    pub fn words(&self) -> Vec<B256> {
        self.payouts.iter().map(SealedPayout::word).collect()
    }
}

crate::rules! {
    /// Why a list cannot be sealed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
    pub enum SealError {
        /// Nobody is paid.
        #[error("the list is empty")]
        Empty = "empty",
        /// More than the contract takes.
        #[error("{0} payouts are more than {PAYOUTS_MAX}")]
        TooMany(usize) = "too_many",
        /// A payout to the zero address.
        #[error("a wallet is the zero address")]
        WalletZero = "wallet_zero",
        /// Two payouts to one wallet.
        #[error("the wallet {0:#x} is paid twice")]
        WalletTwice(Address) = "wallet_twice",
        /// A payout of nothing.
        #[error("the payout to {0:#x} is zero")]
        AmountZero(Address) = "amount_zero",
        /// The target is below the amount: something paid earlier would be negative.
        #[error("the target of {0:#x} is below its amount")]
        TargetBelowAmount(Address) = "target_below_amount",
        /// More than the contract can count.
        #[error("the target of {0:#x} is too large")]
        TargetTooLarge(Address) = "target_too_large",
    }
}

/// Seals payouts, in whatever order they come.
///
/// # Errors
/// [`SealError`]: the contract would refuse the list, or it makes no sense.
pub fn seal(mut payouts: Vec<SealedPayout>) -> Result<Sealed, SealError> {
    if payouts.is_empty() {
        return Err(SealError::Empty);
    }
    if payouts.len() > PAYOUTS_MAX {
        return Err(SealError::TooMany(payouts.len()));
    }
    payouts.sort_by_key(|payout| payout.wallet);
    let mut max_total = Amount::ZERO;
    let mut hasher = Keccak256::new();
    let mut previous = Address::ZERO;
    for payout in &payouts {
        let wallet = payout.wallet;
        if wallet.is_zero() {
            return Err(SealError::WalletZero);
        }
        if wallet == previous {
            return Err(SealError::WalletTwice(wallet));
        }
        if payout.amount.is_zero() {
            return Err(SealError::AmountZero(wallet));
        }
        if payout.target < payout.amount {
            return Err(SealError::TargetBelowAmount(wallet));
        }
        if payout.target > TARGET_MAX {
            return Err(SealError::TargetTooLarge(wallet));
        }
        // 300 amounts below 2^95 do not overflow.
        max_total = max_total
            .checked_add(payout.amount)
            .map_err(|_| SealError::TargetTooLarge(wallet))?;
        hasher.update(payout.word());
        previous = wallet;
    }
    Ok(Sealed {
        payouts,
        list_hash: hasher.finalize(),
        max_total,
    })
}

#[cfg(test)]
mod tests;
