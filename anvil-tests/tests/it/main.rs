//! The whole system against a real chain. Every test ends with ledger and chain equal to the last base unit.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod bookings;
mod client;
mod crash;
mod days;
mod development;
mod inputs;
mod journey;
mod oracle;
mod reorganization;
mod restored_by_command;
mod settlement;
mod soak;
mod subscriptions;
mod time_limits;
mod two_of_a_kind;
