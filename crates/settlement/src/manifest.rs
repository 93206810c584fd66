//! The manifest of a batch: which rewards it pays. Canonical text, whose hash is signed and recorded by the chain.
//!
//! ```text
//! trellis-manifest 1
//! batch 0x…
//! plan 0x…
//! through_fact 812
//! payout 0x… 30 50
//! reward 12 3 10
//! reward 40 0 20
//! ```
//!
//! A payout names wallet, amount and target; the rewards below it, oldest first, fill exactly the interval from what
//! was paid before to the target, so their amounts sum to the payout's. Amounts are base units. Payouts ascend by
//! wallet. Every line ends in one newline, hexadecimal is lower case, numbers have no leading zeros: one manifest has
//! one text.
//!
//! Not responsible for where the rewards come from.

mod cover;
mod read;

pub use cover::{CoverError, Maturity, cover};
pub use read::ManifestError;

use std::fmt;

use alloy_primitives::{B256, keccak256};
use money::Amount;

use crate::batch::{Sealed, SealedPayout};

/// The rewards of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Replay key of the batch.
    pub batch_id: B256,
    /// Hash of the plan that granted the rewards.
    pub plan_hash: B256,
    /// The last fact that was looked at.
    pub through_fact: u64,
    /// By wallet, strictly ascending.
    pub payouts: Vec<CoveredPayout>,
}

/// A payout with what it pays for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredPayout {
    /// The line of the sealed list.
    pub payout: SealedPayout,
    /// Oldest first; the amounts sum to the payout's.
    pub rewards: Vec<CoveredReward>,
}

/// A reward, or the part of one that a payout pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveredReward {
    /// The fact by which it matured.
    pub fact_seq: u64,
    /// The transfer of that fact.
    pub leg: u32,
    /// How much of it.
    pub amount: Amount,
}

impl Manifest {
    /// What the authorization signs and the chain's event repeats: `keccak256` of the text.
    pub fn hash(&self) -> B256 {
        keccak256(self.to_string())
    }

    /// Whether it is about exactly this sealed list.
    pub fn is_of(&self, sealed: &Sealed) -> bool {
        (self.payouts.iter().map(|covered| covered.payout)).eq(sealed.payouts.iter().copied())
    }
}

impl fmt::Display for Manifest {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "trellis-manifest 1")?;
        writeln!(f, "batch {:#x}", self.batch_id)?;
        writeln!(f, "plan {:#x}", self.plan_hash)?;
        writeln!(f, "through_fact {}", self.through_fact)?;
        for CoveredPayout { payout, rewards } in &self.payouts {
            let SealedPayout {
                wallet,
                amount,
                target,
            } = payout;
            writeln!(f, "payout {wallet:#x} {amount} {target}")?;
            for reward in rewards {
                writeln!(f, "reward {} {} {}", reward.fact_seq, reward.leg, reward.amount)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
