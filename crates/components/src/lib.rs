//! The components of which a compensation plan is composed: terms as a plan file gives them, the rules that decide with what they
//! remember, and findings about the terms. One module each; the plan composes them.
//!
//! Not responsible for funds, facts and legs of the ledger: the rules say who gets how much, and the plan books it. What the plan asks
//! for every leg is `#[inline]`, because the plan is another crate.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod autopool;
pub mod binary;
pub mod campaign;
pub mod cap;
pub mod component;
pub mod fund;
pub mod generation;
pub mod geometry;
pub mod orders;
pub mod ranks;
pub mod sponsors;
pub mod subscription;
pub mod withdrawal;
pub mod withholding;
