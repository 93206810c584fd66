//! The binary plan: worked examples, the examples of its documentation, its refusals and findings, and random
//! histories beside a second implementation.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod examples;
mod histories;
mod scenario;
mod tables;
mod terms;
