//! Sensitive operations, as operators approve them: what, how much, to how many, the hash of the exact content, until when.

use alloy_primitives::{Address, B256};
use money::{Amount, Asset};

use crate::{Message, Value};

/// Decimal digits of the chain's coin. Tokens are not settled yet.
const COIN_DECIMALS: u32 = 18;

/// A batch of payouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchProposal {
    /// Its replay key on the chain.
    pub batch_id: B256,
    /// Hash of wallets and targets, in order.
    pub list_hash: B256,
    /// Hash of the rewards that it covers.
    pub manifest_hash: B256,
    /// What it pays in all, base units.
    pub total: Amount,
    /// To how many.
    pub payouts: u32,
}

/// A root of liabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootProposal {
    /// The root.
    pub root: B256,
    /// Sum of its leaves, base units.
    pub total: Amount,
    /// How many leaves.
    pub leaves: u32,
    /// Journal entry up to which it counts.
    pub as_of_seq: u64,
}

/// The end of stops of settlement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResumeProposal {
    /// Numbers of the stops, ascending.
    pub stops: Vec<u64>,
}

/// Another list of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeopleProposal {
    /// Number of the new list.
    pub version: u64,
    /// Hash of the list that it replaces.
    pub previous: B256,
    /// Hash of the new list.
    pub next: B256,
}

/// Revenue for a fund that pays rewards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FundProposal {
    /// Hash of the stored proposal: two allocations of the same amount are two.
    pub proposal: B256,
    /// Number of the fund.
    pub fund: u8,
    /// Its name in the plan.
    pub name: String,
    /// What the ledger counts.
    pub asset: Asset,
    /// How much, base units.
    pub amount: Amount,
}

/// A dangerous act.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Proposal {
    /// Pays a batch; `proposer` built it.
    Batch {
        /// What.
        batch: BatchProposal,
        /// The wallet of the operator who built it.
        proposer: Address,
    },
    /// Publishes a root; `proposer` built it.
    Root {
        /// What.
        root: RootProposal,
        /// The wallet of the operator who built it.
        proposer: Address,
    },
    /// Allocates unallocated revenue to a fund; `proposer` proposed it.
    Fund {
        /// What.
        allocation: FundProposal,
        /// The wallet of the operator who proposed it.
        proposer: Address,
    },
    /// Ends stops.
    Resume(ResumeProposal),
    /// Changes who may agree.
    People(PeopleProposal),
}

impl Proposal {
    /// Who proposed it, where that person has no vote.
    pub const fn proposer(&self) -> Option<Address> {
        match self {
            Self::Batch { proposer, .. } | Self::Root { proposer, .. } | Self::Fund { proposer, .. } => {
                Some(*proposer)
            }
            Self::Resume(_) | Self::People(_) => None,
        }
    }

    /// What it is about, in one sentence for a person.
    pub fn summary(&self) -> String {
        match self {
            Self::Batch { batch, .. } => {
                format!("Pay {} to {} wallets", coins(batch.total), batch.payouts)
            }
            Self::Root { root, .. } => format!(
                "Publish liabilities of {} to {} wallets; what is unpaid of it can be claimed",
                coins(root.total),
                root.leaves
            ),
            Self::Fund { allocation, .. } => format!(
                "Allocate {} {} of unallocated revenue to the fund {}",
                allocation.asset.display_amount(allocation.amount),
                allocation.asset.code(),
                allocation.name
            ),
            Self::Resume(resume) => format!("Resume settlement: end {}", stops(&resume.stops)),
            Self::People(people) => {
                format!(
                    "Replace the list of people who may agree by version {}",
                    people.version
                )
            }
        }
    }

    /// The message that is signed; it agrees until `expires`, in seconds of the chain's time.
    pub fn message(&self, expires: u64) -> Message {
        let summary = ("summary", Value::Text(self.summary()));
        let expires = ("expires", Value::number(expires));
        match self {
            Self::Batch { batch, proposer } => Message::new(
                "PayoutBatchApproval",
                vec![
                    summary,
                    ("total", Value::number(batch.total.base_units())),
                    ("payouts", Value::number(batch.payouts)),
                    ("batchId", Value::Hash(batch.batch_id)),
                    ("listHash", Value::Hash(batch.list_hash)),
                    ("manifestHash", Value::Hash(batch.manifest_hash)),
                    ("proposer", Value::Address(*proposer)),
                    expires,
                ],
            ),
            Self::Root { root, proposer } => Message::new(
                "LiabilitiesRootApproval",
                vec![
                    summary,
                    ("total", Value::number(root.total.base_units())),
                    ("leaves", Value::number(root.leaves)),
                    ("root", Value::Hash(root.root)),
                    ("asOfSeq", Value::number(root.as_of_seq)),
                    ("proposer", Value::Address(*proposer)),
                    expires,
                ],
            ),
            Self::Fund { allocation, proposer } => Message::new(
                "FundAllocationApproval",
                vec![
                    summary,
                    ("fund", Value::number(allocation.fund)),
                    ("name", Value::Text(allocation.name.clone())),
                    ("asset", Value::Text(allocation.asset.code().to_owned())),
                    ("amount", Value::number(allocation.amount.base_units())),
                    ("proposal", Value::Hash(allocation.proposal)),
                    ("proposer", Value::Address(*proposer)),
                    expires,
                ],
            ),
            Self::Resume(resume) => Message::new(
                "SettlementResumeApproval",
                vec![summary, ("stops", Value::Text(numbers(&resume.stops))), expires],
            ),
            Self::People(people) => Message::new(
                "PeopleApproval",
                vec![
                    summary,
                    ("version", Value::number(people.version)),
                    ("previous", Value::Hash(people.previous)),
                    ("next", Value::Hash(people.next)),
                    expires,
                ],
            ),
        }
    }
}

fn numbers(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(", ")
}

fn stops(stops: &[u64]) -> String {
    match stops {
        [one] => format!("stop {one}"),
        several => format!("stops {}", numbers(several)),
    }
}

/// An amount in coins, exactly, without trailing zeros.
fn coins(amount: Amount) -> String {
    let unit = 10_u128.pow(COIN_DECIMALS);
    let units = amount.base_units();
    let (whole, rest) = (
        units.checked_div(unit).unwrap_or_default(),
        units.checked_rem(unit).unwrap_or_default(),
    );
    let fraction = format!("{rest:018}");
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} BNB"),
        fraction => format!("{whole}.{fraction} BNB"),
    }
}

#[cfg(test)]
mod tests;
