//! Generation income: worked examples, what the table refuses, and random trees beside a second implementation.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod documents;
mod goldens;
mod people;
mod trees;
