//! The API over HTTP on a real PostgreSQL with facts posted by the real posting step. Only the signer is played, at
//! the wire.
#![expect(clippy::unwrap_used, reason = "tests and what they are made of")]

mod audit;
mod begin;
mod bookings;
mod chain;
mod clock;
mod codes;
mod crowds;
mod described;
mod documents;
mod funds;
mod intake;
mod liabilities;
mod login;
mod monitoring;
mod operators;
mod order;
mod outside;
mod payments;
mod payout_limits;
mod payout_refusals;
mod payouts;
mod played_signer;
mod readiness;
mod reads;
mod relays;
mod replay;
mod reports;
mod restore;
mod rewards;
mod search;
mod sessions;
mod start;
mod subscriptions;
mod workers;
mod world;
