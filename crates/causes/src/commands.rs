//! Commands that operators give: whether those who must have signed them did.
//!
//! The posting worker asks before it posts, the reconciler before it counts, and neither believes anything but the command with
//! its signatures and the list of operators. Only signatures of keys count: neither has a node that could be asked at the moment
//! for which they would have to be judged.

use alloy_primitives::{Address, B256};
use approval::{
    Confirmation, Confirmed, Domain, Evidence, FundProposal, PROPOSAL_KEY_PREFIX, People, Proposal,
    QuorumRule, Role, Vote, recover,
};
use ledger::Fund;
use money::Amount;
use plan::{Cause, CompiledPlan, Report};
use thiserror::Error;

/// Why a command of operators does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unproven {
    /// Nothing beside it says who wants it.
    #[error("the command has no signatures")]
    Unsigned,
    /// The natural key is not that of such a command.
    #[error("the command's key names neither a proposal nor an operator")]
    Key,
    /// Too few people signed exactly this.
    #[error(transparent)]
    Quorum(#[from] QuorumRule),
    /// The wallet that gives it did not sign exactly this.
    #[error("the signature is not that of {0} over exactly this command")]
    BadSignature(Address),
    /// The wallet that gives it is nobody's who may give it.
    #[error("{0} is not the wallet of a person currently allowed to confirm what was checked about users")]
    NotAnOperator(Address),
}

/// A command as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What is to happen.
    pub cause: &'a Cause,
    /// Who gave it under which name, or the proposal that it follows from.
    pub natural_key: &'a str,
    /// The signature, or the signatures under the proposal.
    pub signature: Option<&'a [u8]>,
    /// When it was given, in seconds of the chain's time.
    pub at: u64,
}

/// By what commands are judged.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The plan that is followed.
    pub plan: &'a CompiledPlan,
    /// The ledger.
    pub domain: &'a Domain,
    /// Who may do what.
    pub people: &'a People,
    /// The newest block's time: signatures that had ended by then, and people who counted no more, do not count.
    pub time: u64,
}

/// What operators must have signed.
enum Needed {
    /// Two people, a proposal.
    Allocation(Fund, Amount),
    /// One person, that something was checked about a user.
    Confirmation(Confirmed, Address),
}

const fn needed(cause: &Cause) -> Option<Needed> {
    if let Cause::Reported(report) = cause {
        if let Report::FundAllocated { fund, amount } = report {
            return Some(Needed::Allocation(*fund, *amount));
        }
        if let Report::UserVerified { wallet } = report {
            return Some(Needed::Confirmation(Confirmed::Identity, *wallet));
        }
        if let Report::TaxIdRecorded { wallet } = report {
            return Some(Needed::Confirmation(Confirmed::TaxId, *wallet));
        }
    }
    None
}

/// Whether operators give this, so that it counts with their signatures only.
pub const fn is_of_operators(cause: &Cause) -> bool {
    needed(cause).is_some()
}

/// The allocation that a proposal with this hash is about, as it is signed.
pub fn allocation(
    plan: &CompiledPlan,
    proposal: B256,
    fund: Fund,
    amount: Amount,
    proposer: Address,
) -> Proposal {
    let name = plan.funds().find(|(number, _)| *number == fund);
    Proposal::Fund {
        allocation: FundProposal {
            proposal,
            fund: fund.get(),
            name: name.map_or("", |(_, name)| name).to_owned(),
            asset: plan.asset(),
            amount,
        },
        proposer,
    }
}

impl Judge<'_> {
    /// Checks a command of operators; every other command passes.
    ///
    /// # Errors
    /// [`Unproven`].
    pub fn check(&self, given: &Given<'_>) -> Result<(), Unproven> {
        let Some(needed) = needed(given.cause) else {
            return Ok(());
        };
        let signature = given.signature.ok_or(Unproven::Unsigned)?;
        match needed {
            Needed::Allocation(fund, amount) => {
                let hash = given.natural_key.strip_prefix(PROPOSAL_KEY_PREFIX);
                let hash: B256 = hash.and_then(|hash| hash.parse().ok()).ok_or(Unproven::Key)?;
                let evidence = Evidence::from_bytes(signature).ok_or(Unproven::Unsigned)?;
                let proposal = allocation(self.plan, hash, fund, amount, evidence.proposer);
                self.check_agreed(&proposal, &evidence, given.at)
            }
            Needed::Confirmation(what, wallet) => {
                let (operator, key) = given.natural_key.split_once(':').ok_or(Unproven::Key)?;
                let operator: Address = operator.parse().map_err(|_| Unproven::Key)?;
                let confirmation = Confirmation {
                    what,
                    wallet,
                    operator,
                    nonce: approval::command_nonce(key),
                };
                let digest = confirmation.message().digest(self.domain);
                if recover(digest, signature) != Some(operator) {
                    return Err(Unproven::BadSignature(operator));
                }
                self.check_supports(operator, given.at)
            }
        }
    }

    fn check_agreed(&self, proposal: &Proposal, evidence: &Evidence, at: u64) -> Result<(), Unproven> {
        let is_good = |wallet: Address, expires: u64, signature: &[u8]| {
            let digest = proposal.message(expires).digest(self.domain);
            expires >= self.time && self.counts(wallet) && recover(digest, signature) == Some(wallet)
        };
        let votes: Vec<Vote> = (evidence.approvals.iter())
            .filter(|approval| is_good(approval.wallet, approval.expires, &approval.signature))
            .map(|approval| Vote {
                wallet: approval.wallet,
                expires: approval.expires,
            })
            .collect();
        approval::check(self.people, proposal, &votes, at)?;
        Ok(())
    }

    fn check_supports(&self, operator: Address, at: u64) -> Result<(), Unproven> {
        let person = self
            .people
            .owner(operator)
            .filter(|person| person.is_valid_at(at));
        let may = person.is_some_and(|person| person.roles.contains(&Role::Support));
        if may && self.counts(operator) {
            return Ok(());
        }
        Err(Unproven::NotAnOperator(operator))
    }

    fn counts(&self, wallet: Address) -> bool {
        let person = self.people.owner(wallet);
        person.is_some_and(|person| person.is_valid_at(self.time))
    }
}
