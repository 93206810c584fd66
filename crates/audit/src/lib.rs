//! Checks of the books, pure: a snapshot in, discrepancies out.
//!
//! [`verify`] recomputes everything that follows from the facts, by a fold of its own, and compares.
//! [`checks`] compare the books with the contract and its events at one block; [`vigil`] judges what was seen between.
//! [`liabilities`] is the tree by which every user can prove a claim on the contract. Not responsible for reading
//! the snapshot, nor for repairing anything: findings are only reported.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod books;
pub mod checks;
pub mod discrepancy;
pub mod liabilities;
pub mod recount;
pub mod sums;
pub mod trail;
pub mod verify;
pub mod vigil;

pub use books::{
    AccountRow, AccrualRow, BalanceRow, BatchRow, Books, ClaimRow, ComponentEffectRow, ContinuedRow,
    DepositRow, IncomeRow, MemberRow, NodeRow, PairRow, PayoutBatchRow, PayoutRow, PostedFact, RewardRow,
    Snapshot, TransferRow, TreeRow, UserRow, WithholdingRow, WithholdingYearRow,
};
pub use discrepancy::{Discrepancy, compare};
pub use verify::verify;
