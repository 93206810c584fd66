//! Orders: goldens, broken rules, random histories against a second implementation, and the page that is executed.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod compression;
mod documentation;
mod fund;
mod funding;
mod histories;
mod periods;
mod plans;
mod refunds;
mod terms;
