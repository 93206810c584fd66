//! Settlement decisions, pure: what may be authorized, and what breaks which rule.
//!
//! Not responsible for keys, for typed-data hashing, for storage or for when a decision is requested.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod answer;
pub mod authorization;
pub mod batch;
pub mod fees;
pub mod manifest;
pub mod pipeline;
mod rules;
pub mod state;
pub mod submission;
