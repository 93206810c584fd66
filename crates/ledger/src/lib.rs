//! Double-entry ledger, pure: the chart of accounts, balanced transfers, folding them into balances, and
//! the hash chain over posting batches.
//!
//! Not responsible for why money moves (that is `plan`) or where balances are stored (that is `store`).
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod account;
pub mod balance;
pub mod batch;
pub mod transfer;

pub use account::{
    Account, AccountId, AccountKind, Beneficiary, BreakageCause, ClearingCause, DepositId, Fund, Side, Tier,
    TreeNumber, UserId,
};
pub use balance::{Balance, BalanceChange, BalanceChanges, FoldError, fold, fold_into};
pub use batch::{BatchHash, BatchHasher, BatchHeader};
pub use transfer::{Leg, Movement, Phase, Reason, Transfer, TransferId};
