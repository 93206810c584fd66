//! Orders: goldens, broken rules and random histories against a second implementation.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod compression;
mod funding;
mod histories;
mod periods;
mod plans;
mod refunds;
mod terms;
