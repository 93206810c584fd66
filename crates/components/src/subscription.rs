//! Subscriptions, pure: tiers by amount, daily accruals out of a funded account, the division of a purchase and the
//! registration bonus.
//!
//! Whoever composes a plan of these parts calls, in this order:
//!
//! | when | calls |
//! | --- | --- |
//! | a purchase of price `p` | [`Bonuses::spend`] → `bonus` (from its fund to the company); `cash = p − bonus`; [`Subscriptions::buy`] (counts `cash` as paid in, refuses amounts that are not sold); [`SubscriptionTerms::divide`] → all lines of `cash`; [`Bonuses::grant`] after a first purchase |
//! | a refund | [`PurchaseLines::undo`] with the kept lines, or [`Caps::give_back`](crate::cap::Caps::give_back) for each paid one; [`Subscriptions::refund`] → cash, bonus and accruals that go back; [`Bonuses::give_back`]; [`Bonuses::revoke`] where it was the first purchase |
//! | a day's tick | [`Subscriptions::accrue`] with what the fund holds, before the purchases of the day |
//! | an accrual is forfeited | [`Subscriptions::reverse`] |
//! | a reward of another kind | [`Caps::take`](crate::cap::Caps::take) before it is paid, [`Caps::give_back`](crate::cap::Caps::give_back) when it is reversed |
//!
//! For every purchase `Σ shares + Σ allocations + company = cash`; for every day `Σ accruals ≤` fund, and what is not
//! covered is not owed. Shares of generations, allocations and caps are reckoned on `cash` only, so bonus money
//! never becomes anyone's income; the tier and the daily amount on `cash + bonus`. At maturity
//! [`Caps::over`](crate::cap::Caps::over) says how much of a user's held rewards relied on a refunded purchase.
//!
//! Not responsible for balances of funds, for accounts and legs, nor for the tree of sponsors.

mod accrual;
mod bonus;
mod book;
mod findings;
mod purchase;
pub mod table;
mod terms;

pub use crate::subscription::table::{BonusTable, SubscriptionTable};
pub use accrual::{Accrual, Coverage};
pub use bonus::{BonusTerms, BonusUse, Bonuses};
pub use book::{NotSold, Status, Subscription, SubscriptionId, SubscriptionRefund, Subscriptions};
pub use purchase::PurchaseLines;
pub use terms::{
    ALLOCATIONS_MAX, Allocation, MONTH_DIVISOR_MAX, MONTH_DIVISOR_MIN, SubscriptionTerms, SubscriptionTier,
    TIERS_MAX,
};
