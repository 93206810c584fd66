//! The whole system at work on a throwaway chain: people join, are paid and leave, processes are killed, blocks
//! replaced; and in the end everything is recomputed from the chain's own logs.
//!
//! `story` has the scenes in their order, `stage` and `staff` what they are made of, `oracle` the recomputation (the
//! end-to-end tests use it, too), `copy` the planted discrepancy, `report` what is printed. Not responsible for starting
//! processes: that is `devstack`.

mod copy;
pub mod oracle;
mod report;
mod staff;
mod stage;
mod story;

use std::time::Instant;

use anyhow::Context;
use devstack::Checkout;

pub use oracle::Oracle;
pub use report::Report;

use stage::Stage;

/// Plays the whole story on a throwaway system and says what came of it.
///
/// # Errors
/// A scene that does not go as it should. Discrepancies are no error: they are in the report.
pub async fn run(checkout: &Checkout) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let mut report = Report::default();
    let mut stage = Stage::set(checkout).await.context("cannot start the system")?;
    story::play(&mut stage, &mut report).await?;
    report.findings = stage.findings().await.context("the reconciler")?;
    let (oracle, differences) = Oracle::compare(&stage.site, &stage.ledger).await?;
    report.facts = oracle.facts;
    report.inflow = stage.inflow().await?;
    report.rewards = stage.rewards().await?;
    report.accounts = oracle.balances;
    report.differences = differences;
    report.planted = copy::plant(stage).await.context("a planted discrepancy")?;
    report.took = begun.elapsed();
    Ok(report)
}
