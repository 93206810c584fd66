//! The terms of an intake authorization and the rules under which it may be signed.
//!
//! Not responsible for who may ask, nor for the memory that two different terms never share a business key: that is
//! the signer's. Times are Unix seconds by the chain's clock, amounts are base units.

mod rules;
mod terms;

pub use rules::{BrokenRule, GWEI, INTAKE_LIFE_MAX, INTAKE_LIFE_MIN, Policy};
pub use terms::{BusinessKey, IntakeKind, IntakeTerms};

/// Seconds before the chain's head from which on an authorization of a batch or a root is valid. A fork may replace the head
/// by a block of an earlier second, and what was signed then must not revert there.
pub const VALID_BEFORE_HEAD: u64 = 60;
