//! What a plan designer writes, before anything is decided about it: how the tables of a plan file are read, the forms of
//! single fields, and the messages about them: errors with position and hint, and findings.
//!
//! Not responsible for which tables there are and what they mean: components have them, and the compiler checks all of them together.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod calendar;
mod encoder;
pub mod field;
mod finding;
pub mod place;
pub mod reader;
pub mod reference;
mod refusal;
mod spelling;
mod time_zone;

pub use calendar::Day;
pub use encoder::Encoder;
pub use finding::{Finding, Severity, percent, percent_of_100m};
use money::Amount;
pub use place::Place;
pub use refusal::Refusal;
pub use time_zone::TimeZone;

/// Longest name of a plan: it appears in logs, file names and on the screen.
pub const NAME_BYTES_MAX: usize = 64;
/// Largest price: the contract stores a user's money in 96 bits. It also keeps every sum over at most 2^31
/// deposits inside `u128`.
pub const PRICE_MAX: Amount = Amount::new((1 << 96) - 1);
/// Maximum number of generations of a payment: each is a leg of every payment.
pub const GENERATIONS_MAX: usize = 32;
