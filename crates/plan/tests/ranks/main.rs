//! Ranks: what plan files may say, the worked numbers, the documentation's examples, and agreement with a second
//! implementation on random histories.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod documents;
mod findings;
mod histories;
mod plans;
mod scenario;
