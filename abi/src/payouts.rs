//! Packed words of a batch and of the leaves of a root: the input for each user, and its outcome.
//!
//! Not responsible for what a user is owed, nor for the order of a list (the contract wants addresses strictly ascending).
//! Amounts are wei and fit 96 bits.

use alloy::primitives::{Address, B256, U256, keccak256};
use thiserror::Error;

use crate::events::CustodyEvent;

/// An amount in a word has less than 96 bits.
pub const AMOUNT_BITS: u32 = 96;
/// Set in an outcome word when the amount was credited instead of sent; amounts of outcomes are therefore below this.
pub const CREDITED_FLAG: u128 = 1 << 95;
/// Entries that the contract takes in one batch, and leaves in one call.
pub const BATCH_MAX: usize = 300;

const AMOUNT_BYTES: usize = 12;

/// The amount does not fit the word that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{amount} does not fit the word of {user}")]
pub struct AmountTooLarge {
    /// Whose word it is.
    pub user: Address,
    /// The amount in wei.
    pub amount: u128,
}

/// One entry of a batch: `address ‖ uint96 target`. A leaf in a call has the same form: what the root entitles to is its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payout {
    /// Who is paid.
    pub user: Address,
    /// The user's new cumulative `paid`.
    pub target: u128,
}

impl Payout {
    /// The word that is signed and sent.
    ///
    /// # Errors
    /// [`AmountTooLarge`] for a target of 2^96 or more.
    pub fn word(self) -> Result<B256, AmountTooLarge> {
        if self.target >> AMOUNT_BITS != 0 {
            return Err(AmountTooLarge {
                user: self.user,
                amount: self.target,
            });
        }
        Ok(pack(self.user, self.target))
    }
}

/// The outcome of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PayoutOutcome {
    /// Whose entry it was.
    pub user: Address,
    /// What happened.
    pub effect: PayoutEffect,
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutEffect {
    /// This much was sent to the user.
    Sent(u128),
    /// This much could not be sent, or the user was frozen: it is kept for withdrawal.
    Credited(u128),
    /// The target had been reached before; or, of a leaf, its user is frozen.
    Skipped,
}

impl PayoutOutcome {
    /// The word `address ‖ amount` that the batch's outcome hash covers; bit 95 set when credited, amount 0 when skipped.
    ///
    /// # Errors
    /// [`AmountTooLarge`] for an amount that would touch bit 95.
    pub fn word(self) -> Result<B256, AmountTooLarge> {
        let (amount, flag) = match self.effect {
            PayoutEffect::Sent(amount) => (amount, 0),
            PayoutEffect::Credited(amount) => (amount, CREDITED_FLAG),
            PayoutEffect::Skipped => (0, 0),
        };
        if amount >= CREDITED_FLAG {
            return Err(AmountTooLarge {
                user: self.user,
                amount,
            });
        }
        Ok(pack(self.user, amount | flag))
    }

    /// The outcome that a per-user event reports, with the batch's id or, of leaves, with the root; `None` for every other
    /// event, and for an amount that no batch can have.
    pub fn from_event(event: &CustodyEvent) -> Option<(B256, Self)> {
        let (cause, user, effect) = match event {
            CustodyEvent::PayoutExecuted(e) => (e.batchId, e.user, PayoutEffect::Sent(amount_in(e.amount)?)),
            CustodyEvent::PayoutCredited(e) => {
                (e.batchId, e.user, PayoutEffect::Credited(amount_in(e.amount)?))
            }
            CustodyEvent::PayoutSkipped(e) => (e.batchId, e.user, PayoutEffect::Skipped),
            CustodyEvent::LeafPaid(e) => (e.root, e.user, PayoutEffect::Sent(amount_in(e.amount)?)),
            CustodyEvent::LeafCredited(e) => (e.root, e.user, PayoutEffect::Credited(amount_in(e.amount)?)),
            CustodyEvent::LeafSkipped(e) => (e.root, e.user, PayoutEffect::Skipped),
            CustodyEvent::BatchCancelled(_)
            | CustodyEvent::BatchSettled(_)
            | CustodyEvent::Claimed(_)
            | CustodyEvent::CreditWithdrawn(_)
            | CustodyEvent::DepositRefunded(_)
            | CustodyEvent::EscrowMatured(_)
            | CustodyEvent::Funded(_)
            | CustodyEvent::LeavesSettled(_)
            | CustodyEvent::OperationCancelled(_)
            | CustodyEvent::OperationExecuted(_)
            | CustodyEvent::OperationScheduled(_)
            | CustodyEvent::OutflowCapLowered(_)
            | CustodyEvent::PauseChanged(_)
            | CustodyEvent::RegistrationAccepted(_)
            | CustodyEvent::RetopupCompleted(_)
            | CustodyEvent::RoleChanged(_)
            | CustodyEvent::RootPublished(_)
            | CustodyEvent::RootVetoed(_)
            | CustodyEvent::SignerRevoked(_)
            | CustodyEvent::UserEnrolled(_)
            | CustodyEvent::UserFrozen(_)
            | CustodyEvent::UserUnfrozen(_) => return None,
        };
        Some((cause, Self { user, effect }))
    }
}

/// What the contract commits to for a list of words: `listHash` of the payout words, `outcomeHash` of the outcome words.
pub fn hash_of(words: &[B256]) -> B256 {
    keccak256(words.concat())
}

fn amount_in(amount: U256) -> Option<u128> {
    u128::try_from(amount)
        .ok()
        .filter(|amount| *amount < CREDITED_FLAG)
}

fn pack(user: Address, amount: u128) -> B256 {
    let mut word = user.into_word();
    word.0.rotate_left(AMOUNT_BYTES);
    word.0[Address::len_bytes()..].copy_from_slice(&amount.to_be_bytes()[size_of::<u128>() - AMOUNT_BYTES..]);
    word
}

#[cfg(test)]
mod tests;
