//! Sending through nodes that misbehave, and reading the outcome of it.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails where it stands")]

mod access;
mod answers;
mod contract;
mod custody;
mod deployment;
mod foreseen;
mod reads;
mod simulations;
mod world;
