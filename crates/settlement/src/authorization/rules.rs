//! When the terms of an intake may be signed.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256};
use money::Amount;
use thiserror::Error;

use crate::authorization::{IntakeKind, IntakeTerms};

/// Seconds that an intake authorization must at least live from the chain's head on: time for a person to confirm the
/// transaction and for a block to include it.
pub const INTAKE_LIFE_MIN: u64 = 30;

/// Seconds that an intake authorization may at most live: the price, the plan and the disclosure that it fixes must
/// not be kept in reserve. The rule of the custody contract's authorizations.
pub const INTAKE_LIFE_MAX: u64 = 3_600;

/// The contract's escrow counts in gwei: the base units of one.
pub const GWEI: u128 = 1_000_000_000;

/// What one signer signs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its only chain.
    pub chain_id: u64,
    /// Its only contract.
    pub contract: Address,
    /// The plans that were checked.
    pub plan_hashes: BTreeSet<B256>,
    /// The largest amount of one intake.
    pub amount_max: Amount,
}

crate::rules! {
    /// The rule that terms break.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
    pub enum BrokenRule {
        /// They are for another chain.
        #[error("the terms are for chain {found}, not {wanted}")]
        WrongChain {
            /// The chain of the terms.
            found: u64,
            /// The signer's chain.
            wanted: u64,
        } = "wrong_chain",
        /// They are for another contract.
        #[error("the terms are for the contract {found:#x}, not {wanted:#x}")]
        WrongContract {
            /// The contract of the terms.
            found: Address,
            /// The signer's contract.
            wanted: Address,
        } = "wrong_contract",
        /// The plan is not on the list of checked plans.
        #[error("the plan {0:#x} is not on the list of checked plans")]
        UnknownPlan(B256) = "unknown_plan",
        /// Nobody pays.
        #[error("the user is the zero address")]
        UserZero = "user_zero",
        /// The sponsor is the zero address; a root user has no sponsor instead.
        #[error("the sponsor is the zero address")]
        SponsorZero = "sponsor_zero",
        /// A user cannot be their own sponsor.
        #[error("a user cannot be their own sponsor")]
        SponsorIsUser = "sponsor_is_user",
        /// A retopup names a sponsor.
        #[error("a retopup has no sponsor")]
        RetopupWithSponsor = "retopup_with_sponsor",
        /// Nothing was shown to the user.
        #[error("the disclosure's hash is zero")]
        DisclosureZero = "disclosure_zero",
        /// The intake has no reference.
        #[error("the reference is zero")]
        RefZero = "ref_zero",
        /// Nothing is paid.
        #[error("the amount is zero")]
        AmountZero = "amount_zero",
        /// The contract takes whole gwei only.
        #[error("the amount {0} is not a whole number of gwei")]
        AmountNotWholeGwei(Amount) = "amount_not_whole_gwei",
        /// More than one intake may bring.
        #[error("the amount {found} is above the maximum {max}")]
        AmountAboveMax {
            /// The amount of the terms.
            found: Amount,
            /// The largest amount of one intake.
            max: Amount,
        } = "amount_above_max",
        /// The authorization is dead already.
        #[error("the deadline {deadline} is not after the chain's time {head}")]
        DeadlinePassed {
            /// The deadline of the terms.
            deadline: u64,
            /// The chain head's timestamp.
            head: u64,
        } = "deadline_passed",
        /// The authorization would live too short to be used.
        #[error("the deadline {deadline} is less than {INTAKE_LIFE_MIN} s after the chain's time {head}")]
        DeadlineTooNear {
            /// The deadline of the terms.
            deadline: u64,
            /// The chain head's timestamp.
            head: u64,
        } = "deadline_too_near",
        /// The authorization would live too long.
        #[error("the deadline {deadline} is more than {INTAKE_LIFE_MAX} s after the chain's time {head}")]
        DeadlineTooFar {
            /// The deadline of the terms.
            deadline: u64,
            /// The chain head's timestamp.
            head: u64,
        } = "deadline_too_far",
    }
}

impl Policy {
    /// Checks everything about terms that does not depend on the time.
    ///
    /// # Errors
    /// The first [`BrokenRule`], in the order of its variants.
    pub fn check_terms(&self, terms: &IntakeTerms) -> Result<(), BrokenRule> {
        if terms.chain_id != self.chain_id {
            return Err(BrokenRule::WrongChain {
                found: terms.chain_id,
                wanted: self.chain_id,
            });
        }
        if terms.contract != self.contract {
            return Err(BrokenRule::WrongContract {
                found: terms.contract,
                wanted: self.contract,
            });
        }
        if !self.plan_hashes.contains(&terms.plan_hash) {
            return Err(BrokenRule::UnknownPlan(terms.plan_hash));
        }
        terms.check_people()?;
        if terms.disclosure_hash.is_zero() {
            return Err(BrokenRule::DisclosureZero);
        }
        if terms.deposit_ref.is_zero() {
            return Err(BrokenRule::RefZero);
        }
        self.check_amount(terms.amount)
    }

    fn check_amount(&self, amount: Amount) -> Result<(), BrokenRule> {
        if amount.is_zero() {
            return Err(BrokenRule::AmountZero);
        }
        if !amount.base_units().is_multiple_of(GWEI) {
            return Err(BrokenRule::AmountNotWholeGwei(amount));
        }
        if amount > self.amount_max {
            return Err(BrokenRule::AmountAboveMax {
                found: amount,
                max: self.amount_max,
            });
        }
        Ok(())
    }
}

impl IntakeTerms {
    fn check_people(&self) -> Result<(), BrokenRule> {
        if self.user.is_zero() {
            return Err(BrokenRule::UserZero);
        }
        match (self.kind, self.sponsor) {
            (_, Some(sponsor)) if sponsor.is_zero() => Err(BrokenRule::SponsorZero),
            (IntakeKind::Retopup, Some(_)) => Err(BrokenRule::RetopupWithSponsor),
            (IntakeKind::Registration, Some(sponsor)) if sponsor == self.user => {
                Err(BrokenRule::SponsorIsUser)
            }
            (IntakeKind::Registration, Some(_) | None) | (IntakeKind::Retopup, None) => Ok(()),
        }
    }

    /// Checks that the deadline lies in the window that opens at the chain head's timestamp.
    ///
    /// # Errors
    /// [`BrokenRule::DeadlinePassed`], [`BrokenRule::DeadlineTooNear`] or [`BrokenRule::DeadlineTooFar`].
    pub fn check_deadline(&self, head: u64) -> Result<(), BrokenRule> {
        let deadline = self.deadline;
        let Some(life) = deadline.checked_sub(head).filter(|life| *life > 0) else {
            return Err(BrokenRule::DeadlinePassed { deadline, head });
        };
        if life < INTAKE_LIFE_MIN {
            return Err(BrokenRule::DeadlineTooNear { deadline, head });
        }
        if life > INTAKE_LIFE_MAX {
            return Err(BrokenRule::DeadlineTooFar { deadline, head });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
