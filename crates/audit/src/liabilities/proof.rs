//! Verifies a user's proof under a published root by the contract's rule.

use alloy_primitives::B256;
use money::Amount;
use thiserror::Error;

use crate::liabilities::{Leaf, SUM_MAX, SumNode};

/// Why a proof shows nothing.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ProofError {
    /// A sum of the leaf, of a partner or of the way reaches 2^96.
    #[error("a sum reaches 2^96")]
    SumTooLarge,
    /// The way ends at another hash.
    #[error("the proof leads to {0}, not to the root")]
    WrongRoot(B256),
    /// The way ends at the root, but the published total is not the tree's.
    #[error("the tree sums to {0}, not to the published total")]
    WrongTotal(Amount),
}

/// Whether `leaf` is in the tree that was published as `root` with `total`.
pub fn verify(root: B256, total: Amount, leaf: &Leaf, proof: &[SumNode]) -> Result<(), ProofError> {
    let mut reached = leaf.node();
    if reached.sum > SUM_MAX {
        return Err(ProofError::SumTooLarge);
    }
    for partner in proof {
        reached = reached.join(*partner).ok_or(ProofError::SumTooLarge)?;
    }
    if reached.hash != root {
        return Err(ProofError::WrongRoot(reached.hash));
    }
    if reached.sum != total {
        return Err(ProofError::WrongTotal(reached.sum));
    }
    Ok(())
}
