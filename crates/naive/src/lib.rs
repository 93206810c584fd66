//! A second implementation of the rules, written for being obvious: wallets instead of ids, trees of boxes that
//! are walked, lists that are searched, balances by name, nothing cached. It shares the vocabulary of causes with
//! `plan`, and no code. Used by the tests of `plan`, by benchmarks and by the end-to-end tests; it panics where it
//! is misused. One module for each component of a plan.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by a panic, and the model is to be read, not to be robust: it says what it knows"
)]

pub mod binary;
pub mod bookings;
pub mod campaign;
pub mod commissions;
pub mod composed;
pub mod flow;
pub mod generation;
pub mod granted;
pub mod orders;
mod pools;
pub mod ranks;
pub mod subscription;
pub mod told;
pub mod withholding;

pub use pools::{Changes, Hold, Model, Terms};
