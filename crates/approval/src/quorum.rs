//! The quorum.
//!
//! A batch or a root needs the signature of the person who proposed it and votes of other people who approve. The end of
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
///
/// # Errors
/// [`QuorumRule`].
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
        Proposal::Batch { .. } | Proposal::Root { .. } => (people.money_votes(), &[Role::Approver]),
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
mod tests {
    use alloy_primitives::B256;
    use money::Amount;

    use super::*;
    use crate::{BatchProposal, PeopleProposal, ResumeProposal};

    fn wallet(byte: u8) -> Address {
        Address::repeat_byte(byte)
    }

    /// Alice builds with two wallets and approves, Bob and Carol approve, Dave was an approver until second 50.
    fn people() -> People {
        let person = |id: &str, roles: &[Role], until, wallets: &[u8]| Person {
            id: id.to_owned(),
            roles: roles.iter().copied().collect(),
            from: 0,
            until,
            wallets: wallets.iter().copied().map(wallet).collect(),
        };
        People::new(
            1,
            2,
            vec![
                person("alice", &[Role::Builder, Role::Approver], None, &[1, 2]),
                person("bob", &[Role::Approver, Role::ConfigAdmin], None, &[3]),
                person("carol", &[Role::ConfigAdmin], None, &[4]),
                person("dave", &[Role::Approver], Some(50), &[5]),
            ],
        )
        .unwrap()
    }

    fn batch(proposer: u8) -> Proposal {
        Proposal::Batch {
            batch: BatchProposal {
                batch_id: B256::repeat_byte(1),
                list_hash: B256::repeat_byte(2),
                manifest_hash: B256::repeat_byte(3),
                total: Amount::new(4),
                payouts: 5,
            },
            proposer: wallet(proposer),
        }
    }

    fn agreed(proposal: &Proposal, wallets: &[u8], time: u64) -> Result<Vec<String>, &'static str> {
        let votes: Vec<Vote> = wallets
            .iter()
            .map(|byte| Vote {
                wallet: wallet(*byte),
                expires: 100,
            })
            .collect();
        check(&people(), proposal, &votes, time)
            .map(|agreed| agreed.voters.into_iter().collect())
            .map_err(|rule| rule.code())
    }

    #[test]
    fn two_people_must_sign_and_wallets_are_no_people() {
        assert_eq!(agreed(&batch(1), &[1, 3], 10), Ok(vec!["bob".to_owned()]));
        // The proposer signs with another wallet than the one that built it: the same person.
        assert_eq!(agreed(&batch(1), &[2, 3], 10), Ok(vec!["bob".to_owned()]));
        for (wallets, code) in [
            (&[][..], "proposer_unsigned"),
            (&[3], "proposer_unsigned"),
            (&[1], "votes_missing"),
            // Alice twice.
            (&[1, 2], "votes_missing"),
            // Carol does not approve payments, and 9 is nobody.
            (&[1, 4, 9], "votes_missing"),
        ] {
            assert_eq!(agreed(&batch(1), wallets, 10), Err(code), "{wallets:?}");
        }
        for proposer in [3, 9] {
            assert_eq!(agreed(&batch(proposer), &[1, 3], 10), Err("proposer_unknown"));
        }
    }

    #[test]
    fn who_left_and_what_expired_does_not_count() {
        assert!(agreed(&batch(1), &[1, 5], 49).is_ok());
        assert_eq!(agreed(&batch(1), &[1, 5], 50), Err("votes_missing"));
        assert!(agreed(&batch(1), &[1, 3], 100).is_ok());
        assert_eq!(agreed(&batch(1), &[1, 3], 101), Err("proposer_unsigned"));
        let forever = [wallet(1), wallet(3)].map(|wallet| Vote {
            wallet,
            expires: u64::MAX,
        });
        assert!(check(&people(), &batch(1), &forever, 10).is_err());
    }

    #[test]
    fn stops_and_people_need_two_administrators() {
        let resume = Proposal::Resume(ResumeProposal { stops: vec![1] });
        assert!(agreed(&resume, &[3, 4], 10).is_ok());
        assert!(agreed(&resume, &[1, 2], 10).is_err());
        let list = Proposal::People(PeopleProposal {
            version: 2,
            previous: B256::ZERO,
            next: B256::ZERO,
        });
        assert!(agreed(&list, &[3, 4], 10).is_ok());
        assert_eq!(agreed(&list, &[3, 1, 5], 10), Err("votes_missing"));
    }
}
