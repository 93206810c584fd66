//! A message that a user signs for someone else to send, and the resulting contract call. Nothing of a message is ever changed.
//!
//! Amounts are base units, times are Unix seconds of the chain. Not responsible for whether the contract would take it.

use abi::{ICustody, typed_data};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use store::relay::Kind;

/// The longest signature that is relayed: its bytes are paid for. A contract wallet of ten owners has less than 700.
pub const SIGNATURE_BYTES_MAX: usize = 1_024;
/// Siblings of a proof at most: a tree of 2^32 leaves.
pub const PROOF_MAX: usize = 32;

/// What a call costs besides proof and signature, with room for the check of a contract wallet and for a recipient that is a
/// contract.
const GAS_BASE: u64 = 300_000;
/// A sibling in a proof, in calldata and hashing, with a margin.
const GAS_PER_SIBLING: u64 = 4_000;
/// A byte of calldata at its floor price (EIP-7623).
const GAS_PER_BYTE: u64 = 40;

/// A message of a user to the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Takes one deposit back.
    Refund(ICustody::Refund),
    /// Pays what a leaf of a published root entitles to.
    Claim(ICustody::Claim),
    /// Sends the user's whole credit.
    Credit(ICustody::Withdrawal),
}

impl Order {
    /// What it requests.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Refund(_) => Kind::Refund,
            Self::Claim(_) => Kind::Claim,
            Self::Credit(_) => Kind::Credit,
        }
    }

    /// Last second at which the contract takes it.
    pub fn deadline(&self) -> u64 {
        let deadline = match self {
            Self::Refund(order) => order.deadline,
            Self::Claim(order) => order.deadline,
            Self::Credit(order) => order.deadline,
        };
        deadline.saturating_to()
    }

    /// What is signed (EIP-712).
    pub fn digest(&self, chain_id: u64, contract: Address) -> B256 {
        let domain = typed_data::domain(chain_id, contract);
        match self {
            Self::Refund(order) => typed_data::digest(&typed_data::Refund(order.clone()), &domain),
            Self::Claim(order) => typed_data::digest(order, &domain),
            Self::Credit(order) => typed_data::digest(order, &domain),
        }
    }

    /// The call of the contract, with what it needs besides the message. A proof counts for a claim only.
    #[must_use]
    pub fn call(self, proof: Vec<ICustody::SumNode>, signature: Bytes) -> Bytes {
        let bytes = match self {
            Self::Refund(order) => ICustody::refundForCall { order, signature }.abi_encode(),
            Self::Claim(order) => ICustody::claimForCall {
                order,
                proof,
                signature,
            }
            .abi_encode(),
            Self::Credit(withdrawal) => ICustody::withdrawCreditForCall {
                withdrawal,
                signature,
            }
            .abi_encode(),
        };
        bytes.into()
    }
}

/// The gas that a call gets. It depends on nothing but lengths, so that the daily budget can be planned with.
pub fn gas_limit(siblings: usize, signature_bytes: usize) -> u64 {
    let times = |count: usize, gas: u64| u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(gas);
    GAS_BASE
        .saturating_add(times(siblings, GAS_PER_SIBLING))
        .saturating_add(times(signature_bytes, GAS_PER_BYTE))
}

/// A sibling as the contract takes it.
pub fn sibling(hash: B256, sum: u128) -> ICustody::SumNode {
    ICustody::SumNode {
        hash,
        sum: U256::from(sum),
    }
}

#[cfg(test)]
mod tests;
