//! The compensation plan, pure: plan files and their compiler, the sponsor tree, pools, rewards, holds and
//! maturity. [`Book`] applies one [`Cause`] after another and says which money moves and what else changes.
//!
//! Not responsible for numbers of facts, storage, clocks or chains: time arrives as a fact.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod book;
pub mod cause;
mod code;
pub mod compile;
pub mod compiled;
pub mod decision;
pub mod effect;
pub mod fact;
pub mod file;
mod list;
mod outcome;
pub mod report;
pub mod state;
mod versions;
pub mod workload;

pub use autopool::{Place, PoolRoom, ReserveChoice, Route};
pub use book::{BOOK_FORMAT, Book, FACT_LEGS_MAX, NotABook};
pub use cause::{BatchEnd, Cause, Intake, PayoutOutcome, RequestedPayout, SettledPayout};
pub use compile::{CompileError, compile};
pub use compiled::{ChainClass, CompiledPlan, GateError, IntakeKind, PaymentBounds};
pub use components::{
    autopool, binary, campaign, cap, component, generation, geometry, orders, ranks, sponsors, subscription,
    withdrawal, withholding,
};
pub use effect::{
    ClaimEnd, ComponentEffect, DiscrepancyCause, Effect, Funding, IgnoredCause, NotGranted, PeriodStatus,
    RefusedCause, RewardId, SaleEffect,
};
pub use fact::{DepositKind, Fact};
pub use ledger::{DepositId, Tier, TreeNumber, UserId};
pub use outcome::Outcome;
pub use plan_file::calendar::FinancialYear;
pub use plan_file::{Day, Finding, Refusal, Severity, TimeZone, percent};
pub use report::Report;
pub use state::{Payments, State, Waiting};
pub use versions::Plans;
