//! The settlement worker on real parts: PostgreSQL, a chain with the contract, the signers of roots and transactions, the
//! listener and the posting worker. What the API does is done in SQL here, by the functions that the API uses.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

mod admission;
mod batches;
mod credits;
mod lost;
mod outage;
mod relays;
mod restarts;
mod roots;
mod tokens;
mod world;
