//! What is said about a compiled plan before it may take money: its [terms], findings under the [profile](jurisdiction) of a country, ways
//! [out](review) of it, and what participants could gain by inventing [others](sybil).
//!
//! Not responsible for whether a plan can pay: its compiler refuses what cannot.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod jurisdiction;
pub mod review;
pub mod sybil;
pub mod terms;
