//! Reads that belong to no single table: what the API shows, one file for each view.

pub mod audit;
pub mod commands;
pub mod exits;
pub mod funds;
pub mod history;
pub mod payouts;
pub mod pending;
pub mod pool;
pub mod reconciliation;
pub mod records;
pub mod reports;
pub mod rewards;
pub mod subscriptions;
pub mod treasury;
