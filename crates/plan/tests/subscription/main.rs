//! Subscriptions: worked examples, what the tables refuse, findings, and random histories beside a second
//! implementation.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod bonuses;
mod documents;
mod goldens;
mod histories;
mod tables;
mod world;
