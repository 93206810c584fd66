//! Scope and deadline: the rules common to all authorizations.

use std::collections::BTreeSet;
use std::fmt;

use alloy::primitives::{Address, B256};
use settlement::authorization::{BrokenRule, INTAKE_LIFE_MAX, INTAKE_LIFE_MIN};

/// What one signer signs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Its only chain.
    pub chain_id: u64,
    /// Its only contract.
    pub contract: Address,
    /// The plans that were checked.
    pub plan_hashes: BTreeSet<B256>,
}

impl fmt::Display for Scope {
    /// Canonical text of chain and contract: `31337:0x…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:#x}", self.chain_id, self.contract)
    }
}

impl Scope {
    pub(super) fn check_place(&self, chain_id: u64, contract: Address) -> Result<(), BrokenRule> {
        if chain_id != self.chain_id {
            return Err(BrokenRule::WrongChain {
                found: chain_id,
                wanted: self.chain_id,
            });
        }
        if contract != self.contract {
            return Err(BrokenRule::WrongContract {
                found: contract,
                wanted: self.contract,
            });
        }
        Ok(())
    }

    pub(super) fn check_plan(&self, plan_hash: B256) -> Result<(), BrokenRule> {
        if self.plan_hashes.contains(&plan_hash) {
            Ok(())
        } else {
            Err(BrokenRule::UnknownPlan(plan_hash))
        }
    }
}

/// A deadline lies at least half a minute and, as the contract wants it, at most an hour after the chain's time.
pub(super) fn check_deadline(deadline: u64, head: u64) -> Result<(), BrokenRule> {
    check_not_passed(deadline, head)?;
    let life = deadline.saturating_sub(head);
    if life < INTAKE_LIFE_MIN {
        return Err(BrokenRule::DeadlineTooNear { deadline, head });
    }
    if life > INTAKE_LIFE_MAX {
        return Err(BrokenRule::DeadlineTooFar { deadline, head });
    }
    Ok(())
}

/// The contract would take it in a block of this time.
pub(super) fn check_not_passed(deadline: u64, head: u64) -> Result<(), BrokenRule> {
    if deadline <= head {
        return Err(BrokenRule::DeadlinePassed { deadline, head });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_taken_exactly_inside_its_window() {
        let head = 1_800_000_000;
        let code = |deadline| check_deadline(deadline, head).map_err(|rule| rule.code());
        assert_eq!(code(0), Err("deadline_passed"));
        assert_eq!(code(head), Err("deadline_passed"));
        assert_eq!(code(head + 29), Err("deadline_too_near"));
        assert_eq!(code(head + 30), Ok(()));
        assert_eq!(code(head + 3_600), Ok(()));
        assert_eq!(code(head + 3_601), Err("deadline_too_far"));
        assert_eq!(code(u64::MAX), Err("deadline_too_far"));
    }
}
