//! When a liabilities root may be signed.
//!
//! Total and journal entry fall neither below the newest root of the contract nor below any root that was signed and can
//! still be published: its deadline has not passed. A root that expired unpublished, or that the guardian vetoed, binds
//! nobody, and the contract itself refuses to publish one that falls.

use money::Amount;
use signer_client::{LiabilitiesRoot, RootTerms};
use thiserror::Error;

use crate::Refusal;
use crate::policy::Scope;
use crate::policy::scope::check_deadline;

/// The contract counts liabilities in 96 bits.
const TOTAL_MAX: Amount = Amount::new((1 << 96) - 1);

/// The rule that a root breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RootRule {
    /// There is no root.
    #[error("the root is zero")]
    RootZero,
    /// Nobody is owed anything.
    #[error("the total is zero")]
    TotalZero,
    /// More than the contract can count.
    #[error("the total {0} is too large")]
    TotalTooLarge(Amount),
    /// It begins after its end.
    #[error("the root would be valid from {valid_after} to {deadline}")]
    WindowEmpty {
        /// Its first second.
        valid_after: u64,
        /// Its last second.
        deadline: u64,
    },
    /// It counts entries that do not exist.
    #[error("the root counts up to entry {as_of_seq}, the contract's journal has {journal_seq}")]
    AheadOfJournal {
        /// As asked for.
        as_of_seq: u64,
        /// The contract's journal.
        journal_seq: u64,
    },
    /// The company would owe less than before.
    #[error("the total {found} is below {floor}, which was signed or published before")]
    TotalFalls {
        /// As asked for.
        found: Amount,
        /// The highest before.
        floor: Amount,
    },
    /// It would count fewer entries than before.
    #[error("the root counts up to entry {found}, below {floor} of one that was signed or published before")]
    SeqFalls {
        /// As asked for.
        found: u64,
        /// The highest before.
        floor: u64,
    },
}

impl RootRule {
    /// Its stable name on the wire and in records.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RootZero => "root_zero",
            Self::TotalZero => "total_zero",
            Self::TotalTooLarge(_) => "total_too_large",
            Self::WindowEmpty { .. } => "window_empty",
            Self::AheadOfJournal { .. } => "ahead_of_journal",
            Self::TotalFalls { .. } => "total_falls",
            Self::SeqFalls { .. } => "seq_falls",
        }
    }
}

/// What a root must reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) total: Amount,
    pub(crate) as_of_seq: u64,
}

/// A root that the chain's state justifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JustifiedRoot {
    pub(crate) scope: String,
    pub(crate) root: LiabilitiesRoot,
}

/// Checks everything about a root that depends neither on the time nor on the chain.
pub(super) fn check_terms(scope: &Scope, terms: &RootTerms) -> Result<(), Refusal> {
    scope.check_place(terms.chain_id, terms.contract)?;
    scope.check_plan(terms.plan_hash)?;
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

impl Scope {
    /// Checks a root against configuration alone.
    pub(crate) fn check_root(&self, terms: &RootTerms) -> Result<(), Refusal> {
        check_terms(self, terms)
    }

    /// Checks a root against the chain's time, journal and newest root.
    pub(crate) fn justify_root(
        &self,
        root: &LiabilitiesRoot,
        head: u64,
        journal_seq: u64,
        published: Floor,
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
        };
        justified.reach(published)?;
        Ok(justified)
    }
}

impl JustifiedRoot {
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
