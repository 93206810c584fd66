//! The signer as a process, on a real PostgreSQL and a real chain.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it must be"
)]

mod audit_chain;
mod batches;
mod crashes;
mod justified;
mod nobody_alone;
mod pauses;
mod plans;
mod purposes;
mod races;
mod rights;
mod roots;
mod settlement;
mod start;
mod stream;
mod tls;
mod transactions;
mod world;
