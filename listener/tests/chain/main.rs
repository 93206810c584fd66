//! The listener against a real chain and a real database.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails where it stands")]

mod backfill;
mod crash;
mod endpoints;
mod finality;
mod follow;
mod forks;
mod instances;
mod lies;
mod lost;
mod outage;
mod proxy;
mod settlement;
mod tokens;
mod world;
