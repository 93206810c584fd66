//! The quorum.
//!
//! A batch, a root or an allocation to a fund needs the signature of the person who proposed it and votes of other people who approve. The end of
//! stops and another list of people need as many as the list prescribes for that: of approvers and administrators the one,
//! of administrators alone the other. A person has one vote however many
//! wallets, and the proposer has none on their own proposal. Signatures of nobody on the list, of people who do not count
//! any more, and those that have ended, count as if they were not there: they must not stop what others agreed to.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use thiserror::Error;

use crate::{People, Person, Proposal, Role};

/// Seconds of the chain's time for which a signature may agree at most: a week.
pub const APPROVAL_LIFE_MAX: u64 = 7 * 86_400;

/// A signature that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vote {
    /// Whose wallet signed.
    pub wallet: Address,
    /// Until when it agrees, in seconds of the chain's time.
    pub expires: u64,
}

/// Who agreed, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The person who proposed it, where there is one.
    pub proposer: Option<String>,
    /// The others.
    pub voters: BTreeSet<String>,
}

/// Why a proposal is not agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuorumRule {
    /// The wallet that proposed it is nobody's who may propose now.
    #[error("{0} is not the wallet of a person currently allowed to propose")]
    ProposerUnknown(Address),
    /// The proposer did not sign exactly this.
    #[error("the proposer has not signed exactly this proposal")]
    ProposerUnsigned,
    /// Too few people agree.
    #[error("{found} of {needed} required votes")]
    VotesMissing {
        /// How many people's votes count.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
}

impl QuorumRule {
    /// Its stable name on the wire and in records.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ProposerUnknown(_) => "proposer_unknown",
            Self::ProposerUnsigned => "proposer_unsigned",
            Self::VotesMissing { .. } => "votes_missing",
        }
    }
}

/// Checks at this second of the chain's time that enough people agree to a proposal. The votes must be signatures of
/// exactly this proposal, each verified.
pub fn check(people: &People, proposal: &Proposal, votes: &[Vote], time: u64) -> Result<Agreed, QuorumRule> {
    let counts =
        |vote: &&Vote| vote.expires >= time && vote.expires.saturating_sub(time) <= APPROVAL_LIFE_MAX;
    let valid = |wallet| people.owner(wallet).filter(|person| person.is_valid_at(time));
    let voters: Vec<&Person> = votes
        .iter()
        .filter(counts)
        .filter_map(|vote| valid(vote.wallet))
        .collect();
    let proposer = match proposal.proposer() {
        None => None,
        Some(wallet) => {
            let person = valid(wallet).filter(|person| person.roles.contains(&Role::Builder));
            let person = person.ok_or(QuorumRule::ProposerUnknown(wallet))?;
            if !voters.iter().any(|voter| voter.id == person.id) {
                return Err(QuorumRule::ProposerUnsigned);
            }
            Some(person.id.clone())
        }
    };
    let (needed, roles): (usize, &[Role]) = match proposal {
        Proposal::Batch { .. } | Proposal::Root { .. } | Proposal::Fund { .. } => {
            (people.money_votes(), &[Role::Approver])
        }
        Proposal::Resume(_) => (people.admin_votes(), &[Role::Approver, Role::ConfigAdmin]),
        Proposal::People(_) => (people.admin_votes(), &[Role::ConfigAdmin]),
    };
    let agreed: BTreeSet<String> = voters
        .iter()
        .filter(|voter| roles.iter().any(|role| voter.roles.contains(role)))
        .filter(|voter| Some(&voter.id) != proposer.as_ref())
        .map(|voter| voter.id.clone())
        .collect();
    if agreed.len() < needed {
        return Err(QuorumRule::VotesMissing {
            found: agreed.len(),
            needed,
        });
    }
    Ok(Agreed {
        proposer,
        voters: agreed,
    })
}

#[cfg(test)]
mod tests;
