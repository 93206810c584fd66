//! The signer as a process, on a real PostgreSQL and a real chain.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it must be"
)]

mod audit_chain;
mod crashes;
mod races;
mod rights;
mod start;
mod stream;
mod world;
