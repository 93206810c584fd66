//! Batches before they are signed: which users to propose, and the sealed list that is authorized.
//!
//! Not responsible for holding the money back, for approvals (`state`) or for the transaction (`submission`).

mod candidate;
mod credits;
mod promises;
mod propose;
mod seal;

pub use candidate::{Candidate, Kinds, RewardKind};
pub use credits::Foreseen;
pub use promises::Promises;
pub use propose::{Cause, Filters, LeftOut, Limits, Line, Proposal, Request, propose};
pub use seal::{SealError, Sealed, SealedPayout, seal};

use money::Amount;

/// Payouts in one batch: the contract's limit, under which the worst case of its gas fits into a transaction.
pub const PAYOUTS_MAX: usize = 300;

/// The largest target: the contract keeps the highest of the 96 bits for itself, and more does not exist of the asset.
pub const TARGET_MAX: Amount = Amount::new((1 << 95) - 1);
