//! When a liabilities root may be signed.
//!
//! Total and journal entry fall neither below the newest root of the contract nor below any root that was signed and can
//! still be published: its deadline has not passed. A root that expired unpublished, or that the guardian vetoed, binds
//! nobody, and the contract itself refuses to publish one that falls.
//!
//! What a root promises beyond that floor is its increase. The increases of a day are bounded, and the total by what the
//! intakes refer that signers with this memory authorized: nothing else pays for entitlements but funding that people
//! configured.

use money::Amount;
use signer_client::{LiabilitiesRoot, RootTerms};
use thiserror::Error;

use crate::Refusal;
use crate::policy::Scope;
use crate::policy::scope::check_deadline;

/// The contract counts liabilities in 96 bits.
const TOTAL_MAX: Amount = Amount::new((1 << 96) - 1);

/// The most that roots may promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootLimits {
    /// The largest sum of increases in any day.
    pub day_max: Amount,
    /// What a root may promise beyond all intakes that were authorized with this memory.
    pub unseen_max: Amount,
    /// From this increase on a root waits.
    pub large_total: Amount,
    /// Seconds for which it waits after the attestor first saw it.
    pub large_age: u64,
}

settlement::rules! {
    /// The rule that a root breaks.
    #[derive(Debug, Clone, PartialEq, Eq, Error)]
    pub enum RootRule {
        /// There is no root.
        #[error("the root is zero")]
        RootZero = "root_zero",
        /// Nobody is owed anything.
        #[error("the total is zero")]
        TotalZero = "total_zero",
        /// More than the contract can count.
        #[error("the total {0} is too large")]
        TotalTooLarge(Amount) = "total_too_large",
        /// It begins after its end.
        #[error("the root would be valid from {valid_after} to {deadline}")]
        WindowEmpty {
            /// Its first second.
            valid_after: u64,
            /// Its last second.
            deadline: u64,
        } = "window_empty",
        /// It counts entries that do not exist.
        #[error("the root counts up to entry {as_of_seq}, the contract's journal has {journal_seq}")]
        AheadOfJournal {
            /// As requested.
            as_of_seq: u64,
            /// The contract's journal.
            journal_seq: u64,
        } = "ahead_of_journal",
        /// The company would owe less than before.
        #[error("the total {found} is below {floor}, which was signed or published before")]
        TotalFalls {
            /// As requested.
            found: Amount,
            /// The highest before.
            floor: Amount,
        } = "total_falls",
        /// More than a day's roots may promise.
        #[error("{signed} signed in a day and {increase} more are above the limit {max} of a day")]
        AboveDayMax {
            /// Increases of the last day.
            signed: Amount,
            /// The increase of this root.
            increase: Amount,
            /// The limit.
            max: Amount,
        } = "above_day_max",
        /// More than people can have paid in.
        #[error(
            "the total {found} is above {intakes}, which authorized intakes bring in, and {unseen_max} beyond"
        )]
        AboveIntakes {
            /// As requested.
            found: Amount,
            /// What was authorized.
            intakes: Amount,
            /// The configured rest.
            unseen_max: Amount,
        } = "above_intakes",
        /// It would count fewer entries than before.
        #[error("the root counts up to entry {found}, below {floor} of one that was signed or published before")]
        SeqFalls {
            /// As requested.
            found: u64,
            /// The highest before.
            floor: u64,
        } = "seq_falls",
    }
}

/// What a root must reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) total: Amount,
    pub(crate) as_of_seq: u64,
}

/// What was signed before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RootPast {
    /// What roots that can still be published promise.
    pub(crate) floor: Floor,
    /// Increases of the last day.
    pub(crate) in_day: Amount,
    /// What all authorized intakes refer.
    pub(crate) intakes: Amount,
}

/// A root that the chain's state justifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JustifiedRoot {
    pub(crate) scope: String,
    pub(crate) root: LiabilitiesRoot,
    /// What the newest root of the contract promises.
    pub(crate) published: Amount,
    pub(crate) limits: RootLimits,
}

impl Scope {
    /// Checks everything about a root that depends neither on the time nor on the chain.
    pub(crate) fn check_root(&self, terms: &RootTerms) -> Result<(), Refusal> {
        self.check_place(terms.chain_id, terms.contract)?;
        self.check_plan(terms.plan_hash)?;
        let root = &terms.root;
        if root.root.is_zero() {
            return Err(RootRule::RootZero.into());
        }
        if root.total.is_zero() {
            return Err(RootRule::TotalZero.into());
        }
        if root.total > TOTAL_MAX {
            return Err(RootRule::TotalTooLarge(root.total).into());
        }
        if root.valid_after >= root.deadline {
            return Err(RootRule::WindowEmpty {
                valid_after: root.valid_after,
                deadline: root.deadline,
            }
            .into());
        }
        Ok(())
    }

    /// Checks a root against the chain's time, journal and newest root.
    pub(crate) fn justify_root(
        &self,
        root: &LiabilitiesRoot,
        head: u64,
        journal_seq: u64,
        published: Floor,
        limits: RootLimits,
    ) -> Result<JustifiedRoot, Refusal> {
        check_deadline(root.deadline, head)?;
        if root.as_of_seq > journal_seq {
            return Err(RootRule::AheadOfJournal {
                as_of_seq: root.as_of_seq,
                journal_seq,
            }
            .into());
        }
        let justified = JustifiedRoot {
            scope: self.to_string(),
            root: root.clone(),
            published: published.total,
            limits,
        };
        justified.reach(published)?;
        Ok(justified)
    }
}

impl JustifiedRoot {
    /// Checks the root against what was signed before, and returns what it promises beyond.
    pub(crate) fn admit(&self, past: &RootPast) -> Result<Amount, RootRule> {
        self.reach(past.floor)?;
        let floor = self.published.max(past.floor.total);
        let increase = self.root.total.saturating_sub(floor);
        let max = self.limits.day_max;
        match past.in_day.checked_add(increase) {
            Ok(day) if day <= max || increase.is_zero() => {}
            Ok(_) | Err(_) => {
                return Err(RootRule::AboveDayMax {
                    signed: past.in_day,
                    increase,
                    max,
                });
            }
        }
        let unseen_max = self.limits.unseen_max;
        let justified = past
            .intakes
            .checked_add(unseen_max)
            .unwrap_or(Amount::new(u128::MAX));
        if self.root.total > justified {
            return Err(RootRule::AboveIntakes {
                found: self.root.total,
                intakes: past.intakes,
                unseen_max,
            });
        }
        Ok(increase)
    }

    /// Checks that the root does not fall below a floor.
    pub(crate) fn reach(&self, floor: Floor) -> Result<(), RootRule> {
        if self.root.total < floor.total {
            return Err(RootRule::TotalFalls {
                found: self.root.total,
                floor: floor.total,
            });
        }
        if self.root.as_of_seq < floor.as_of_seq {
            return Err(RootRule::SeqFalls {
                found: self.root.as_of_seq,
                floor: floor.as_of_seq,
            });
        }
        Ok(())
    }
}
